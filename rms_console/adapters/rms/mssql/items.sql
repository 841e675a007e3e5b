-- name: items
SELECT {columns} FROM {item} WHERE {id} IN :ids;

-- name: view_rows
SELECT {columns} FROM {view} WHERE {item_id} IN :ids;

-- name: item_ids
SELECT TOP (:row_limit) {id} AS ID FROM {item} WHERE {id} > :after_id {web_filter} ORDER BY {id};

-- name: listed_items
SELECT TOP (:row_limit) {id} AS ID, {columns} FROM {item} WHERE {id} > :after_id ORDER BY {id};

-- name: listed_view_skus
SELECT {item_id} AS ItemID, {view_sku} AS sku FROM {view} WHERE {item_id} IN :ids;

-- name: find_by_style
-- No function around the column: the server ignores case and trailing spaces by itself, and an index can serve.
SELECT {item_id} AS ItemID FROM {view} WHERE {style} IN :texts;

-- name: find_by_sku
SELECT {item_id} AS ItemID FROM {view} WHERE {view_sku} IN :texts;

-- name: find_by_lookup_code
SELECT {id} AS ID FROM {item} WHERE {lookup_code} IN :texts;
