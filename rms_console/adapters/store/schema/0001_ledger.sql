-- The ledger: what was read from RMS and not yet settled, what Shopify last confirmed, and what was done.
--
-- Times are text, ISO 8601 in UTC with microseconds and offset, all of one width, so that they order as text.
-- Money and weights are text decimals; lists are JSON. `seal` is a check sum of the whole row.

CREATE TABLE migrations (
    version INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    applied_at TEXT NOT NULL
);

CREATE TABLE counters (
    name TEXT PRIMARY KEY,
    value INTEGER NOT NULL
) WITHOUT ROWID;

INSERT INTO counters (name, value) VALUES ('epoch', 0), ('cycle', 0), ('queue_version', 0);

CREATE TABLE facts (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL
) WITHOUT ROWID;

-- Everything at or below it has been read into the queue. No row: nothing was ever read.
CREATE TABLE watermark (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    position TEXT NOT NULL,
    seal TEXT NOT NULL
);

-- The position at which each item was last read, so that reading it again (the overlap window) is no news.
CREATE TABLE seen (
    item_id INTEGER PRIMARY KEY,
    stamp TEXT NOT NULL,
    number INTEGER NOT NULL
);

CREATE INDEX seen_by_position ON seen (stamp, number);

-- `priority` is the urgency of `reason`, lower first. `is_open`: to be taken when due (waiting, retrying). `doubt`: a
-- write of this item ended without a clear answer, so that the shop is read first, whatever else comes meanwhile.
CREATE TABLE queue (
    item_id INTEGER PRIMARY KEY,
    version INTEGER NOT NULL,
    reason TEXT NOT NULL,
    priority INTEGER NOT NULL,
    state TEXT NOT NULL,
    is_open INTEGER NOT NULL,
    enqueued_at TEXT NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    next_try_at TEXT,
    position TEXT,
    sku TEXT,
    style TEXT,
    code TEXT NOT NULL DEFAULT '',
    message TEXT NOT NULL DEFAULT '',
    doubt INTEGER NOT NULL DEFAULT 0
);

CREATE INDEX queue_by_urgency ON queue (is_open, priority, enqueued_at, item_id);
CREATE INDEX queue_by_state ON queue (state, priority);
CREATE INDEX queue_by_next_try ON queue (next_try_at) WHERE next_try_at IS NOT NULL;

CREATE TABLE products (
    style TEXT PRIMARY KEY,
    product_id TEXT NOT NULL,
    title TEXT,
    description_html TEXT,
    vendor TEXT,
    product_type TEXT,
    tags TEXT,
    status TEXT,
    metafields TEXT NOT NULL,
    option_names TEXT NOT NULL,
    published TEXT NOT NULL,
    status_before_leaving TEXT,
    created_by_us INTEGER NOT NULL,
    acknowledged_at TEXT NOT NULL,
    content_hash TEXT NOT NULL,
    seal TEXT NOT NULL
) WITHOUT ROWID;

-- An item may stand under two styles while it moves from one to the other.
CREATE TABLE variants (
    style TEXT NOT NULL REFERENCES products (style) ON DELETE CASCADE,
    item_id INTEGER NOT NULL,
    place INTEGER NOT NULL,
    variant_id TEXT NOT NULL,
    inventory_item_id TEXT NOT NULL,
    sku TEXT,
    options TEXT,
    price TEXT,
    compare_at TEXT,
    barcode TEXT,
    weight_kg TEXT,
    held_since TEXT,
    left_reason TEXT,
    was_web_item INTEGER NOT NULL,
    stock_hash TEXT NOT NULL,
    price_hash TEXT NOT NULL,
    content_hash TEXT NOT NULL,
    seal TEXT NOT NULL,
    PRIMARY KEY (style, item_id)
) WITHOUT ROWID;

CREATE INDEX variants_by_item ON variants (item_id);

-- One row per item and location, so that a write that failed at one location says nothing of another.
-- `is_stocked` with no quantity: stocked there, quantity never confirmed. `held`: what the conflict policy holds back.
CREATE TABLE stock (
    style TEXT NOT NULL,
    item_id INTEGER NOT NULL,
    location_id TEXT NOT NULL,
    is_stocked INTEGER NOT NULL,
    quantity INTEGER,
    held INTEGER,
    PRIMARY KEY (style, item_id, location_id),
    FOREIGN KEY (style, item_id) REFERENCES variants (style, item_id) ON DELETE CASCADE
) WITHOUT ROWID;

CREATE TABLE boundaries (
    item_id INTEGER NOT NULL,
    at TEXT NOT NULL,
    PRIMARY KEY (item_id, at)
) WITHOUT ROWID;

CREATE INDEX boundaries_by_time ON boundaries (at);

CREATE TABLE creations (
    creation INTEGER PRIMARY KEY,
    at TEXT NOT NULL,
    products INTEGER NOT NULL
);

CREATE INDEX creations_by_time ON creations (at);

-- Parts of plans that wait, or waited, for a person's yes. `template` and `facts`: the reason, in any language.
-- `digest` is that of `changes`: what the held part leads to.
CREATE TABLE holds (
    hold INTEGER PRIMARY KEY AUTOINCREMENT,
    style TEXT NOT NULL,
    title TEXT NOT NULL,
    aspect TEXT NOT NULL,
    kind TEXT NOT NULL,
    template TEXT NOT NULL,
    facts TEXT NOT NULL,
    changes TEXT NOT NULL,
    items TEXT NOT NULL,
    digest TEXT NOT NULL,
    state TEXT NOT NULL,
    created_at TEXT NOT NULL,
    decided_by TEXT NOT NULL DEFAULT '',
    decided_at TEXT,
    decision_reason TEXT NOT NULL DEFAULT ''
);

CREATE UNIQUE INDEX holds_open ON holds (style, aspect) WHERE state = 'open';
CREATE INDEX holds_live ON holds (style) WHERE state IN ('open', 'approved', 'rejected');
CREATE INDEX holds_by_state ON holds (state, hold);

-- When a product last did what is dangerous in bulk: the guard counts over some time, not over one cycle.
CREATE TABLE sightings (
    danger TEXT NOT NULL,
    style TEXT NOT NULL,
    at TEXT NOT NULL,
    PRIMARY KEY (danger, style)
) WITHOUT ROWID;

CREATE INDEX sightings_by_time ON sightings (danger, at);

CREATE TABLE cycles (
    number INTEGER PRIMARY KEY,
    started_at TEXT NOT NULL,
    body TEXT NOT NULL
);

CREATE INDEX cycles_by_time ON cycles (started_at);

CREATE TABLE product_records (
    record INTEGER PRIMARY KEY,
    cycle INTEGER NOT NULL,
    at TEXT NOT NULL,
    style TEXT NOT NULL,
    title TEXT NOT NULL,
    result TEXT NOT NULL,
    variants INTEGER NOT NULL,
    duration_s REAL NOT NULL,
    code TEXT NOT NULL,
    message TEXT NOT NULL,
    changes TEXT NOT NULL
);

CREATE INDEX product_records_by_cycle ON product_records (cycle);
CREATE INDEX product_records_by_style ON product_records (style);
CREATE INDEX product_records_by_time ON product_records (at);

CREATE TABLE audit (
    number INTEGER PRIMARY KEY,
    at TEXT NOT NULL,
    actor TEXT NOT NULL,
    host TEXT NOT NULL,
    via TEXT NOT NULL,
    action TEXT NOT NULL,
    detail TEXT NOT NULL,
    digest TEXT NOT NULL
);

-- The last entry, kept apart, so that entries cut off at the end are missed.
CREATE TABLE audit_head (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    number INTEGER NOT NULL,
    digest TEXT NOT NULL
);
