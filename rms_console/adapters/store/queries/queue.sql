-- name: enqueue
-- A waiting entry keeps its age, so that the oldest unsent change does not look younger than it is; an entry that was
-- set aside, or that only a comparison had queued, is as old as the change that comes now. `:renews` is false for a
-- key that tells nothing new of the row: it neither releases an entry nor cuts a back-off short. Only of an item whose
-- quantity waits for the shop's own sales a comparison may find something else.
INSERT INTO queue (item_id, version, reason, priority, state, is_open, enqueued_at, position, sku)
VALUES (:item_id, :version, :reason, :priority, 'waiting', 1, :at, :position, :sku)
ON CONFLICT (item_id) DO UPDATE SET
    version = excluded.version,
    reason = CASE WHEN is_open AND priority <= excluded.priority THEN reason ELSE excluded.reason END,
    priority = CASE WHEN is_open THEN min(priority, excluded.priority) ELSE excluded.priority END,
    enqueued_at = CASE
        WHEN is_open AND (priority < :reconcile OR excluded.priority = :reconcile) THEN enqueued_at
        ELSE excluded.enqueued_at
    END,
    state = CASE WHEN :renews OR NOT is_open THEN 'waiting' ELSE state END,
    is_open = 1,
    attempts = CASE WHEN :renews OR NOT is_open THEN 0 ELSE attempts END,
    next_try_at = CASE WHEN :renews OR NOT is_open THEN NULL ELSE next_try_at END,
    code = CASE WHEN :renews OR NOT is_open THEN '' ELSE code END,
    message = CASE WHEN :renews OR NOT is_open THEN '' ELSE message END,
    position = coalesce(excluded.position, position),
    sku = coalesce(excluded.sku, sku)
WHERE is_open OR :renews OR code = 'stock-held';

-- name: take
SELECT * FROM queue
WHERE is_open = 1 AND (next_try_at IS NULL OR next_try_at <= ?)
ORDER BY priority, enqueued_at, item_id
LIMIT ?;

-- name: fresh
-- What only a comparison found is no news of a person or a till: left out by the priority.
SELECT * FROM queue
WHERE is_open = 1 AND priority < ? AND version > ? AND (next_try_at IS NULL OR next_try_at <= ?)
ORDER BY priority, version, item_id
LIMIT ?;

-- name: entries
SELECT * FROM queue WHERE item_id IN (SELECT value FROM json_each(?)) ORDER BY item_id;

-- name: page
SELECT * FROM queue
WHERE state IN (SELECT value FROM json_each(?))
ORDER BY priority, enqueued_at, item_id
LIMIT ? OFFSET ?;

-- name: counts
-- What is only looked at once more, or left to the shop's own sales for a while, waits for nobody's yes.
SELECT state, priority, count(*) AS entries FROM queue
WHERE state <> 'held' OR code NOT IN ('not-in-view', 'stock-held')
GROUP BY state, priority;

-- name: postponed_beyond
-- The plus keeps the planner off the index by urgency, which would read every open entry.
SELECT count(*) AS entries FROM queue WHERE next_try_at > ? AND +is_open = 1;

-- name: oldest
SELECT enqueued_at FROM queue
WHERE is_open = 1 AND priority = ?
ORDER BY enqueued_at
LIMIT 1;

-- name: release
-- One that waits for its next try anyway keeps its age.
UPDATE queue
SET state = 'waiting', is_open = 1, attempts = 0, next_try_at = NULL,
    enqueued_at = CASE WHEN is_open THEN enqueued_at ELSE ? END, code = '', message = ''
WHERE state <> 'waiting' AND item_id IN (SELECT value FROM json_each(?));

-- name: release_due
UPDATE queue SET state = 'waiting', is_open = 1, next_try_at = NULL, code = '', message = ''
WHERE state = 'held' AND next_try_at <= ?;

-- name: release_all
UPDATE queue
SET state = 'waiting', is_open = 1, attempts = 0, next_try_at = NULL, enqueued_at = ?, code = '', message = ''
WHERE is_open = 0;

-- name: release_code
UPDATE queue
SET state = 'waiting', is_open = 1, attempts = 0, next_try_at = NULL,
    enqueued_at = CASE WHEN is_open THEN enqueued_at ELSE ? END, code = '', message = ''
WHERE code = ? AND state <> 'waiting';

-- name: dismiss
DELETE FROM queue WHERE item_id IN (SELECT value FROM json_each(?));

-- name: next_try
SELECT min(next_try_at) AS at FROM queue WHERE next_try_at IS NOT NULL AND +is_open = 1;

-- name: settle
DELETE FROM queue WHERE item_id = ? AND version = ?;

-- name: postpone
UPDATE queue
SET state = :state, is_open = :is_open, code = :code, message = :message, attempts = :attempts, next_try_at = :next_try_at,
    style = coalesce(:style, style), reason = coalesce(:reason, reason), priority = coalesce(:priority, priority),
    doubt = CASE WHEN :reason IS NULL THEN doubt ELSE 0 END
WHERE item_id = :item_id AND version = :version;

-- name: doubt
-- Whatever its version: a newer change of the item does not make the shop any clearer.
UPDATE queue SET doubt = 1 WHERE item_id = ?;
