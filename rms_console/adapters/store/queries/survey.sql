-- The scratch pad of an adoption: a database of its own that is gone when closed.

-- name: create_products
CREATE TABLE products (
    number INTEGER PRIMARY KEY,
    product_id TEXT NOT NULL UNIQUE,
    title TEXT NOT NULL,
    style TEXT,
    body TEXT NOT NULL
);

-- name: create_products_by_style
CREATE INDEX products_by_style ON products (style) WHERE style IS NOT NULL;

-- name: create_variants
CREATE TABLE variants (
    product INTEGER NOT NULL,
    place INTEGER NOT NULL,
    variant_id TEXT NOT NULL,
    sku TEXT,
    key TEXT NOT NULL,
    PRIMARY KEY (product, place)
) WITHOUT ROWID;

-- name: create_variants_by_key
CREATE INDEX variants_by_key ON variants (key, product) WHERE key <> '';

-- name: create_items
-- `is_placed`: the store's view shows it, under this SKU.
CREATE TABLE items (
    item_id INTEGER PRIMARY KEY,
    key TEXT NOT NULL,
    sku TEXT NOT NULL,
    style TEXT,
    leaves TEXT NOT NULL DEFAULT '',
    is_placed INTEGER NOT NULL DEFAULT 0
);

-- name: create_items_by_key
CREATE INDEX items_by_key ON items (key, item_id);

-- name: create_verdicts
CREATE TABLE verdicts (
    product INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,
    evidence TEXT,
    style TEXT,
    is_complete INTEGER NOT NULL,
    problems TEXT NOT NULL
);

-- name: create_verdicts_by_kind
CREATE INDEX verdicts_by_kind ON verdicts (kind, product);

-- name: create_links
CREATE TABLE links (
    variant_id TEXT PRIMARY KEY,
    product INTEGER NOT NULL,
    item_id INTEGER NOT NULL
) WITHOUT ROWID;

-- name: create_links_by_product
CREATE INDEX links_by_product ON links (product);

-- name: add_product
INSERT INTO products (product_id, title, style, body) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING;

-- name: add_variant
INSERT INTO variants (product, place, variant_id, sku, key) VALUES (?, ?, ?, ?, ?);

-- name: add_item
INSERT INTO items (item_id, key, sku) VALUES (?, ?, ?) ON CONFLICT DO NOTHING;

-- name: keys_there
SELECT DISTINCT value AS key FROM json_each(?) WHERE EXISTS (SELECT 1 FROM variants WHERE key = value AND key <> '');

-- name: candidates
SELECT item_id FROM items WHERE item_id > ? ORDER BY item_id LIMIT ?;

-- name: place
UPDATE items SET key = ?, sku = ?, style = ?, leaves = ?, is_placed = 1 WHERE item_id = ?;

-- name: page
SELECT number, product_id, title, style FROM products WHERE number > ? ORDER BY number LIMIT ?;

-- name: variants
SELECT product, variant_id, sku FROM variants
WHERE product IN (SELECT value FROM json_each(?))
ORDER BY product, place;

-- name: items
SELECT item_id, key, sku, style, leaves FROM items
WHERE is_placed = 1 AND key IN (SELECT value FROM json_each(?))
ORDER BY key, item_id;

-- name: holders
SELECT DISTINCT variants.key, product_id, title FROM variants JOIN products ON number = product
WHERE key <> '' AND key IN (SELECT value FROM json_each(?))
ORDER BY key, number;

-- name: carriers
SELECT style, product_id, title FROM products
WHERE style IS NOT NULL AND style IN (SELECT value FROM json_each(?))
ORDER BY style, number;

-- name: names
SELECT product_id, title FROM products WHERE product_id IN (SELECT value FROM json_each(?));

-- name: forget_links
DELETE FROM links WHERE product = (SELECT number FROM products WHERE product_id = ?);

-- name: record
INSERT INTO verdicts (product, kind, evidence, style, is_complete, problems)
VALUES ((SELECT number FROM products WHERE product_id = ?), ?, ?, ?, ?, ?)
ON CONFLICT (product) DO UPDATE SET
    kind = excluded.kind, evidence = excluded.evidence, style = excluded.style, is_complete = excluded.is_complete,
    problems = excluded.problems;

-- name: add_link
INSERT INTO links (variant_id, product, item_id) VALUES (?, (SELECT number FROM products WHERE product_id = ?), ?);

-- name: verdicts
SELECT verdicts.*, product_id, title, (SELECT count(*) FROM variants WHERE variants.product = number) AS variants
FROM verdicts JOIN products ON number = verdicts.product
WHERE kind = ? AND verdicts.product > ?
ORDER BY verdicts.product
LIMIT ?;

-- name: twins
SELECT verdicts.*, product_id, title, (SELECT count(*) FROM variants WHERE variants.product = number) AS variants
FROM verdicts JOIN products ON number = verdicts.product
WHERE kind = 'matched' AND verdicts.style IN (
    SELECT style FROM verdicts WHERE kind = 'matched' GROUP BY style HAVING count(*) > 1
)
ORDER BY verdicts.style, verdicts.product;

-- name: links
SELECT product, variant_id, item_id FROM links WHERE product IN (SELECT value FROM json_each(?));

-- name: tally
SELECT kind, is_complete, count(*) AS verdicts FROM verdicts GROUP BY kind, is_complete;

-- name: size
SELECT (SELECT count(*) FROM products) AS products, (SELECT count(*) FROM variants) AS variants;

-- name: shared
SELECT key, min(sku) AS sku FROM variants
WHERE key <> '' AND key IN (SELECT key FROM items WHERE is_placed = 1)
GROUP BY key HAVING count(DISTINCT product) > 1
ORDER BY key
LIMIT ?;

-- name: shared_count
SELECT count(*) AS found FROM (
    SELECT key FROM variants
    WHERE key <> '' AND key IN (SELECT key FROM items WHERE is_placed = 1)
    GROUP BY key HAVING count(DISTINCT product) > 1
);

-- name: leaving
SELECT leaves, count(*) AS found FROM links JOIN items USING (item_id) WHERE leaves <> '' GROUP BY leaves;

-- name: doubtful_items
SELECT DISTINCT items.item_id, items.sku, items.style, product_id, title
FROM verdicts JOIN variants USING (product) JOIN items USING (key) JOIN products ON number = product
WHERE kind = 'ambiguous' AND key <> '' AND is_placed = 1
ORDER BY items.item_id, number;

-- name: bodies
SELECT body FROM products WHERE product_id IN (SELECT value FROM json_each(?)) ORDER BY number;

-- name: unlinked
SELECT key, variants.sku, product_id, title,
    (SELECT min(items.style) FROM items WHERE items.key = variants.key AND is_placed = 1) AS style
FROM variants JOIN products ON number = product
WHERE key <> '' AND variant_id NOT IN (SELECT variant_id FROM links)
ORDER BY product, place;
