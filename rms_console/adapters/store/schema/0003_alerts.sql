-- What a person should look at, so that it outlives the process. No `cleared_at`: it is so now. `texts` is the wording
-- with its facts, as JSON. `told` grows with each telling: a mark as seen holds for the telling it was given to.
CREATE TABLE alerts (
    number INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,
    severity TEXT NOT NULL,
    texts TEXT NOT NULL,
    since_at TEXT NOT NULL,
    cleared_at TEXT,
    acked_by TEXT,
    told INTEGER NOT NULL,
    sending TEXT NOT NULL
);

CREATE INDEX alerts_by_end ON alerts (cleared_at);
