"""Messages as lists and pages read them."""

import sqlite3
from collections.abc import Sequence

from mailapp.store import mailboxes, search
from mailapp.store.search import Search
from mailapp.values import dataclass


@dataclass(slots=True)
class MessageRow:
    """What a list shows of a message. Not frozen: a page makes fifty, and frozen ones cost twice as much."""

    id: int
    mailbox_id: int
    thread_id: int
    size: int
    date_ms: int | None
    """The Date field, ms since 1970 UTC."""
    from_name: str
    from_address: str
    subject: str
    preview: str
    delivered_to: str
    """The envelope recipient this copy came for, folded, tag included."""
    attachment_count: int
    seen: bool
    flagged: bool
    answered: bool
    draft: bool
    reverse_path: str
    to_names: str = ""
    """Of a message of our own: the first it goes to, one a line; "" for others."""
    to_count: int = 0
    """How many it goes to in all."""
    thread_place: int = 0
    """0 alone in its thread, 1 the newest of it in its mailbox, 2 a newer one of it lies in the same mailbox."""

    @property
    def received_ms(self) -> int:
        """Arrival, ms since 1970 UTC: an id is that times 4096 plus a counter."""
        return self.id >> 12


@dataclass(frozen=True, slots=True)
class StoredMessage:
    """One message with what its own page needs."""

    row: MessageRow
    content_id: int
    addressees: tuple[str, ...]
    """Every envelope recipient that led to this copy; () for a message of our own."""
    trace: bytes
    """Return-Path and Received fields of this copy, CRLF at the end of each line."""


@dataclass(frozen=True, slots=True)
class View:
    """Which messages a list shows: of a mailbox; else, without trash and junk, starred ones, a label's, or all."""

    account_id: int
    mailbox_id: int | None = None
    flagged: bool = False
    search: Search | None = None
    """Only what it finds; it knows itself where it searches."""
    label_id: int | None = None
    threaded: bool = False
    """Only the newest message of every conversation in the view; for one mailbox and for all mail."""


_COLUMNS = (
    "id, mailbox_id, thread_id, size, date_ms, from_name, from_address, subject, preview, delivered_to,"
    " attachment_count, seen, flagged, answered, draft, reverse_path, to_names, to_count, thread_place"
)
_NEWEST = " AND thread_place < 2"
_NO_NEWER_ELSEWHERE = (
    " AND (thread_place = 0 OR NOT EXISTS (SELECT 1 FROM messages AS newer WHERE newer.thread_id = messages.thread_id"
    " AND newer.thread_place > 0 AND newer.id > messages.id AND newer.mailbox_id IN (SELECT id FROM mailboxes"
    " WHERE mailboxes.account_id = messages.account_id AND coalesce(role, '') NOT IN ('trash', 'junk'))))"
)
"""Of a row that is the newest of its thread in its mailbox: whether it is in all mail too."""


def page(db: sqlite3.Connection, view: View, before: int | None, limit: int) -> list[MessageRow]:
    """The newest `limit` messages of a view below the id `before` (keyset paging), newest first."""
    if view.search is not None:
        return rows(db, view.account_id, search.page(db, view.search, before, limit).ids)
    top = before if before is not None else 1 << 62
    if view.mailbox_id is None:
        return rows(db, view.account_id, ids(db, view, top, limit))
    # account_id guards a foreign mailbox id; the unary + keeps SQLite on the (mailbox, id) index
    found = db.execute(
        f"SELECT {_COLUMNS} FROM messages WHERE mailbox_id = ? AND +account_id = ?{_NEWEST if view.threaded else ''}"
        " AND id < ? ORDER BY id DESC LIMIT ?",
        (view.mailbox_id, view.account_id, top, limit),
    )
    return [MessageRow(*row) for row in found.fetchall()]


def ids(db: sqlite3.Connection, view: View, beyond: int, limit: int, *, newer: bool = False) -> list[int]:
    """Ids of a view below one, newest first; or, `newer`, above one, oldest first. Never steps over what is hidden.

    Of a search only those below, and as many as are found in time: `batch` goes on from there.
    """
    if view.search is not None:
        return search.page(db, view.search, beyond, limit).ids
    order = "> ? {0} < ? ORDER BY {1} LIMIT ?" if newer else "< ? {0} > ? ORDER BY {1} DESC LIMIT ?"
    far = 1 << 62 if newer else 0
    if view.label_id is not None:
        found = db.execute(
            "SELECT message_id FROM message_labels INDEXED BY message_labels_shown"
            " WHERE label_id = (SELECT id FROM labels WHERE id = ? AND account_id = ?)"
            f" AND hidden = 0 AND message_id {order.format('AND message_id', 'message_id')}",
            (view.label_id, view.account_id, beyond, far, limit),
        )
        return [row[0] for row in found.fetchall()]
    index = "messages_starred" if view.flagged else "messages_by_mailbox"
    statement = (
        f"SELECT id FROM messages INDEXED BY {index} WHERE mailbox_id = ?"
        f" {'AND flagged = 1 ' if view.flagged else ''}{_threaded(view)} AND id {order.format('AND id', 'id')}"
    )
    held = mailboxes.shown(db, view.account_id)
    if view.mailbox_id is not None:
        held = [view.mailbox_id] if _owns(db, view) else []
    merged: list[int] = []
    for mailbox_id in held:
        found = db.execute(statement, (mailbox_id, beyond, far, limit))
        merged = sorted((*merged, *(row[0] for row in found)), reverse=not newer)[:limit]
        if len(merged) == limit > 0:
            far = merged[-1]  # nothing beyond it is asked of the next mailbox
    return merged


def _threaded(view: View) -> str:
    """The condition that leaves one message of each conversation."""
    if not view.threaded:
        return ""
    return _NEWEST if view.mailbox_id is not None else _NEWEST + _NO_NEWER_ELSEWHERE


def batch(db: sqlite3.Connection, view: View, below: int, limit: int) -> tuple[list[int], int]:
    """Some ids of a view below one, newest first, and where to go on below; 0 at the end."""
    if view.search is not None:
        found = search.page(db, view.search, below, limit)
        return found.ids, found.resume
    held = ids(db, view, below, limit)
    return held, held[-1] if held else 0


def _owns(db: sqlite3.Connection, view: View) -> bool:
    found = db.execute("SELECT 1 FROM mailboxes WHERE id = ? AND account_id = ?", (view.mailbox_id, view.account_id))
    return found.fetchone() is not None


def row(db: sqlite3.Connection, account_id: int, message_id: int) -> MessageRow | None:
    """One row, None where the account has no such message."""
    found = rows(db, account_id, [message_id])
    return found[0] if found else None


def rows(db: sqlite3.Connection, account_id: int, ids: Sequence[int]) -> list[MessageRow]:
    """The account's messages among `ids`, newest first."""
    marks = ", ".join("?" * len(ids))
    found = db.execute(
        f"SELECT {_COLUMNS} FROM messages WHERE id IN ({marks}) AND account_id = ? ORDER BY id DESC", (*ids, account_id)
    )
    return [MessageRow(*one) for one in found.fetchall()]


def neighbours(db: sqlite3.Connection, view: View, message_id: int) -> tuple[int | None, int | None]:
    """(newer, older) message ids beside one in a view, None at an end."""
    if view.search is not None:
        return search.neighbours(db, view.search, message_id)
    newer, older = ids(db, view, message_id, 1, newer=True), ids(db, view, message_id, 1)
    return (newer[0] if newer else None), (older[0] if older else None)


def get(db: sqlite3.Connection, account_id: int, message_id: int) -> StoredMessage | None:
    """One message of the account, None where it has no such message."""
    found = db.execute(
        f"SELECT {_COLUMNS}, content_id, also_delivered_to, trace FROM messages WHERE id = ? AND account_id = ?",
        (message_id, account_id),
    ).fetchone()
    if found is None:
        return None
    *columns, content_id, also, trace = found
    row = MessageRow(*columns)
    addressees = (row.delivered_to, *also_of(also)) if row.delivered_to else ()
    return StoredMessage(row, content_id, addressees, trace)


def addressees(delivered_to: str, also_delivered_to: str) -> tuple[str, ...]:
    """Every envelope recipient a message came for."""
    return tuple(address for address in (delivered_to, *also_of(also_delivered_to)) if address)


def also_of(also_delivered_to: str) -> tuple[str, ...]:
    """Further recipients, one a line. Not splitlines(): an address may hold U+2028, and no address a line feed."""
    return tuple(also_delivered_to.split("\n")) if also_delivered_to else ()
