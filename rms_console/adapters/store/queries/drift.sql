-- The pad of a drift report, beside the tables of the survey: what is suspected, what was found, how far it is.

-- name: create_run
CREATE TABLE IF NOT EXISTS run (one INTEGER PRIMARY KEY CHECK (one = 1), body TEXT NOT NULL);

-- name: create_suspects
CREATE TABLE IF NOT EXISTS suspects (style TEXT PRIMARY KEY) WITHOUT ROWID;

-- name: create_differences
CREATE TABLE IF NOT EXISTS differences (
    number INTEGER PRIMARY KEY,
    style TEXT NOT NULL,
    item_id INTEGER,
    kind TEXT NOT NULL,
    cause TEXT NOT NULL,
    field TEXT NOT NULL,
    miss TEXT NOT NULL,
    is_known INTEGER NOT NULL,
    body TEXT NOT NULL
);

-- name: create_differences_once
CREATE UNIQUE INDEX IF NOT EXISTS differences_once ON differences (style, ifnull(item_id, 0), kind, field);

-- name: run
SELECT body FROM run;

-- name: save_run
INSERT INTO run (one, body) VALUES (1, ?) ON CONFLICT (one) DO UPDATE SET body = excluded.body;

-- name: add_suspect
INSERT INTO suspects (style) VALUES (?) ON CONFLICT DO NOTHING;

-- name: suspects
SELECT style FROM suspects WHERE style > ? ORDER BY style LIMIT ?;

-- name: add_difference
-- Found again after a kill between two notes: the newer look counts.
INSERT OR REPLACE INTO differences (style, item_id, kind, cause, field, miss, is_known, body)
VALUES (?, ?, ?, ?, ?, ?, ?, ?);

-- name: differences
SELECT body FROM differences ORDER BY is_known, number LIMIT ?;

-- name: tally
SELECT kind, cause, miss, is_known, count(*) AS found FROM differences GROUP BY kind, cause, miss, is_known;

-- name: styles_found
SELECT DISTINCT style FROM differences
WHERE is_known = 0 AND style > ? AND cause IN (SELECT value FROM json_each(?))
ORDER BY style LIMIT ?;

-- name: shared_skus
SELECT key, json_group_array(DISTINCT product_id) AS product_ids
FROM variants JOIN products ON number = product
WHERE key > ? AND key <> ''
GROUP BY key HAVING count(*) > 1
ORDER BY key
LIMIT ?;
