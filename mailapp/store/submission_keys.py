"""Keys a client names its submissions by, so that one repeated after a lost answer is the same (Idempotency-Key)."""

import sqlite3

KEPT_MS = 86_400_000
MOST = 5_000
"""Keys of one account within that time: more than an account may submit in a day."""


class KeyReused(Exception):
    """The key was used for another message."""


class TooManyKeys(Exception):
    """The account used MOST keys within a day."""


def take(
    db: sqlite3.Connection, account_id: int, key_hash: bytes, request_hash: bytes, draft_key: str, now_ms: int
) -> str:
    """The key of the draft a submission becomes: `draft_key` the first time, later what it was then.

    Raises KeyReused, TooManyKeys.
    """
    db.execute("DELETE FROM submission_keys WHERE created_at <= ?", (now_ms - KEPT_MS,))
    row = db.execute(
        "SELECT request_hash, draft_key FROM submission_keys WHERE account_id = ? AND key_hash = ?",
        (account_id, key_hash),
    ).fetchone()
    if row is not None:
        if row[0] != request_hash:
            raise KeyReused
        return str(row[1])
    held = db.execute("SELECT count(*) FROM submission_keys WHERE account_id = ?", (account_id,)).fetchone()[0]
    if held >= MOST:
        raise TooManyKeys
    db.execute(
        "INSERT INTO submission_keys (account_id, key_hash, request_hash, draft_key, created_at)"
        " VALUES (?, ?, ?, ?, ?)",
        (account_id, key_hash, request_hash, draft_key, now_ms),
    )
    return draft_key


def release(db: sqlite3.Connection, account_id: int, key_hash: bytes) -> None:
    """Forget a key whose submission was refused: it may be used for another one."""
    db.execute("DELETE FROM submission_keys WHERE account_id = ? AND key_hash = ?", (account_id, key_hash))
