-- name: add_cycle
INSERT INTO cycles (number, started_at, body) VALUES (?, ?, ?)
ON CONFLICT (number) DO UPDATE SET started_at = excluded.started_at, body = excluded.body;

-- name: cycles
SELECT body FROM cycles WHERE number < ? ORDER BY number DESC LIMIT ?;

-- name: cycles_since
SELECT body FROM cycles WHERE started_at >= ? ORDER BY number DESC;

-- name: add_record
INSERT INTO product_records (cycle, at, style, title, result, variants, duration_s, code, message, changes)
VALUES (:cycle, :at, :style, :title, :result, :variants, :duration_s, :code, :message, :changes);

-- name: of_style
SELECT product_records.*, cycles.body FROM product_records LEFT JOIN cycles ON cycles.number = product_records.cycle
WHERE style = ? AND record < ? ORDER BY record DESC LIMIT ?;

-- name: of_cycle
SELECT * FROM product_records WHERE cycle = ? AND record > ? ORDER BY record LIMIT ?;

-- name: prune_cycles
DELETE FROM cycles WHERE number IN (SELECT number FROM cycles WHERE started_at < ? ORDER BY started_at LIMIT ?);

-- name: prune_records
DELETE FROM product_records
WHERE record IN (SELECT record FROM product_records WHERE at < ? ORDER BY at LIMIT ?);

-- name: prune_cycles_beyond
DELETE FROM cycles WHERE number IN (
    SELECT number FROM cycles WHERE number <= (SELECT max(number) FROM cycles) - ? ORDER BY number LIMIT ?
);

-- name: prune_records_beyond
DELETE FROM product_records WHERE record IN (
    SELECT record FROM product_records
    WHERE record <= (SELECT max(record) FROM product_records) - ? ORDER BY record LIMIT ?
);
