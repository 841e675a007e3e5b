-- name: columns
SELECT name, lower(type) AS type_name, 'U' AS kind FROM pragma_table_xinfo(:table_name);

-- name: tables
SELECT name FROM sqlite_master WHERE type IN ('table', 'view') ORDER BY name;

-- name: version_evidence
SELECT
    count(*) AS item_rows,
    count({version}) AS filled,
    coalesce(sum(typeof({version}) NOT IN ('integer', 'null')), 0) AS strange,
    max(CASE WHEN typeof({version}) = 'integer' THEN {version} END) AS highest
FROM {item};

-- name: stamp_evidence
SELECT
    count(*) AS item_rows,
    count({last_updated}) AS filled,
    coalesce(sum({last_updated} NOT GLOB '[12][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]*'), 0) AS strange
FROM {item};

-- name: highest_version
SELECT max({version}) FROM {item} WHERE typeof({version}) = 'integer';

-- name: highest_stamp
SELECT stamp, ID FROM (
    SELECT {id} AS ID, {stamp} AS stamp
    FROM {item}
    WHERE {last_updated} >= (
        SELECT substr(max({last_updated}), 1, 10) FROM {item}
        WHERE {last_updated} GLOB '[12][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]*'
    )
)
WHERE stamp IS NOT NULL
ORDER BY stamp DESC, ID DESC
LIMIT 1;

-- name: first_version_since
SELECT min({version}) FROM (
    SELECT {version}, {stamp} AS stamp
    FROM {item}
    WHERE {last_updated} >= substr(:since, 1, 10) AND typeof({version}) = 'integer'
)
WHERE stamp >= :since;

-- name: tax_system
SELECT {tax_system} FROM {configuration} {order} LIMIT 1;
