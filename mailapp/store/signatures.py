"""Signatures: one text for each address of an account."""

import sqlite3


def get(db: sqlite3.Connection, account_id: int, address: str) -> str:
    """The signature under mail from this folded address, "" where there is none."""
    row = db.execute(
        "SELECT text FROM signatures WHERE account_id = ? AND address = ?", (account_id, address)
    ).fetchone()
    return "" if row is None else str(row[0])


def set_(db: sqlite3.Connection, account_id: int, address: str, text: str) -> None:
    """Write the signature of a folded address; blank text removes it."""
    if not text.strip():
        db.execute("DELETE FROM signatures WHERE account_id = ? AND address = ?", (account_id, address))
        return
    db.execute(
        "INSERT INTO signatures (account_id, address, text) VALUES (?, ?, ?)"
        " ON CONFLICT (account_id, address) DO UPDATE SET text = excluded.text",
        (account_id, address, text),
    )


def all_(db: sqlite3.Connection, account_id: int) -> dict[str, str]:
    """Signatures by folded address."""
    return dict(db.execute("SELECT address, text FROM signatures WHERE account_id = ?", (account_id,)).fetchall())
