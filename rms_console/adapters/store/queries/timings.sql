-- name: since
SELECT at, timed, durations FROM timings WHERE at >= ? ORDER BY at, timed;

-- name: save
INSERT OR REPLACE INTO timings (at, timed, durations) VALUES (?, ?, ?);

-- name: forget
DELETE FROM timings WHERE at < ?;
