-- name: forget
DELETE FROM boundaries WHERE item_id = ?;

-- name: pass
DELETE FROM boundaries WHERE item_id = ? AND at <= ?;

-- name: add
INSERT INTO boundaries (item_id, at) VALUES (?, ?) ON CONFLICT DO NOTHING;

-- name: due
SELECT item_id, at FROM boundaries WHERE at <= ? ORDER BY at, item_id;

-- name: of_items
SELECT item_id, at FROM boundaries WHERE item_id IN (SELECT value FROM json_each(?)) ORDER BY item_id, at;

-- name: next
SELECT min(at) AS at FROM boundaries;

-- name: upcoming
SELECT b.at, b.item_id, v.sku, v.style, p.title, v.price, v.compare_at,
    EXISTS (SELECT 1 FROM boundaries AS e WHERE e.item_id = b.item_id AND e.at < b.at) AS earlier
FROM boundaries AS b
LEFT JOIN variants AS v ON v.item_id = b.item_id AND v.style = (
    SELECT min(s.style) FROM variants AS s WHERE s.item_id = b.item_id AND s.left_reason IS NULL
)
LEFT JOIN products AS p ON p.style = v.style
WHERE b.at <= ?
ORDER BY b.at, b.item_id
LIMIT ? OFFSET ?;

-- name: moments
SELECT b.at, count(*) AS items, count(DISTINCT coalesce(v.style, b.item_id)) AS products,
    sum(v.compare_at IS NULL
        AND NOT EXISTS (SELECT 1 FROM boundaries AS e WHERE e.item_id = b.item_id AND e.at < b.at)) AS begin
FROM boundaries AS b
LEFT JOIN variants AS v ON v.item_id = b.item_id AND v.style = (
    SELECT min(s.style) FROM variants AS s WHERE s.item_id = b.item_id AND s.left_reason IS NULL
)
WHERE b.at <= ?
GROUP BY b.at
ORDER BY b.at
LIMIT ?;

-- name: count
SELECT count(*) FROM boundaries WHERE at <= ?;
