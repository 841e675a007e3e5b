-- name: head
SELECT number, digest FROM audit_head;

-- name: set_head
INSERT INTO audit_head (one, number, digest) VALUES (1, ?, ?)
ON CONFLICT (one) DO UPDATE SET number = excluded.number, digest = excluded.digest;

-- name: add
INSERT INTO audit (number, at, actor, host, via, action, detail, digest) VALUES (?, ?, ?, ?, ?, ?, ?, ?);

-- name: page
SELECT number, at, actor, host, via, action, detail, digest FROM audit WHERE number < ? ORDER BY number DESC LIMIT ?;

-- name: after
SELECT number, at, actor, host, via, action, detail, digest FROM audit WHERE number > ? ORDER BY number LIMIT ?;
