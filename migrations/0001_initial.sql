-- The first schema. auto_vacuum=INCREMENTAL is set before this runs (store/database.py): it cannot be set later.
-- Ids that are named outside are never used twice: AUTOINCREMENT, or (messages) made of time and a counter.
-- Times are milliseconds since 1970 UTC. Addresses are stored folded (mail/address.py).

CREATE TABLE settings (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE accounts (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    address TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL DEFAULT '',
    password_hash TEXT NOT NULL,
    role TEXT NOT NULL DEFAULT 'member' CHECK (role IN ('member', 'admin')),
    state TEXT NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'disabled')),
    language TEXT NOT NULL DEFAULT '',
    time_zone TEXT NOT NULL DEFAULT '',
    theme TEXT NOT NULL DEFAULT '' CHECK (theme IN ('', 'light', 'dark')),
    bytes_used INTEGER NOT NULL DEFAULT 0,
    created_at INTEGER NOT NULL,
    last_login_at INTEGER
);

CREATE TABLE domains (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL UNIQUE,
    state TEXT NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'disabled')),
    catch_all_account_id INTEGER REFERENCES accounts (id) ON DELETE SET NULL,
    created_at INTEGER NOT NULL
);

CREATE TABLE addresses (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    address TEXT NOT NULL UNIQUE,
    domain_id INTEGER NOT NULL REFERENCES domains (id) ON DELETE CASCADE,
    state TEXT NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'muted', 'blocked')),
    created_at INTEGER NOT NULL
);

CREATE TABLE address_targets (
    address_id INTEGER NOT NULL REFERENCES addresses (id) ON DELETE CASCADE,
    account_id INTEGER NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    PRIMARY KEY (address_id, account_id)
) WITHOUT ROWID;
CREATE INDEX address_targets_by_account ON address_targets (account_id);

CREATE TABLE sessions (
    token_hash BLOB PRIMARY KEY,
    account_id INTEGER NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    created_at INTEGER NOT NULL,
    seen_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    user_agent TEXT NOT NULL DEFAULT '',
    peer TEXT NOT NULL DEFAULT ''
) WITHOUT ROWID;
CREATE INDEX sessions_by_account ON sessions (account_id);

-- total and unread are counters kept in the transaction that changes them: a count by scan takes seconds at a million.
CREATE TABLE mailboxes (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    account_id INTEGER NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    role TEXT CHECK (role IN ('inbox', 'drafts', 'sent', 'archive', 'junk', 'trash')),
    name TEXT NOT NULL DEFAULT '',
    parent_id INTEGER REFERENCES mailboxes (id),
    total INTEGER NOT NULL DEFAULT 0,
    unread INTEGER NOT NULL DEFAULT 0,
    UNIQUE (account_id, role)
);
CREATE INDEX mailboxes_by_account ON mailboxes (account_id);

-- Content is immutable, shared by the `copies` of one delivery, removed with its last message.
-- `expected` content is still being written (large mail, in several transactions) and is swept at start.
CREATE TABLE contents (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    size INTEGER NOT NULL,
    copies INTEGER NOT NULL DEFAULT 0,
    state TEXT NOT NULL DEFAULT 'complete' CHECK (state IN ('expected', 'complete')),
    words_version INTEGER NOT NULL DEFAULT 0,
    words_subject TEXT NOT NULL DEFAULT '',
    words_people TEXT NOT NULL DEFAULT '',
    words_body TEXT NOT NULL DEFAULT '',
    words_files TEXT NOT NULL DEFAULT ''
);

-- key = content id * 65536 + position: one b-tree, no second index. encoding '' is the bytes as they are.
CREATE TABLE content_chunks (
    key INTEGER PRIMARY KEY,
    encoding TEXT NOT NULL DEFAULT '',
    bytes BLOB NOT NULL
);

-- id = arrival in ms * 4096 + a counter, so that id order is arrival order in every index and in the full text.
CREATE TABLE messages (
    id INTEGER PRIMARY KEY,
    account_id INTEGER NOT NULL REFERENCES accounts (id),
    mailbox_id INTEGER NOT NULL REFERENCES mailboxes (id),
    content_id INTEGER NOT NULL REFERENCES contents (id),
    thread_id INTEGER NOT NULL,
    size INTEGER NOT NULL,
    date_ms INTEGER,
    from_name TEXT NOT NULL,
    from_address TEXT NOT NULL,
    subject TEXT NOT NULL,
    preview TEXT NOT NULL,
    delivered_to TEXT NOT NULL,
    attachment_count INTEGER NOT NULL DEFAULT 0,
    seen INTEGER NOT NULL DEFAULT 0,
    flagged INTEGER NOT NULL DEFAULT 0,
    answered INTEGER NOT NULL DEFAULT 0,
    draft INTEGER NOT NULL DEFAULT 0,
    reverse_path TEXT NOT NULL DEFAULT '',
    also_delivered_to TEXT NOT NULL DEFAULT '',
    refs BLOB NOT NULL DEFAULT x'',
    trace BLOB NOT NULL DEFAULT x''
);
CREATE INDEX messages_by_mailbox ON messages (mailbox_id, id);
CREATE INDEX messages_by_account ON messages (account_id, id);
-- a thread is its first message, whose id it bears, and those indexed here
CREATE INDEX messages_by_thread ON messages (account_id, thread_id) WHERE thread_id <> id;
CREATE INDEX messages_flagged ON messages (account_id, id) WHERE flagged = 1;

-- Every envelope recipient a copy came for: two RCPTs can reach one account. Ordered by address, because that is how it
-- is asked; from a message it is delivered_to and also_delivered_to (lines) that name them.
CREATE TABLE message_addressees (
    address TEXT NOT NULL,
    message_id INTEGER NOT NULL,
    PRIMARY KEY (address, message_id)
) WITHOUT ROWID;

-- Hashes of the message-ids a message names (its own, In-Reply-To, References), for threading; messages.refs holds the
-- same ones, 8 bytes each, so that they can be found when the message goes. An index the other way round would cost
-- every delivery a tenth of its writing.
CREATE TABLE message_refs (
    account_id INTEGER NOT NULL,
    hash INTEGER NOT NULL,
    message_id INTEGER NOT NULL,
    PRIMARY KEY (account_id, hash, message_id)
) WITHOUT ROWID;

CREATE TABLE labels (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    account_id INTEGER NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    UNIQUE (account_id, name)
);
CREATE TABLE message_labels (
    message_id INTEGER NOT NULL REFERENCES messages (id) ON DELETE CASCADE,
    label_id INTEGER NOT NULL REFERENCES labels (id) ON DELETE CASCADE,
    PRIMARY KEY (message_id, label_id)
) WITHOUT ROWID;
CREATE INDEX message_labels_by_label ON message_labels (label_id, message_id);

-- Full text: words as mail/words.py cuts them; rowid is the message's id; `account` holds the token a<account id>.
-- Contentless: SQLite 3.40 deletes from it only when given the identical words again, hence words_* in contents, which are kept as they were indexed.
CREATE VIRTUAL TABLE search USING fts5 (
    account, subject, people, body, files,
    content = '', columnsize = 0, tokenize = 'unicode61 remove_diacritics 2'
);

-- The journal streams, API and other clients catch up from; written in the transaction it tells of.
CREATE TABLE changes (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    account_id INTEGER NOT NULL,
    kind TEXT NOT NULL,
    message_id INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX changes_by_account ON changes (account_id, seq);

-- What a destructive act replaced, for as long as it can be undone.
CREATE TABLE undos (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    account_id INTEGER NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    created_at INTEGER NOT NULL,
    data TEXT NOT NULL
);

-- People whose remote images are shown without asking.
CREATE TABLE image_consents (
    account_id INTEGER NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    address TEXT NOT NULL,
    PRIMARY KEY (account_id, address)
) WITHOUT ROWID;
