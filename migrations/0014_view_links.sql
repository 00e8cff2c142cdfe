-- Links that show one message, one address or its codes to somebody without a session.
-- All times in ms since 1970 UTC. The release before this one runs on: it knows neither table.

-- No foreign key to the message: it would cost every erasing a look. A link whose message is gone shows nothing.
CREATE TABLE view_links (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    -- sha256 of the token, which is shown once and kept nowhere
    token_hash BLOB NOT NULL UNIQUE,
    account_id INTEGER NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    kind TEXT NOT NULL CHECK (kind IN ('message', 'address', 'codes')),
    -- of kind message, else 0
    message_id INTEGER NOT NULL DEFAULT 0,
    -- of the other kinds: the folded envelope recipient, and from when on its mail is shown
    address TEXT NOT NULL DEFAULT '',
    since_at INTEGER NOT NULL DEFAULT 0,
    -- with HTML, pictures and attachments, or the text alone
    whole INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    revoked_at INTEGER,
    -- NULL for as many as there are until it expires
    opens_most INTEGER,
    opens INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX view_links_by_account ON view_links (account_id, id);

-- Who pressed "open". The visit is the sha256 of a cookie, by which the same browser is not counted again.
CREATE TABLE view_opens (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    link_id INTEGER NOT NULL REFERENCES view_links (id) ON DELETE CASCADE,
    visit_hash BLOB NOT NULL,
    opened_at INTEGER NOT NULL,
    peer TEXT NOT NULL,
    user_agent TEXT NOT NULL,
    UNIQUE (link_id, visit_hash)
);
