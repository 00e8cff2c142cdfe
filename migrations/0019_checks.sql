-- What the last checks found, so that pages need not wait for DNS and the nightly run tells only what changed.
-- `told` is the state the admin was told last, "" where nothing was.
CREATE TABLE check_results (
    name TEXT NOT NULL,
    about TEXT NOT NULL,
    part TEXT NOT NULL,
    state TEXT NOT NULL,
    reason TEXT NOT NULL,
    details TEXT NOT NULL,
    checked_at INTEGER NOT NULL,
    told TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (name, about, part)
) WITHOUT ROWID;

-- What the relay's own page asks the domain's DNS for, as the admin pasted it.
ALTER TABLE domains ADD COLUMN relay_records TEXT NOT NULL DEFAULT '';

-- Whether the catch-all makes an address of what it catches; how many addresses an account may make for itself.
ALTER TABLE domains ADD COLUMN catch_all_makes INTEGER NOT NULL DEFAULT 0;
ALTER TABLE accounts ADD COLUMN alias_limit INTEGER NOT NULL DEFAULT 0;
-- Who made an address, and how: '' by an admin, 'account' by its own hand, 'caught' by the catch-all.
ALTER TABLE addresses ADD COLUMN made_by INTEGER REFERENCES accounts (id) ON DELETE SET NULL;
ALTER TABLE addresses ADD COLUMN made_how TEXT NOT NULL DEFAULT '';
CREATE INDEX addresses_by_maker ON addresses (made_by) WHERE made_by IS NOT NULL;
