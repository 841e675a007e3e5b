-- name: styles_of_products
SELECT product_id, style FROM products WHERE product_id IN (SELECT value FROM json_each(?)) ORDER BY style;

-- name: remembered
SELECT style, product_id FROM products WHERE style > ? ORDER BY style LIMIT ?;

-- name: forget_foreign
DELETE FROM foreign_skus;

-- name: add_foreign
INSERT INTO foreign_skus (key, product_id, sku, title, style) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING;

-- name: foreign
SELECT key, product_id, title FROM foreign_skus WHERE key IN (SELECT value FROM json_each(?)) ORDER BY key, title;

-- name: foreign_styles
SELECT DISTINCT style, product_id, title FROM foreign_skus
WHERE style IS NOT NULL AND style IN (SELECT value FROM json_each(?))
ORDER BY style, title;

-- name: sku_owners
SELECT item_id, style, sku, left_reason IS NOT NULL AS has_left FROM variants
WHERE upper(trim(sku)) IN (SELECT upper(trim(value)) FROM json_each(?))
ORDER BY item_id, style;

-- name: tombstones
SELECT * FROM tombstones WHERE style IN (SELECT value FROM json_each(?)) ORDER BY style, item_id;

-- name: any_tombstone
SELECT EXISTS (SELECT 1 FROM tombstones) AS found;

-- name: bury
INSERT INTO tombstones (style, item_id, product_id, title, at) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (style, item_id) DO UPDATE
SET product_id = excluded.product_id, title = excluded.title, at = excluded.at;

-- name: lift
DELETE FROM tombstones WHERE style = ? AND item_id = ?;
