-- name: get
SELECT value FROM counters WHERE name = ?;

-- name: bump
UPDATE counters SET value = value + 1 WHERE name = ?;
