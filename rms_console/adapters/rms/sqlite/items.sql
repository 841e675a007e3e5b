-- name: items
SELECT {columns} FROM Item WHERE ID IN :ids;

-- name: view_rows
SELECT {columns} FROM View_Items WHERE ItemID IN :ids;

-- name: item_ids
SELECT ID FROM Item WHERE ID > :after_id {web_filter} ORDER BY ID LIMIT :row_limit;

-- name: listed_items
SELECT ID, {columns} FROM Item WHERE ID > :after_id ORDER BY ID LIMIT :row_limit;

-- name: listed_view_skus
SELECT ItemID, C_ARTICULO FROM View_Items WHERE ItemID IN :ids;

-- name: find_by_style
SELECT ItemID FROM View_Items WHERE rms_fold(CCOD) IN :texts;

-- name: find_by_sku
SELECT ItemID FROM View_Items WHERE rms_fold(C_ARTICULO) IN :texts;

-- name: find_by_lookup_code
SELECT ID FROM Item WHERE rms_fold(ItemLookupCode) IN :texts;
