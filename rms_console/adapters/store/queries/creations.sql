-- name: add
INSERT INTO creations (at, products) VALUES (?, ?);

-- name: since
SELECT coalesce(sum(products), 0) AS products FROM creations WHERE at >= ?;

-- name: prune
DELETE FROM creations WHERE creation IN (SELECT creation FROM creations WHERE at < ? ORDER BY at LIMIT ?);
