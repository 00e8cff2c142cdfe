-- What happened at the SMTP entrance, for as long as it may be asked about: a row for each mail transaction, and one
-- for each connection that came to none. Written behind deliveries, many at a time; bounded by outcome, in rows and in
-- bytes (store/receiving_log.py). Repeats of the same thing raise `times` of one row.
-- id = its end in ms * 4096 + a counter. recipients: lines of address, tab, reply ('' where accepted), tab, accounts.
CREATE TABLE smtp_transactions (
    id INTEGER PRIMARY KEY,
    began_at INTEGER NOT NULL,
    last_at INTEGER NOT NULL,
    times INTEGER NOT NULL DEFAULT 1,
    outcome TEXT NOT NULL,
    peer TEXT NOT NULL,
    helo TEXT NOT NULL,
    tls TEXT NOT NULL,
    reverse_path TEXT,
    recipients TEXT NOT NULL,
    recipient_count INTEGER NOT NULL,
    accounts TEXT NOT NULL,
    reply TEXT NOT NULL,
    reference TEXT NOT NULL,
    size INTEGER NOT NULL,
    steps TEXT NOT NULL,
    bytes INTEGER NOT NULL
);
CREATE INDEX smtp_transactions_by_outcome ON smtp_transactions (outcome, id);

-- Which of them concern an account.
CREATE TABLE smtp_transaction_accounts (
    account_id INTEGER NOT NULL,
    transaction_id INTEGER NOT NULL,
    PRIMARY KEY (account_id, transaction_id)
) WITHOUT ROWID;

-- How much the log holds, kept in the transaction that changes it.
CREATE TABLE smtp_transaction_sizes (
    outcome TEXT PRIMARY KEY,
    held INTEGER NOT NULL,
    bytes INTEGER NOT NULL
) WITHOUT ROWID;

-- Addresses in our domains that nobody made and that were asked for all the same.
CREATE TABLE refused_addresses (
    address TEXT PRIMARY KEY,
    times INTEGER NOT NULL,
    first_at INTEGER NOT NULL,
    last_at INTEGER NOT NULL,
    reverse_path TEXT NOT NULL,
    peer TEXT NOT NULL
) WITHOUT ROWID;

-- What came and went by the hour (hours since 1970 UTC), and gauges read once an hour.
CREATE TABLE traffic (
    hour INTEGER NOT NULL,
    kind TEXT NOT NULL,
    number INTEGER NOT NULL,
    PRIMARY KEY (hour, kind)
) WITHOUT ROWID;

-- Who sent most, by the day (days since 1970 UTC) and the site in From; counted together with address_senders.
CREATE TABLE traffic_senders (
    day INTEGER NOT NULL,
    site TEXT NOT NULL,
    messages INTEGER NOT NULL,
    PRIMARY KEY (day, site)
) WITHOUT ROWID;
