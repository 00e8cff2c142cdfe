-- A link with which somebody chooses the password of an account: works once, until it ends; a newer one replaces it.
-- The release before this one knows none: the password before stands until the link is used, or is one nobody knows.
CREATE TABLE account_links (
    account_id INTEGER PRIMARY KEY REFERENCES accounts (id) ON DELETE CASCADE,
    token_hash BLOB NOT NULL UNIQUE,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
);

-- Accounts that are being erased, a few messages at a time: what a restart goes on with.
CREATE TABLE account_erasures (
    account_id INTEGER PRIMARY KEY REFERENCES accounts (id) ON DELETE CASCADE,
    began_at INTEGER NOT NULL
);
