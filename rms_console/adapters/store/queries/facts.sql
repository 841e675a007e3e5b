-- name: get
SELECT value FROM facts WHERE name = ?;

-- name: set
INSERT INTO facts (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value;

-- name: clear
DELETE FROM facts WHERE name = ?;
