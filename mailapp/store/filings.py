"""Changing where messages lie and how they are flagged; counters and changes in the same transaction.

Every function takes the account and leaves messages of others alone.
"""

import json
import sqlite3
from collections.abc import Iterable, Sequence

from mailapp.store import arrivals, changes, contents, mailboxes, messages, search_index

UNDO_MS = 60_000
"""How long an undo is kept: the toast shows 10 s, a slow network gets the rest."""


def _held(db: sqlite3.Connection, account_id: int, ids: Sequence[int]) -> list[tuple[int, int, int, int]]:
    """(id, mailbox, seen, flagged) of the account's messages among `ids`."""
    marks = ", ".join("?" * len(ids))
    return db.execute(
        f"SELECT id, mailbox_id, seen, flagged FROM messages WHERE id IN ({marks}) AND account_id = ?",
        (*ids, account_id),
    ).fetchall()


def set_seen(db: sqlite3.Connection, account_id: int, ids: Sequence[int], seen: bool) -> list[int]:
    """Mark messages read or unread; return the ids that changed."""
    changed = []
    for message_id, mailbox_id, was_seen, _ in _held(db, account_id, ids):
        if bool(was_seen) != seen:
            db.execute("UPDATE messages SET seen = ? WHERE id = ?", (seen, message_id))
            mailboxes.add_counts(db, mailbox_id, 0, -1 if seen else 1)
            changes.add(db, account_id, changes.FLAGS, message_id)
            changed.append(message_id)
    return changed


def set_flagged(db: sqlite3.Connection, account_id: int, ids: Sequence[int], flagged: bool) -> list[int]:
    """Give or take the star; return the ids that changed."""
    changed = []
    for message_id, _, _, was_flagged in _held(db, account_id, ids):
        if bool(was_flagged) != flagged:
            db.execute("UPDATE messages SET flagged = ? WHERE id = ?", (flagged, message_id))
            changes.add(db, account_id, changes.FLAGS, message_id)
            changed.append(message_id)
    return changed


def set_answered(db: sqlite3.Connection, account_id: int, message_id: int) -> int:
    """Mark a message as replied to; return the change's sequence number, 0 where nothing changed."""
    row = db.execute(
        "SELECT answered FROM messages WHERE id = ? AND account_id = ?", (message_id, account_id)
    ).fetchone()
    if row is None or row[0]:
        return 0
    db.execute("UPDATE messages SET answered = 1 WHERE id = ?", (message_id,))
    return changes.add(db, account_id, changes.FLAGS, message_id)


def move(
    db: sqlite3.Connection, account_id: int, ids: Sequence[int], mailbox_id: int, now_ms: int
) -> tuple[list[int], int | None]:
    """Move messages; return (ids that moved, id of the undo). Raises LookupError for a foreign mailbox."""
    _own_mailbox(db, account_id, mailbox_id)
    before = [one for one in _held(db, account_id, ids) if one[1] != mailbox_id]
    for message_id, old, seen, _ in before:
        _relocate(db, account_id, message_id, old, mailbox_id, seen)
    if not before:
        return [], None
    return [one[0] for one in before], _add_undo(db, account_id, [(one[0], one[1]) for one in before], now_ms)


def _relocate(db: sqlite3.Connection, account_id: int, message_id: int, old: int, new: int, seen: int) -> None:
    db.execute("UPDATE messages SET mailbox_id = ? WHERE id = ?", (new, message_id))
    unread = 0 if seen else 1
    mailboxes.add_counts(db, old, -1, -unread)
    mailboxes.add_counts(db, new, 1, unread)
    changes.add(db, account_id, changes.MOVED, message_id)


def _own_mailbox(db: sqlite3.Connection, account_id: int, mailbox_id: int) -> None:
    row = db.execute("SELECT 1 FROM mailboxes WHERE id = ? AND account_id = ?", (mailbox_id, account_id)).fetchone()
    if row is None:
        raise LookupError(mailbox_id)


def _add_undo(db: sqlite3.Connection, account_id: int, places: Iterable[tuple[int, int]], now_ms: int) -> int:
    db.execute("DELETE FROM undos WHERE created_at < ?", (now_ms - UNDO_MS,))
    row = db.execute(
        "INSERT INTO undos (account_id, created_at, data) VALUES (?, ?, ?) RETURNING id",
        (account_id, now_ms, json.dumps(list(places))),
    ).fetchone()
    return int(row[0])


def undo(db: sqlite3.Connection, account_id: int, undo_id: int, now_ms: int) -> list[int]:
    """Put messages back where they were; return their ids, [] where it is too late or was done already."""
    row = db.execute(
        "DELETE FROM undos WHERE id = ? AND account_id = ? AND created_at >= ? RETURNING data",
        (undo_id, account_id, now_ms - UNDO_MS),
    ).fetchone()
    if row is None:
        return []
    back = []
    places = dict(json.loads(row[0]))
    for message_id, mailbox_id, seen, _ in _held(db, account_id, list(places)):
        target = places[message_id]
        try:
            _own_mailbox(db, account_id, target)
        except LookupError:
            target = mailboxes.by_role(db, account_id, "inbox")
        if target != mailbox_id:
            _relocate(db, account_id, message_id, mailbox_id, target, seen)
            back.append(message_id)
    return back


def delete(db: sqlite3.Connection, account_id: int, ids: Sequence[int], now_ms: int) -> tuple[list[int], int | None]:
    """Move messages to the trash; those there already go for good. Return (ids, undo id or None)."""
    trash = mailboxes.by_role(db, account_id, "trash")
    held = _held(db, account_id, ids)
    gone = [one[0] for one in held if one[1] == trash]
    for message_id in gone:
        erase(db, account_id, message_id)
        changes.add(db, account_id, changes.REMOVED, message_id)
    moved, undo_id = move(db, account_id, [one[0] for one in held if one[1] != trash], trash, now_ms)
    return gone + moved, undo_id


def erase(db: sqlite3.Connection, account_id: int, message_id: int) -> None:
    """Remove a message for good, with its search row, and its content where it was the last copy."""
    row = db.execute(
        "SELECT mailbox_id, content_id, size, seen, delivered_to, also_delivered_to, refs, attachment_count"
        " FROM messages WHERE id = ? AND account_id = ?",
        (message_id, account_id),
    ).fetchone()
    if row is None:
        return
    mailbox_id, content_id, size, seen, delivered_to, also, refs, files = row
    addressees = tuple(address for address in (delivered_to, *messages.also_of(also)) if address)
    words = contents.words(db, content_id)
    held_by = search_index.account_words(account_id, words.version, addressees, size, files)
    search_index.remove(db, message_id, held_by, words)
    db.executemany(
        "DELETE FROM message_addressees WHERE address = ? AND message_id = ?",
        [(address, message_id) for address in addressees],
    )
    db.executemany(
        "DELETE FROM message_refs WHERE account_id = ? AND hash = ? AND message_id = ?",
        [(account_id, value, message_id) for value in arrivals.unpack_refs(refs)],
    )
    db.execute("DELETE FROM messages WHERE id = ?", (message_id,))
    mailboxes.add_counts(db, mailbox_id, -1, 0 if seen else -1)
    db.execute("UPDATE accounts SET bytes_used = bytes_used - ? WHERE id = ?", (size, account_id))
    contents.release(db, content_id)


def erase_some(db: sqlite3.Connection, account_id: int, limit: int) -> int:
    """Erase up to `limit` of an account's messages, oldest first; return how many: for removing an account."""
    ids = db.execute("SELECT id FROM messages WHERE account_id = ? ORDER BY id LIMIT ?", (account_id, limit)).fetchall()
    for (message_id,) in ids:
        erase(db, account_id, message_id)
    return len(ids)
