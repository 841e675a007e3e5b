-- name: columns
SELECT c.name AS name, TYPE_NAME(c.system_type_id) AS type_name, RTRIM(o.type) AS kind
FROM {catalog}sys.columns AS c
JOIN {catalog}sys.objects AS o ON o.object_id = c.object_id
WHERE c.object_id = OBJECT_ID(:table_name)
ORDER BY c.column_id;

-- name: tables
SELECT s.name + '.' + o.name AS name
FROM {catalog}sys.objects AS o
JOIN {catalog}sys.schemas AS s ON s.schema_id = o.schema_id
WHERE o.type IN ('U', 'V')
ORDER BY o.name;

-- name: version_evidence
SELECT COUNT_BIG(*) AS item_rows, COUNT_BIG({version}) AS filled, 0 AS strange, MAX(CAST({version} AS bigint)) AS highest
FROM {item};

-- name: stamp_evidence
SELECT COUNT_BIG(*) AS item_rows, COUNT_BIG({last_updated}) AS filled, 0 AS strange FROM {item};

-- name: highest_version
-- As far as everything is settled: what a transaction still holds lies above.
SELECT CAST(MIN_ACTIVE_ROWVERSION() AS bigint) - 1 AS highest;

-- name: highest_stamp
SELECT TOP (1) {stamp} AS stamp, {id} AS ID
FROM {item}
WHERE {last_updated} IS NOT NULL
ORDER BY {stamp_key} DESC, {id} DESC;

-- name: first_version_since
SELECT MIN(CAST({version} AS bigint)) AS first_version
FROM {item}
WHERE {stamp_key} >= CAST(:since AS datetime);

-- name: tax_system
SELECT TOP (1) {tax_system} AS TaxSystem FROM {configuration} {order};
