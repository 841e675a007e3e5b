-- name: columns
SELECT name FROM pragma_table_xinfo(:table_name);

-- name: version_evidence
SELECT
    count(*) AS item_rows,
    count(DBTimeStamp) AS filled,
    coalesce(sum(typeof(DBTimeStamp) NOT IN ('integer', 'null')), 0) AS strange,
    max(CASE WHEN typeof(DBTimeStamp) = 'integer' THEN DBTimeStamp END) AS highest
FROM Item;

-- name: stamp_evidence
SELECT
    count(*) AS item_rows,
    count(LastUpdated) AS filled,
    coalesce(sum(LastUpdated NOT GLOB '[12][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]*'), 0) AS strange
FROM Item;

-- name: highest_version
SELECT max(DBTimeStamp) FROM Item WHERE typeof(DBTimeStamp) = 'integer';

-- name: highest_stamp
SELECT stamp, ID FROM (
    SELECT ID, {stamp} AS stamp
    FROM Item
    WHERE LastUpdated >= (
        SELECT substr(max(LastUpdated), 1, 10) FROM Item
        WHERE LastUpdated GLOB '[12][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]*'
    )
)
WHERE stamp IS NOT NULL
ORDER BY stamp DESC, ID DESC
LIMIT 1;

-- name: first_version_since
SELECT min(DBTimeStamp) FROM (
    SELECT DBTimeStamp, {stamp} AS stamp
    FROM Item
    WHERE LastUpdated >= substr(:since, 1, 10) AND typeof(DBTimeStamp) = 'integer'
)
WHERE stamp >= :since;

-- name: tax_system
SELECT TaxSystem FROM Configuration {order} LIMIT 1;
