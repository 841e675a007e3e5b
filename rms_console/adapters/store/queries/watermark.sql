-- name: get
SELECT position, seal FROM watermark;

-- name: put
INSERT INTO watermark (one, position, seal) VALUES (1, ?, ?)
ON CONFLICT (one) DO UPDATE SET position = excluded.position, seal = excluded.seal;

-- name: clear
DELETE FROM watermark;

-- name: seen
SELECT item_id, stamp, number FROM seen WHERE item_id IN (SELECT value FROM json_each(?));

-- name: set_seen
INSERT INTO seen (item_id, stamp, number) VALUES (?, ?, ?)
ON CONFLICT (item_id) DO UPDATE SET stamp = excluded.stamp, number = excluded.number;

-- name: forget_seen
DELETE FROM seen WHERE (stamp, number) < (?, ?);

-- name: seen_above
SELECT item_id FROM seen WHERE (stamp, number) > (?, ?);

-- name: forget_seen_of
DELETE FROM seen WHERE item_id IN (SELECT value FROM json_each(?));

-- name: forget_all_seen
DELETE FROM seen;
