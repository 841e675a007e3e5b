-- name: add
INSERT INTO creations (at, products) VALUES (?, ?);

-- name: since
SELECT coalesce(sum(products), 0) AS products FROM creations WHERE at >= ?;
