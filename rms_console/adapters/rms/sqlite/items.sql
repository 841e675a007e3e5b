-- name: items
SELECT {columns} FROM {item} WHERE {id} IN :ids;

-- name: view_rows
SELECT {columns} FROM {view} WHERE {item_id} IN :ids;

-- name: item_ids
SELECT {id} AS ID FROM {item} WHERE {id} > :after_id {web_filter} ORDER BY {id} LIMIT :row_limit;

-- name: listed_items
SELECT {id} AS ID, {columns} FROM {item} WHERE {id} > :after_id ORDER BY {id} LIMIT :row_limit;

-- name: listed_view_skus
SELECT {item_id}, {view_sku} FROM {view} WHERE {item_id} IN :ids;

-- name: find_by_style
SELECT {item_id} FROM {view} WHERE rms_fold({style}) IN :texts;

-- name: find_by_sku
SELECT {item_id} FROM {view} WHERE rms_fold({view_sku}) IN :texts;

-- name: find_by_lookup_code
SELECT {id} FROM {item} WHERE rms_fold({lookup_code}) IN :texts;
