-- name: sales_since
SELECT e.ItemID, t.Time AS moved_at, e.Quantity
FROM TransactionEntry e JOIN "Transaction" t ON t.TransactionNumber = e.TransactionNumber
WHERE e.ItemID = :item_id AND t.Time > :since
ORDER BY t.Time DESC
LIMIT :row_limit;

-- name: transfers_since
SELECT ItemID, DateTransferred AS moved_at, Quantity FROM InventoryTransferLog
WHERE ItemID = :item_id AND DateTransferred > :since
ORDER BY DateTransferred DESC
LIMIT :row_limit;
