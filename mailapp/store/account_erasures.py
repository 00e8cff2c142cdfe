"""Accounts that are being erased: what is left to do outlives a restart."""

import sqlite3

from mailapp.store import accounts, addresses, domains, sessions


def begin(db: sqlite3.Connection, account_id: int, now_ms: int) -> None:
    """Close an account for good: nobody logs in, and no address leads to it. Raises LastAdmin."""
    accounts.set_state(db, account_id, accounts.DISABLED)
    sessions.remove_all(db, account_id)
    addresses.remove_targets(db, account_id)
    domains.remove_catch_all(db, account_id)
    db.execute(
        "INSERT INTO account_erasures (account_id, began_at) VALUES (?, ?) ON CONFLICT (account_id) DO NOTHING",
        (account_id, now_ms),
    )


def first(db: sqlite3.Connection) -> int | None:
    """The account whose erasure began first."""
    row = db.execute("SELECT account_id FROM account_erasures ORDER BY began_at, account_id LIMIT 1").fetchone()
    return None if row is None else int(row[0])


def is_under_way(db: sqlite3.Connection, account_id: int) -> bool:
    return db.execute("SELECT 1 FROM account_erasures WHERE account_id = ?", (account_id,)).fetchone() is not None
