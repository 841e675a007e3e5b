-- name: stamp
-- A stamp as text that orders as the stamp does: YYYY-MM-DD HH:MM:SS.mmm, with the ticks of datetime (.000 .003 .007).
CONVERT(char(23), {stamp_key}, 121)

-- name: version_overview
-- @@DBTS, not the highest version in the table: a row that was deleted must not look like a restored database.
SELECT
    CAST(@@DBTS AS bigint) AS highest,
    CASE WHEN EXISTS (
        SELECT 1 FROM {item} WHERE {version} > CAST(CAST(:after AS bigint) AS binary(8))
    ) THEN 1 ELSE 0 END AS above;

-- name: changes_by_version
SELECT TOP (:row_limit) {id} AS ID, CAST({version} AS bigint) AS version, {sku} AS sku
FROM {item} {hint}
WHERE {version} > CAST(CAST(:after AS bigint) AS binary(8))
ORDER BY {version}, {id};

-- name: ties_of_version
SELECT {id} AS ID, CAST({version} AS bigint) AS version, {sku} AS sku
FROM {item}
WHERE {version} = CAST(CAST(:version AS bigint) AS binary(8)) AND {id} > :above_id
ORDER BY {id};

-- name: changes_from_stamp
-- The window up to the watermark, whole, and what is new, up to the limit: in one pass over the table. A parameter is
-- always CAST to datetime: the driver sends datetime2, beside which a tick of .003 counts as .0033333.
SELECT ID, stamp, sku
FROM (
    SELECT
        ID, {stamp} AS stamp, sku, is_new,
        ROW_NUMBER() OVER (PARTITION BY is_new ORDER BY {stamp_key}, ID) AS place
    FROM (
        SELECT
            {id} AS ID, {last_updated}, {sku} AS sku,
            CASE
                WHEN {stamp_key} > CAST(:stamp AS datetime)
                    OR ({stamp_key} = CAST(:stamp AS datetime) AND {id} > :number)
                THEN 1 ELSE 0
            END AS is_new
        FROM {item}
        WHERE {stamp_key} >= CAST(:floor AS datetime)
    ) AS windowed
) AS placed
WHERE is_new = 0 OR place <= :row_limit;

-- name: changes_above_stamp
SELECT TOP (:row_limit) {id} AS ID, {stamp} AS stamp, {sku} AS sku
FROM {item} {hint}
WHERE {stamp_key} > CAST(:stamp AS datetime) OR ({stamp_key} = CAST(:stamp AS datetime) AND {id} > :number)
ORDER BY {stamp_key}, {id};
