-- name: forget
DELETE FROM boundaries WHERE item_id = ?;

-- name: pass
DELETE FROM boundaries WHERE item_id = ? AND at <= ?;

-- name: add
INSERT INTO boundaries (item_id, at) VALUES (?, ?) ON CONFLICT DO NOTHING;

-- name: due
SELECT item_id, at FROM boundaries WHERE at <= ? ORDER BY at, item_id;

-- name: next
SELECT min(at) AS at FROM boundaries;
