-- Senders whose mail an account wants adapted to the dark instead of shown in its own colours.
CREATE TABLE adapted_senders (
    account_id INTEGER NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    address TEXT NOT NULL,
    PRIMARY KEY (account_id, address)
) WITHOUT ROWID;
