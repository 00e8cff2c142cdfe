-- Quota and retention. The release before this one runs on: it fills an account beyond its quota and deletes nothing
-- by rule.

-- Bytes; 0 is no limit.
ALTER TABLE accounts ADD COLUMN quota INTEGER NOT NULL DEFAULT 0;
-- 1: the account was told that it is nearly full, and has not been below that since
ALTER TABLE accounts ADD COLUMN quota_warned INTEGER NOT NULL DEFAULT 0;
CREATE INDEX accounts_limited ON accounts (id) WHERE quota > 0;

-- What is kept of a folder: of one folder (mailbox_id), or of every account's folder of a role (mailbox_id NULL), each
-- folder by itself. What lies beyond the count or the age goes for good; starred mail stays. 0 is no limit.
CREATE TABLE retention_rules (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    mailbox_id INTEGER REFERENCES mailboxes (id) ON DELETE CASCADE,
    role TEXT CHECK (role IN ('inbox', 'sent', 'archive')),
    by_admin INTEGER NOT NULL,
    keep_count INTEGER NOT NULL DEFAULT 0,
    keep_days INTEGER NOT NULL DEFAULT 0,
    CHECK ((mailbox_id IS NULL) = (role IS NOT NULL)),
    CHECK (mailbox_id IS NOT NULL OR by_admin = 1),
    CHECK (keep_count > 0 OR keep_days > 0)
);
CREATE UNIQUE INDEX retention_rules_of_folder ON retention_rules (mailbox_id, by_admin) WHERE mailbox_id IS NOT NULL;
CREATE UNIQUE INDEX retention_rules_of_role ON retention_rules (role) WHERE role IS NOT NULL;
