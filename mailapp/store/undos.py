"""What an act replaced, for as long as it can be undone: the act, and its messages in batches of bounded size.

An act on a whole folder is many transactions; each appends what it changed, and undoing it takes one batch at a time.
"""

import json
import sqlite3
import struct
from collections.abc import Sequence
from dataclasses import asdict, field

from mailapp.values import dataclass

UNDO_MS = 60_000
"""How long an undo is kept: the toast shows 10 s, a slow network gets the rest."""
KEPT = 200
"""Undos kept of one account."""


@dataclass(frozen=True, slots=True)
class Lost:
    """A folder or label that was deleted, as it has to be made again."""

    id: int
    name: str
    parent_id: int | None = None


@dataclass(frozen=True, slots=True)
class Undo:
    """An act that can be taken back."""

    kind: str
    """move, seen, flagged or label, as store/acts.py names them."""
    target: int = 0
    """The label put on or taken off."""
    on: bool = True
    """What was set: read, starred, labelled."""
    mailboxes: tuple[Lost, ...] = field(default=())
    """Folders the act deleted, parents first."""
    labels: tuple[Lost, ...] = field(default=())


def add(db: sqlite3.Connection, account_id: int, undo: Undo, now_ms: int) -> int:
    """Begin an undo; return its id. Forgets the account's old ones."""
    db.execute("DELETE FROM undos WHERE created_at < ?", (now_ms - UNDO_MS,))
    db.execute(
        "DELETE FROM undos WHERE id IN (SELECT id FROM undos WHERE account_id = ? ORDER BY id DESC LIMIT -1 OFFSET ?)",
        (account_id, KEPT - 1),
    )
    row = db.execute(
        "INSERT INTO undos (account_id, created_at, data) VALUES (?, ?, ?) RETURNING id",
        (account_id, now_ms, json.dumps(asdict(undo))),
    ).fetchone()
    return int(row[0])


def append(db: sqlite3.Connection, undo_id: int, mailbox_id: int, ids: Sequence[int], now_ms: int) -> None:
    """Add messages to an undo; `mailbox_id` is where they lay. Its time runs from the last of them."""
    db.execute(
        "INSERT INTO undo_batches (undo_id, number, mailbox_id, message_ids)"
        " SELECT ?, ifnull(max(number), 0) + 1, ?, ? FROM undo_batches WHERE undo_id = ?",
        (undo_id, mailbox_id, struct.pack(f">{len(ids)}q", *ids), undo_id),
    )
    db.execute("UPDATE undos SET created_at = ? WHERE id = ?", (now_ms, undo_id))


def touch(db: sqlite3.Connection, undo_id: int, now_ms: int) -> None:
    """Let an undo's time run from now on."""
    db.execute("UPDATE undos SET created_at = ? WHERE id = ?", (now_ms, undo_id))


def get(db: sqlite3.Connection, account_id: int, undo_id: int, now_ms: int) -> Undo | None:
    """An undo of the account, None where it is too late or was done already."""
    row = db.execute(
        "SELECT data FROM undos WHERE id = ? AND account_id = ? AND created_at >= ?",
        (undo_id, account_id, now_ms - UNDO_MS),
    ).fetchone()
    found = json.loads(row[0]) if row else None
    if not isinstance(found, dict):  # an earlier release wrote a list
        return None
    mailboxes = tuple(Lost(**each) for each in found.pop("mailboxes"))
    labels = tuple(Lost(**each) for each in found.pop("labels"))
    return Undo(**found, mailboxes=mailboxes, labels=labels)


def size(db: sqlite3.Connection, account_id: int, undo_id: int, now_ms: int) -> int | None:
    """How many messages an undo holds, None where it is too late or was done already."""
    row = db.execute(
        "SELECT ifnull((SELECT sum(length(message_ids) / 8) FROM undo_batches WHERE undo_id = id), 0) FROM undos"
        " WHERE id = ? AND account_id = ? AND created_at >= ?",
        (undo_id, account_id, now_ms - UNDO_MS),
    ).fetchone()
    return None if row is None else int(row[0])


def take(db: sqlite3.Connection, undo_id: int) -> tuple[int, list[int]] | None:
    """Take the newest batch out of an undo: (mailbox id, message ids); None, and the undo gone, after the last."""
    row = db.execute(
        "DELETE FROM undo_batches WHERE (undo_id, number) ="
        " (SELECT undo_id, number FROM undo_batches WHERE undo_id = ? ORDER BY number DESC LIMIT 1)"
        " RETURNING mailbox_id, message_ids",
        (undo_id,),
    ).fetchone()
    if row is None:
        db.execute("DELETE FROM undos WHERE id = ?", (undo_id,))
        return None
    return int(row[0]), list(struct.unpack(f">{len(row[1]) // 8}q", row[1]))
