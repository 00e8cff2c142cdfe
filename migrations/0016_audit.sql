-- What the administration changed. Text only, so that it stands when what it names is gone. The release before this one
-- runs on.

CREATE TABLE audit (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    at INTEGER NOT NULL,
    -- an address, "cli:" and the name of a user of the machine, or "mailapp" itself
    who TEXT NOT NULL,
    -- as "account.role"
    what TEXT NOT NULL,
    -- whom or what it was done to
    about TEXT NOT NULL,
    was TEXT NOT NULL,
    becomes TEXT NOT NULL
);
