"""The journal every stream catches up from: one row per thing that happened to an account's mail."""

import sqlite3
from collections.abc import Iterable, Sequence

from mailapp.store import bulk
from mailapp.values import dataclass

DELIVERED = "delivered"
FLAGS = "flags"
MOVED = "moved"
REMOVED = "removed"
MAILBOXES = "mailboxes"
"""Folders or labels were made, renamed or deleted."""
MANY = "many"
"""More happened than is told one by one: lists have to be loaded anew."""
QUEUE = "queue"
"""How far a message of our own has come; message_id is its copy in Sent."""

THREADS = "threads"
"""A thread is not what it was: one came to it, or one of its messages was erased; message_id is one that is left."""

CODE = "code"
"""What a message offers to type was used, corrected, or is not one after all."""

DISPLAY = "display"
"""The account chose another way for its lists to be shown: open ones are loaded anew."""


@dataclass(frozen=True, slots=True)
class Change:
    seq: int
    account_id: int
    kind: str
    message_id: int
    """0 where the change is not about one message."""


def add(db: sqlite3.Connection, account_id: int, kind: str, message_id: int = 0) -> int:
    """Write a change inside the transaction it tells of; return its sequence number."""
    cursor = db.execute(
        "INSERT INTO changes (account_id, kind, message_id) VALUES (?, ?, ?)", (account_id, kind, message_id)
    )
    assert cursor.lastrowid is not None
    return cursor.lastrowid


def add_each(db: sqlite3.Connection, account_id: int, kind: str, message_ids: Iterable[int]) -> None:
    """Write the same change of several messages."""
    db.executemany(
        "INSERT INTO changes (account_id, kind, message_id) VALUES (?, ?, ?)",
        [(account_id, kind, each) for each in message_ids],
    )


def add_all(db: sqlite3.Connection, kind: str, told: Sequence[tuple[int, int]]) -> range:
    """`add` for several (account, message) at once; return their sequence numbers."""
    first = latest(db) + 1
    rows = [(seq, account_id, kind, message_id) for seq, (account_id, message_id) in enumerate(told, first)]
    bulk.insert(db, "changes", "seq, account_id, kind, message_id", rows)
    return range(first, first + len(rows))


def latest(db: sqlite3.Connection) -> int:
    """The highest sequence number ever given out, 0 before the first; pruned rows count."""
    return bulk.last_id(db, "changes")


def since(db: sqlite3.Connection, account_id: int, seq: int, limit: int) -> list[Change] | None:
    """The account's changes above `seq`, oldest first.

    None where they cannot be told: `seq` is negative, in the future, below what was pruned, or more than `limit`
    changes lie above it. The reader then loads everything anew.
    """
    if seq < 0 or seq > latest(db):
        return None
    oldest = db.execute("SELECT seq FROM changes ORDER BY seq LIMIT 1").fetchone()
    if seq + 1 < (oldest[0] if oldest else latest(db) + 1):
        return None
    rows = db.execute(
        "SELECT seq, account_id, kind, message_id FROM changes WHERE account_id = ? AND seq > ? ORDER BY seq LIMIT ?",
        (account_id, seq, limit + 1),
    ).fetchall()
    return None if len(rows) > limit else [Change(*row) for row in rows]


def accounts_since(db: sqlite3.Connection, seq: int) -> list[tuple[int, int]]:
    """(account, its highest seq) for every account with changes above `seq`."""
    return db.execute(
        "SELECT account_id, max(seq) FROM changes WHERE seq > ? GROUP BY account_id ORDER BY account_id", (seq,)
    ).fetchall()


def prune(db: sqlite3.Connection, keep: int) -> None:
    """Keep the newest `keep` changes of all accounts together."""
    db.execute("DELETE FROM changes WHERE seq <= ?", (latest(db) - keep,))
