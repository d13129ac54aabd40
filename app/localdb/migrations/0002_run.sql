-- One row for each answer that was asked for here. It is the queue while state
-- is accepting, waiting, sending or running, and afterwards the memory that
-- keeps a repeated send from starting a second answer.
--
-- accepting: written before its message; such a row without the message was
-- never acknowledged and is dropped at the next start.
CREATE TABLE run (
    id              TEXT PRIMARY KEY,
    conversation_id TEXT NOT NULL,
    message_id      TEXT NOT NULL,
    regenerate      TEXT NOT NULL, -- id of the wish for one more answer; empty for the first
    model           TEXT NOT NULL,
    state           TEXT NOT NULL, -- accepting, waiting, sending, running, done, stopped, failed
    waits_for       TEXT NOT NULL, -- code of what it waits for, or why it failed
    attempts        INTEGER NOT NULL,
    next_at         TEXT NOT NULL, -- not before
    remote_id       TEXT NOT NULL, -- the server's run; empty for a local one
    answer_id       TEXT NOT NULL, -- empty until known
    text            TEXT NOT NULL, -- the answer so far, a checkpoint; the whole of it until the answer node is here
    created_at      TEXT NOT NULL,
    ended_at        TEXT NOT NULL, -- empty while it is in the queue
    UNIQUE (message_id, regenerate)
) WITHOUT ROWID;
CREATE INDEX run_queue ON run (created_at, id) WHERE ended_at = '';
CREATE INDEX run_of_conversation ON run (conversation_id, created_at);
CREATE INDEX run_ended ON run (ended_at) WHERE ended_at <> '';

-- Messages that were taken back into the draft before any model saw them: the
-- node itself is immutable.
CREATE TABLE withdrawn (
    message_id TEXT PRIMARY KEY
) WITHOUT ROWID;
