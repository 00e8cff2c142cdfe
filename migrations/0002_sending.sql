-- Sending: drafts, the queue, relays. Times are milliseconds since 1970 UTC. The release before this one runs on.

-- Who a message of our own goes to, for lists: the first names, one a line, and how many there are in all.
ALTER TABLE messages ADD COLUMN to_names TEXT NOT NULL DEFAULT '';
ALTER TABLE messages ADD COLUMN to_count INTEGER NOT NULL DEFAULT 0;

-- Seconds a submission is held so that it can be undone.
ALTER TABLE accounts ADD COLUMN undo_send_s INTEGER NOT NULL DEFAULT 10;

-- A relay (smart host). `secret` is sealed with the key file that lies beside the database, never in it.
CREATE TABLE relays (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    position INTEGER NOT NULL DEFAULT 0,
    name TEXT NOT NULL UNIQUE,
    preset TEXT NOT NULL DEFAULT 'custom',
    host TEXT NOT NULL,
    port INTEGER NOT NULL,
    security TEXT NOT NULL CHECK (security IN ('starttls', 'tls', 'none')),
    auth TEXT NOT NULL DEFAULT 'auto' CHECK (auth IN ('auto', 'plain', 'login', 'xoauth2')),
    username TEXT NOT NULL DEFAULT '',
    secret BLOB NOT NULL DEFAULT x'',
    sender_domains TEXT NOT NULL DEFAULT '', -- folded, one a line; '' is every domain
    daily_limit INTEGER NOT NULL DEFAULT 0, -- recipients a UTC day; 0 is no limit
    used_day TEXT NOT NULL DEFAULT '',
    used INTEGER NOT NULL DEFAULT 0,
    events_key TEXT NOT NULL DEFAULT '', -- public key its event webhook signs with; '' is no events
    state TEXT NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'disabled')),
    created_at INTEGER NOT NULL
);

-- One submitted message on its way. It holds its content by itself (contents.copies), so that erasing the copy in Sent
-- loses nothing. `waiting` can be recalled: nothing has been claimed yet.
CREATE TABLE queue_items (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    account_id INTEGER NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    message_id INTEGER NOT NULL DEFAULT 0, -- the copy in Sent, 0 where there is none (a DSN)
    content_id INTEGER REFERENCES contents (id), -- NULL once nothing is left to send
    draft_id INTEGER NOT NULL DEFAULT 0, -- the draft a recall brings back, 0 where there is none
    reverse_path TEXT NOT NULL, -- '' for a DSN
    ref_hash INTEGER NOT NULL DEFAULT 0, -- of its Message-ID, as in message_refs
    subject TEXT NOT NULL DEFAULT '',
    size INTEGER NOT NULL DEFAULT 0,
    utf8 INTEGER NOT NULL DEFAULT 0, -- needs SMTPUTF8
    created_at INTEGER NOT NULL,
    release_at INTEGER NOT NULL, -- not before
    scheduled INTEGER NOT NULL DEFAULT 0, -- its sender chose the time
    state TEXT NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'active', 'held', 'done', 'cancelled')),
    warned INTEGER NOT NULL DEFAULT 0, -- the sender was told of the delay
    noticed INTEGER NOT NULL DEFAULT 1 -- 0: something failed and its sender has not looked
);
CREATE INDEX queue_items_by_account ON queue_items (account_id, created_at);
CREATE INDEX queue_items_by_message ON queue_items (message_id) WHERE message_id <> 0;
CREATE INDEX queue_items_by_ref ON queue_items (ref_hash) WHERE ref_hash <> 0;
CREATE INDEX queue_items_open ON queue_items (state, id) WHERE state IN ('waiting', 'active', 'held');
CREATE INDEX queue_items_unnoticed ON queue_items (account_id) WHERE noticed = 0;

CREATE INDEX queue_items_by_content ON queue_items (content_id) WHERE content_id IS NOT NULL;
-- Removing a content asks whether a message still names it; without this that reads every message (38 ms at 200,000).
CREATE INDEX messages_by_content ON messages (content_id);

CREATE TABLE queue_recipients (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    item_id INTEGER NOT NULL REFERENCES queue_items (id) ON DELETE CASCADE,
    address TEXT NOT NULL, -- as it goes into RCPT
    state TEXT NOT NULL DEFAULT 'pending'
        CHECK (state IN ('pending', 'deferred', 'sent', 'delivered', 'failed', 'cancelled')),
    next_at INTEGER NOT NULL, -- next attempt
    attempts INTEGER NOT NULL DEFAULT 0,
    claimed INTEGER NOT NULL DEFAULT 0, -- an attempt is under way in this process
    in_doubt INTEGER NOT NULL DEFAULT 0, -- the final dot may have been sent and its answer was never stored
    doubled INTEGER NOT NULL DEFAULT 0, -- tried again after that: possibly sent twice
    code INTEGER NOT NULL DEFAULT 0,
    status TEXT NOT NULL DEFAULT '',
    reason TEXT NOT NULL DEFAULT '',
    relay TEXT NOT NULL DEFAULT '', -- name of the relay; 'local' for our own domains
    took_ms INTEGER NOT NULL DEFAULT 0,
    changed_at INTEGER NOT NULL
);
CREATE INDEX queue_recipients_by_item ON queue_recipients (item_id);
CREATE INDEX queue_recipients_due ON queue_recipients (next_at) WHERE state IN ('pending', 'deferred');

-- What a compose page holds. message_id is its row in Drafts; NULL while it is submitted and can be recalled.
CREATE TABLE drafts (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    account_id INTEGER NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    message_id INTEGER UNIQUE REFERENCES messages (id) ON DELETE CASCADE,
    key TEXT NOT NULL, -- made by the page: a save that is repeated makes no second draft
    revision INTEGER NOT NULL DEFAULT 1,
    fields TEXT NOT NULL, -- JSON of mail/draft.py
    updated_at INTEGER NOT NULL,
    UNIQUE (account_id, key)
);

-- Attachments of drafts; each counts in contents.copies, and the content goes with the last one.
CREATE TABLE draft_attachments (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    draft_id INTEGER NOT NULL REFERENCES drafts (id) ON DELETE CASCADE,
    content_id INTEGER NOT NULL,
    name TEXT NOT NULL,
    content_type TEXT NOT NULL,
    size INTEGER NOT NULL,
    cid TEXT NOT NULL DEFAULT '' -- Content-ID of an inline image
);
CREATE INDEX draft_attachments_by_draft ON draft_attachments (draft_id);
CREATE TRIGGER draft_attachments_gone AFTER DELETE ON draft_attachments BEGIN
    UPDATE contents SET copies = copies - 1 WHERE id = old.content_id;
    DELETE FROM content_chunks WHERE key >= old.content_id * 65536 AND key < (old.content_id + 1) * 65536
        AND NOT EXISTS (SELECT 1 FROM contents WHERE id = old.content_id AND copies > 0);
    DELETE FROM contents WHERE id = old.content_id AND copies <= 0;
END;

-- People an account wrote to, for completion.
CREATE TABLE correspondents (
    account_id INTEGER NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    address TEXT NOT NULL, -- folded
    name TEXT NOT NULL DEFAULT '',
    uses INTEGER NOT NULL DEFAULT 1,
    last_at INTEGER NOT NULL,
    PRIMARY KEY (account_id, address)
) WITHOUT ROWID;

CREATE TABLE signatures (
    account_id INTEGER NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    address TEXT NOT NULL, -- folded
    text TEXT NOT NULL,
    PRIMARY KEY (account_id, address)
) WITHOUT ROWID;
