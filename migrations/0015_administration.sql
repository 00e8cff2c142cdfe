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

-- How much mail came for each address, and from whom: written behind deliveries, which pay nothing for it. What has
-- been counted is told by the setting tallied_message, the id of a message.
CREATE TABLE address_tallies (
    address TEXT PRIMARY KEY,
    messages INTEGER NOT NULL,
    last_at INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX address_tallies_by_last ON address_tallies (last_at);

CREATE TABLE address_days (
    address TEXT NOT NULL,
    day INTEGER NOT NULL,
    messages INTEGER NOT NULL,
    PRIMARY KEY (address, day)
) WITHOUT ROWID;
CREATE INDEX address_days_by_day ON address_days (day);

-- By the site of the address in From.
CREATE TABLE address_senders (
    address TEXT NOT NULL,
    site TEXT NOT NULL,
    messages INTEGER NOT NULL,
    first_at INTEGER NOT NULL,
    last_at INTEGER NOT NULL,
    PRIMARY KEY (address, site)
) WITHOUT ROWID;
