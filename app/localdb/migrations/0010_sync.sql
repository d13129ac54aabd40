-- Sync: the rows people work on as they see them (confirmed and pending edits
-- together), what the server has confirmed where that differs, and the outbox.
-- nexusai/sync/entity is the source of the three row tables.
--
-- n is the rowid. It follows the time in the UUIDv7, so that full text search by
-- rowid is newest first whatever order history arrives in. Times are RFC 3339
-- text in UTC with milliseconds, whose order is the order of time.

CREATE TABLE conversation (
    n          INTEGER PRIMARY KEY,
    id         TEXT NOT NULL UNIQUE,
    scope      TEXT NOT NULL,
    title      TEXT NOT NULL,
    model      TEXT NOT NULL,
    pinned     INTEGER NOT NULL,
    trashed_at TEXT,
    created_at TEXT NOT NULL,
    last_at    TEXT NOT NULL,
    extra      TEXT NOT NULL DEFAULT '{}',
    ver        INTEGER NOT NULL, -- version of the confirmed row; 0 until the server has it
    field_ver  TEXT NOT NULL,    -- stamps of the fields shown
    pending    INTEGER NOT NULL  -- 1 while the server has not confirmed what is shown
);
CREATE INDEX conversation_recent ON conversation (last_at DESC, id DESC);

CREATE TABLE message (
    n               INTEGER PRIMARY KEY,
    id              TEXT NOT NULL UNIQUE,
    scope           TEXT NOT NULL,
    conversation_id TEXT NOT NULL,
    parent_id       TEXT,
    role            TEXT NOT NULL,
    text            TEXT NOT NULL,
    model           TEXT NOT NULL,
    finish          TEXT NOT NULL,
    error_code      TEXT NOT NULL,
    input_tokens    INTEGER NOT NULL,
    output_tokens   INTEGER NOT NULL,
    cost_nano_usd   INTEGER NOT NULL,
    run_id          TEXT,
    created_at      TEXT NOT NULL,
    extra           TEXT NOT NULL DEFAULT '{}',
    ver             INTEGER NOT NULL,
    field_ver       TEXT NOT NULL,
    pending         INTEGER NOT NULL
);
CREATE INDEX message_of_conversation ON message (conversation_id, created_at, id);

CREATE TABLE draft (
    n          INTEGER PRIMARY KEY,
    id         TEXT NOT NULL UNIQUE,
    scope      TEXT NOT NULL,
    text       TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    extra      TEXT NOT NULL DEFAULT '{}',
    ver        INTEGER NOT NULL,
    field_ver  TEXT NOT NULL,
    pending    INTEGER NOT NULL
);

-- The confirmed row, only for rows with pending edits. doc is NULL when the
-- server has no such row yet.
CREATE TABLE sync_shadow (
    entity TEXT NOT NULL,
    id     TEXT NOT NULL,
    doc    TEXT,
    PRIMARY KEY (entity, id)
);

-- n is the order of writing. state: queued (mid 0 until a batch is cut), done
-- (answered, not pulled yet), parked (needs a person).
CREATE TABLE sync_outbox (
    n      INTEGER PRIMARY KEY AUTOINCREMENT,
    op_id  TEXT NOT NULL UNIQUE,
    lane   TEXT NOT NULL,
    entity TEXT NOT NULL,
    id     TEXT NOT NULL,
    mid    INTEGER NOT NULL DEFAULT 0,
    state  TEXT NOT NULL,
    code   TEXT NOT NULL DEFAULT '',
    seq    INTEGER NOT NULL DEFAULT 0, -- of a done operation: where its effect is in the log
    size   INTEGER NOT NULL,           -- bytes of op
    op     TEXT NOT NULL
);
CREATE INDEX sync_outbox_row ON sync_outbox (entity, id, n);
CREATE INDEX sync_outbox_lane ON sync_outbox (lane, state, n);
CREATE INDEX sync_outbox_done ON sync_outbox (seq) WHERE state = 'done';

CREATE TABLE sync_lane (
    lane     TEXT PRIMARY KEY,
    last_mid INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE sync_state (
    one       INTEGER PRIMARY KEY CHECK (one = 1),
    client_id TEXT NOT NULL,
    scope     TEXT NOT NULL, -- empty until somebody has signed in
    cursor    INTEGER NOT NULL,
    epoch     INTEGER NOT NULL,
    sum       TEXT NOT NULL,
    hlc       INTEGER NOT NULL
);

-- Every value that lost to a concurrent edit, as the log tells it.
CREATE TABLE sync_superseded (
    seq       INTEGER NOT NULL,
    n         INTEGER NOT NULL,
    entity    TEXT NOT NULL,
    id        TEXT NOT NULL,
    field     TEXT NOT NULL,
    value     TEXT NOT NULL,
    op_id     TEXT NOT NULL,
    client_id TEXT NOT NULL,
    hlc       INTEGER NOT NULL,
    PRIMARY KEY (seq, n)
);
CREATE INDEX sync_superseded_row ON sync_superseded (entity, id);

-- Log entries of entities that this program does not know yet, for the one that
-- will.
CREATE TABLE sync_unknown (
    seq    INTEGER PRIMARY KEY,
    entity TEXT NOT NULL,
    id     TEXT NOT NULL,
    live   INTEGER NOT NULL, -- 0 for a delete
    entry  TEXT NOT NULL
);
CREATE INDEX sync_unknown_row ON sync_unknown (entity, id, seq);
