-- What belongs to this device alone and is never synced.

-- value is JSON. Names: settings, window, server, device_id.
CREATE TABLE setting (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
) WITHOUT ROWID;

-- Shown until the person dismisses it. items is a JSON list of texts.
CREATE TABLE notice (
    id         TEXT PRIMARY KEY,
    code       TEXT NOT NULL,
    detail     TEXT NOT NULL,
    items      TEXT NOT NULL,
    created_at TEXT NOT NULL
) WITHOUT ROWID;
