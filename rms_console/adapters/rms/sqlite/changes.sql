-- name: stamp
-- LastUpdated as it orders: `YYYY-MM-DD HH:MM:SS.mmm`. The usual form passes as it is, because parsing 600,000 of
-- them costs more than reading them; what is no date at all becomes NULL and is not a change.
CASE
    WHEN length({last_updated}) = 23 AND {last_updated} GLOB '[12][0-9][0-9][0-9]-[01][0-9]-[0-3][0-9] [0-2]*'
        THEN {last_updated}
    WHEN {last_updated} GLOB '[12][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]*'
        THEN strftime('%Y-%m-%d %H:%M:%f', {last_updated}, '+0 days')
END

-- name: version_overview
-- One pass over the table says whether there is anything to read, and where the versions end.
SELECT max({version}) AS highest, count(*) FILTER (WHERE {version} > :after) AS above FROM {item};

-- name: changes_by_version
SELECT {id} AS ID, {version} AS version, {sku} AS sku
FROM {item}
WHERE {version} > :after AND typeof({version}) = 'integer'
ORDER BY {version}, ID
LIMIT :row_limit;

-- name: ties_of_version
SELECT {id} AS ID, {version} AS version, {sku} AS sku
FROM {item}
WHERE {version} = :version AND {id} > :above_id
ORDER BY ID;

-- name: changes_from_stamp
-- The window up to the watermark, whole, and what is new, up to the limit: in one pass over the table. The comparison
-- by date alone lets an index on LastUpdated help although the column's text comes in several forms.
SELECT ID, stamp, sku FROM (
    SELECT ID, stamp, sku, is_new, row_number() OVER (PARTITION BY is_new ORDER BY stamp, ID) AS place FROM (
        SELECT ID, stamp, sku, (stamp, ID) > (:stamp, :number) AS is_new FROM (
            SELECT {id} AS ID, {stamp} AS stamp, {sku} AS sku FROM {item} WHERE {last_updated} >= substr(:floor, 1, 10)
        )
        WHERE stamp >= :floor
    )
)
WHERE is_new = 0 OR place <= :row_limit;

-- name: changes_above_stamp
SELECT ID, stamp, sku FROM (
    SELECT {id} AS ID, {stamp} AS stamp, {sku} AS sku FROM {item} WHERE {last_updated} >= substr(:stamp, 1, 10)
)
WHERE (stamp, ID) > (:stamp, :number)
ORDER BY stamp, ID
LIMIT :row_limit;
