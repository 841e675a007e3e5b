-- name: products
SELECT * FROM products WHERE style IN (SELECT value FROM json_each(?));

-- name: variants
SELECT * FROM variants WHERE style IN (SELECT value FROM json_each(?)) ORDER BY style, place;

-- name: stock
SELECT * FROM stock WHERE style IN (SELECT value FROM json_each(?)) ORDER BY style, item_id, location_id;

-- name: styles_of
SELECT item_id, style FROM variants WHERE item_id IN (SELECT value FROM json_each(?)) ORDER BY item_id, style;

-- name: known_items
SELECT DISTINCT item_id FROM variants WHERE item_id > ? ORDER BY item_id LIMIT ?;

-- name: forget
DELETE FROM products WHERE style = ?;

-- name: add_product
INSERT INTO products VALUES (
    :style, :product_id, :title, :description_html, :vendor, :product_type, :tags, :status, :metafields, :option_names,
    :published, :status_before_leaving, :created_by_us, :acknowledged_at, :content_hash, :seal
);

-- name: add_variant
INSERT INTO variants VALUES (
    :style, :item_id, :place, :variant_id, :inventory_item_id, :sku, :options, :price, :compare_at, :barcode,
    :weight_kg, :held_since, :left_reason, :was_web_item, :stock_hash, :price_hash, :content_hash, :seal
);

-- name: add_stock
INSERT INTO stock VALUES (:style, :item_id, :location_id, :is_stocked, :quantity, :held);

-- name: count
SELECT count(*) AS products FROM products;

-- name: sample
-- Spread over the whole catalogue by a fixed shuffle: the same items each time, near neighbours of none.
SELECT item_id FROM variants
WHERE left_reason IS NULL AND item_id NOT IN (SELECT value FROM json_each(?))
GROUP BY item_id
ORDER BY (item_id * 2654435761) % 4294967296
LIMIT ?;
