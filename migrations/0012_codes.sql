-- What messages offer to type or to press. The release before this one runs on.

-- One row per copy that offers something. No foreign key: it would open a statement transaction at every delivery with
-- a code, at which FTS5 writes its index out; the trigger below removes the row with its message instead.
CREATE TABLE codes (
    message_id INTEGER PRIMARY KEY,
    account_id INTEGER NOT NULL,
    kind TEXT NOT NULL,
    -- as it is pasted, or the link where the message offers only that
    value TEXT NOT NULL,
    -- the sign-in or confirm link, also beside a code
    link TEXT NOT NULL DEFAULT '',
    confidence REAL NOT NULL,
    -- domain an origin-bound code belongs to
    origin TEXT NOT NULL DEFAULT '',
    -- JSON, a list of [kind, value]
    alternatives TEXT NOT NULL DEFAULT '[]',
    -- all in ms since 1970 UTC, NULL for never
    valid_until INTEGER,
    used_at INTEGER,
    dismissed_at INTEGER,
    filed_at INTEGER
);
CREATE INDEX codes_by_account ON codes (account_id, message_id);

CREATE TRIGGER messages_codes_erased AFTER DELETE ON messages BEGIN
    DELETE FROM codes WHERE message_id = old.id;
END;

-- What an account taught about the mail of one sender ("wrong, this one"); rule is JSON of mail/code_rules.py.
CREATE TABLE code_rules (
    account_id INTEGER NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    sender TEXT NOT NULL,
    rule TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (account_id, sender)
) WITHOUT ROWID;

-- Archive mail with a code by itself, an hour after it came or once the code is used.
ALTER TABLE accounts ADD COLUMN file_codes INTEGER NOT NULL DEFAULT 0;
