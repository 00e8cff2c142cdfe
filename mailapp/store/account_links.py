"""Links with which somebody chooses an account's password: random token, hashed at rest, one for an account."""

import sqlite3


def put(db: sqlite3.Connection, account_id: int, token_hash: bytes, now_ms: int, expires_at: int) -> None:
    """Make the account's link; one before no longer works. Times are ms since 1970 UTC."""
    db.execute(
        "INSERT OR REPLACE INTO account_links (account_id, token_hash, created_at, expires_at) VALUES (?, ?, ?, ?)",
        (account_id, token_hash, now_ms, expires_at),
    )


def account_of(db: sqlite3.Connection, token_hash: bytes, now_ms: int) -> int | None:
    """The account a link is for; None where it is used, replaced, or has ended."""
    row = db.execute(
        "SELECT account_id FROM account_links WHERE token_hash = ? AND expires_at > ?", (token_hash, now_ms)
    ).fetchone()
    return None if row is None else int(row[0])


def remove(db: sqlite3.Connection, account_id: int) -> None:
    db.execute("DELETE FROM account_links WHERE account_id = ?", (account_id,))
