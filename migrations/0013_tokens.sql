-- Tokens scripts and programs come in with. The release before this one runs on.

-- Only the hash of a token is kept (SHA-256; a token is 256 random bits, so nothing slower is needed).
CREATE TABLE tokens (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    account_id INTEGER NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    hash BLOB NOT NULL UNIQUE,
    name TEXT NOT NULL DEFAULT '',
    -- words separated by a blank
    scopes TEXT NOT NULL,
    -- folded addresses it is limited to, one a line; empty for all mail of the account
    addresses TEXT NOT NULL DEFAULT '',
    -- all in ms since 1970 UTC, NULL for never
    created_at INTEGER NOT NULL,
    expires_at INTEGER,
    used_at INTEGER
);
CREATE INDEX tokens_by_account ON tokens (account_id);

-- Keys of submissions that may be repeated (Idempotency-Key), for a day: what was asked, and the draft it became.
CREATE TABLE submission_keys (
    account_id INTEGER NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    key_hash BLOB NOT NULL,
    request_hash BLOB NOT NULL,
    draft_key TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (account_id, key_hash)
) WITHOUT ROWID;
CREATE INDEX submission_keys_by_age ON submission_keys (created_at);
