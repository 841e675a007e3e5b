-- name: sales_since
-- The young transactions first: they are few, and their entries are found by their numbers.
SELECT TOP (:row_limit) e.ItemID AS ItemID, t.[Time] AS moved_at, e.Quantity AS Quantity
FROM [Transaction] t JOIN TransactionEntry e ON e.TransactionNumber = t.TransactionNumber AND e.StoreID = t.StoreID
WHERE t.[Time] > CAST(:since AS datetime) AND e.ItemID = :item_id
ORDER BY t.[Time] DESC;

-- name: transfers_since
SELECT TOP (:row_limit) ItemID AS ItemID, DateTransferred AS moved_at, Quantity AS Quantity
FROM InventoryTransferLog
WHERE ItemID = :item_id AND DateTransferred > CAST(:since AS datetime)
ORDER BY DateTransferred DESC;
