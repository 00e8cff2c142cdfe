"""Lists an account has left."""

import sqlite3


def add(db: sqlite3.Connection, account_id: int, list_key: str, way: str, now_ms: int) -> None:
    """`way`: click or mail. Leaving once more counts from now. LookupError where the account is gone."""
    try:
        db.execute(
            "INSERT INTO unsubscriptions (account_id, list, way, done_at) VALUES (?, ?, ?, ?)"
            " ON CONFLICT (account_id, list) DO UPDATE SET way = excluded.way, done_at = excluded.done_at",
            (account_id, list_key, way, now_ms),
        )
    except sqlite3.IntegrityError as error:
        raise LookupError(account_id) from error


def left(db: sqlite3.Connection, account_id: int, list_key: str) -> tuple[str, int] | None:
    """How and when (ms since 1970 UTC) the account left the list; None where it has not."""
    row = db.execute(
        "SELECT way, done_at FROM unsubscriptions WHERE account_id = ? AND list = ?", (account_id, list_key)
    )
    found: tuple[str, int] | None = row.fetchone()
    return found
