-- How long things took, by the hour: `durations` is a histogram, so that any hours can be added to one.
CREATE TABLE timings (
    at TEXT NOT NULL,
    timed TEXT NOT NULL,
    durations BLOB NOT NULL,
    PRIMARY KEY (at, timed)
) WITHOUT ROWID;
