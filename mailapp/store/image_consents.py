"""Senders whose remote images an account wants shown without asking."""

import sqlite3


def add(db: sqlite3.Connection, account_id: int, address: str) -> None:
    """`address` is folded."""
    db.execute(
        "INSERT INTO image_consents (account_id, address) VALUES (?, ?) ON CONFLICT DO NOTHING", (account_id, address)
    )


def has(db: sqlite3.Connection, account_id: int, address: str) -> bool:
    """Whether images of mail from this address are shown unasked: it was said of the address, or of everybody."""
    row = db.execute(
        "SELECT 1 FROM image_consents WHERE account_id = ? AND address = ?"
        " UNION ALL SELECT 1 FROM accounts WHERE id = ? AND remote_images = 'show' LIMIT 1",
        (account_id, address, account_id),
    )
    return row.fetchone() is not None


def remove(db: sqlite3.Connection, account_id: int, address: str) -> None:
    db.execute("DELETE FROM image_consents WHERE account_id = ? AND address = ?", (account_id, address))
