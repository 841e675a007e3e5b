-- name: live
SELECT * FROM holds
WHERE state IN ('open', 'approved', 'rejected') AND style IN (SELECT value FROM json_each(?))
ORDER BY hold;

-- name: page
SELECT * FROM holds
WHERE state IN (SELECT value FROM json_each(?)) AND hold > ?
ORDER BY hold
LIMIT ?;

-- name: named
SELECT * FROM holds WHERE hold IN (SELECT value FROM json_each(?)) ORDER BY hold;

-- name: overtake_open
-- A product has at most one open hold an aspect: what is held now stands for what was held before.
UPDATE holds SET state = 'overtaken' WHERE style = ? AND aspect = ? AND state = 'open';

-- name: open
INSERT INTO holds (style, title, aspect, kind, template, facts, changes, items, digest, state, created_at)
VALUES (:style, :title, :aspect, :kind, :template, :facts, :changes, :items, :digest, 'open', :at);

-- name: close
UPDATE holds SET state = ? WHERE hold = ? AND state IN ('open', 'approved', 'rejected');

-- name: let_go
-- What waited for a hold that is no more is looked at again now, not when its day is over: its items, and those of the
-- same product that were pushed beside it.
UPDATE queue SET state = 'waiting', is_open = 1, next_try_at = NULL, code = '', message = ''
WHERE state = 'held' AND code LIKE 'guard-%' AND (
    style = (SELECT style FROM holds WHERE hold = :hold)
    OR item_id IN (SELECT item.value FROM holds, json_each(holds.items) AS item WHERE holds.hold = :hold)
);

-- name: decide
UPDATE holds SET state = :state, decided_by = :by, decided_at = :at, decision_reason = :reason
WHERE hold = :hold AND state IN ('open', 'approved', 'rejected') AND state <> :state;

-- name: tell_rejected
UPDATE queue SET code = 'guard-rejected', message = ?, next_try_at = NULL
WHERE state = 'held' AND code LIKE 'guard-%' AND item_id IN (SELECT value FROM json_each(?));

-- name: sight
INSERT INTO sightings (danger, style, at) VALUES (?, ?, ?)
ON CONFLICT (danger, style) DO UPDATE SET at = excluded.at;

-- name: sighted
SELECT count(*) AS styles FROM sightings
WHERE danger = ? AND at > ? AND style NOT IN (SELECT value FROM json_each(?));

-- name: forget_sightings
DELETE FROM sightings WHERE at < ?;

-- name: prune
DELETE FROM holds WHERE hold IN (
    SELECT hold FROM holds WHERE state IN ('applied', 'overtaken') AND created_at < ? ORDER BY hold LIMIT ?
);
