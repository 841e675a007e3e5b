-- name: present
SELECT * FROM alerts WHERE cleared_at IS NULL ORDER BY number;

-- name: past
SELECT * FROM alerts WHERE cleared_at IS NOT NULL ORDER BY cleared_at DESC, number DESC LIMIT ?;

-- name: save
INSERT INTO alerts (number, kind, severity, texts, since_at, cleared_at, acked_by, told, sending)
VALUES (:number, :kind, :severity, :texts, :since_at, :cleared_at, :acked_by, :told, :sending)
ON CONFLICT (number) DO UPDATE SET
    kind = excluded.kind,
    severity = excluded.severity,
    texts = excluded.texts,
    since_at = excluded.since_at,
    cleared_at = excluded.cleared_at,
    acked_by = CASE
        WHEN excluded.told > alerts.told THEN excluded.acked_by
        ELSE coalesce(excluded.acked_by, alerts.acked_by)
    END,
    told = excluded.told,
    sending = excluded.sending;

-- name: forget_old
DELETE FROM alerts WHERE cleared_at IS NOT NULL AND number NOT IN (
    SELECT number FROM alerts WHERE cleared_at IS NOT NULL ORDER BY cleared_at DESC, number DESC LIMIT ?
);

-- name: unseen
SELECT number, kind FROM alerts WHERE cleared_at IS NULL AND acked_by IS NULL ORDER BY number;

-- name: ack
UPDATE alerts SET acked_by = ? WHERE number = ? AND cleared_at IS NULL AND acked_by IS NULL;
