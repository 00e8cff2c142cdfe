"""Senders whose mail an account wants adapted to the dark instead of shown in its own colours."""

import sqlite3


def set_(db: sqlite3.Connection, account_id: int, address: str, adapted: bool) -> None:
    """`address` is folded."""
    if adapted:
        db.execute(
            "INSERT INTO adapted_senders (account_id, address) VALUES (?, ?) ON CONFLICT DO NOTHING",
            (account_id, address),
        )
    else:
        db.execute("DELETE FROM adapted_senders WHERE account_id = ? AND address = ?", (account_id, address))


def has(db: sqlite3.Connection, account_id: int, address: str) -> bool:
    row = db.execute("SELECT 1 FROM adapted_senders WHERE account_id = ? AND address = ?", (account_id, address))
    return row.fetchone() is not None
