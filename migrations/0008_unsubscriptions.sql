-- Lists an account has left, and how: what a later message of the list says about it.
CREATE TABLE unsubscriptions (
    account_id INTEGER NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    list TEXT NOT NULL,
    way TEXT NOT NULL CHECK (way IN ('click', 'mail')),
    done_at INTEGER NOT NULL,
    PRIMARY KEY (account_id, list)
) WITHOUT ROWID;
