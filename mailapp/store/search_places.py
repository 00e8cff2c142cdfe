"""What a search box completes and a query names: labels, and people mail came from."""

import sqlite3

LOOKED_AT = 1_000
"""Messages whose senders a completion looks through, the newest."""


def labels(db: sqlite3.Connection, account_id: int) -> list[tuple[int, str]]:
    """(id, name), by name."""
    return db.execute("SELECT id, name FROM labels WHERE account_id = ? ORDER BY name", (account_id,)).fetchall()


def senders(db: sqlite3.Connection, account_id: int) -> list[tuple[str, str]]:
    """(name, address) mail came from lately, the most frequent first."""
    return db.execute(
        "SELECT from_name, from_address FROM (SELECT from_name, from_address, id FROM messages WHERE account_id = ?"
        " AND draft = 0 ORDER BY id DESC LIMIT ?) WHERE from_address <> '' GROUP BY from_address"
        " ORDER BY count(*) DESC, max(id) DESC",
        (account_id, LOOKED_AT),
    ).fetchall()


def recipients(db: sqlite3.Connection, account_id: int) -> list[str]:
    """Addresses of the account's own mail came to lately, the most frequent first."""
    rows = db.execute(
        "SELECT delivered_to FROM (SELECT delivered_to FROM messages WHERE account_id = ? ORDER BY id DESC LIMIT ?)"
        " WHERE delivered_to <> '' GROUP BY delivered_to ORDER BY count(*) DESC",
        (account_id, LOOKED_AT),
    )
    return [row[0] for row in rows]
