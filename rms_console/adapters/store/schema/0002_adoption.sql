-- What keeps one product from being taken for another.

-- SKUs that stand in the shop on variants which are linked to no item, as the last adoption found them. `key` is the
-- SKU as it is compared; `style` is that of the item with this SKU, if RMS has one.
CREATE TABLE foreign_skus (
    key TEXT NOT NULL,
    product_id TEXT NOT NULL,
    sku TEXT NOT NULL,
    title TEXT NOT NULL,
    style TEXT,
    PRIMARY KEY (key, product_id)
) WITHOUT ROWID;

CREATE INDEX foreign_skus_by_style ON foreign_skus (style) WHERE style IS NOT NULL;

-- Variants (item_id 0: the whole product) that somebody deleted in the shop.
CREATE TABLE tombstones (
    style TEXT NOT NULL,
    item_id INTEGER NOT NULL,
    product_id TEXT NOT NULL,
    title TEXT NOT NULL,
    at TEXT NOT NULL,
    PRIMARY KEY (style, item_id)
) WITHOUT ROWID;

CREATE INDEX products_by_id ON products (product_id);
CREATE INDEX variants_by_sku ON variants (upper(trim(sku)));
