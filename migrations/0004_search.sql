-- Searching: what it walks through, and searches an account keeps. The release before this one runs on.

-- is:unread among a million read ones
CREATE INDEX messages_unread ON messages (account_id, id) WHERE seen = 0;
-- mail the release before indexed: its people are not tagged by field (mail/words.py)
CREATE INDEX contents_old_words ON contents (id) WHERE words_version = 1;

CREATE TABLE saved_searches (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    account_id INTEGER NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    query TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    UNIQUE (account_id, name)
);
