"""Messages as lists and pages read them."""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

from mailapp.store import mailboxes, search
from mailapp.store.search import Search


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
    """Which messages a list shows. No mailbox and not flagged: all mail but trash and junk."""

    account_id: int
    mailbox_id: int | None = None
    flagged: bool = False
    search: Search | None = None
    """Only what it finds; it knows itself where it searches."""


_COLUMNS = (
    "id, mailbox_id, thread_id, size, date_ms, from_name, from_address, subject, preview, delivered_to,"
    " attachment_count, seen, flagged, answered, draft, reverse_path, to_names, to_count"
)


def _hidden(db: sqlite3.Connection, account_id: int) -> tuple[int, int]:
    """Mailboxes that views across mailboxes leave out: trash and junk."""
    return mailboxes.by_role(db, account_id, "trash"), mailboxes.by_role(db, account_id, "junk")


def page(db: sqlite3.Connection, view: View, before: int | None, limit: int) -> list[MessageRow]:
    """The newest `limit` messages of a view below the id `before` (keyset paging), newest first."""
    if view.search is not None:
        return rows(db, view.account_id, search.page(db, view.search, before, limit).ids)
    top = before if before is not None else 1 << 62
    parameters: tuple[int, ...]
    if view.mailbox_id is not None:
        # account_id guards a foreign mailbox id; the unary + keeps SQLite on the (mailbox, id) index
        where = "mailbox_id = ? AND +account_id = ?"
        parameters = (view.mailbox_id, view.account_id)
    else:
        where = "account_id = ? AND +mailbox_id NOT IN (?, ?)" + (" AND flagged = 1" if view.flagged else "")
        parameters = (view.account_id, *_hidden(db, view.account_id))
    found = db.execute(
        f"SELECT {_COLUMNS} FROM messages WHERE {where} AND id < ? ORDER BY id DESC LIMIT ?", (*parameters, top, limit)
    )
    return [MessageRow(*row) for row in found.fetchall()]


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


def in_view(db: sqlite3.Connection, row: MessageRow, view: View) -> bool:
    """Whether a list of this view shows the message."""
    if view.search is not None:
        return row.id in search.matching(db, view.search, [row.id])
    if view.mailbox_id is not None:
        return row.mailbox_id == view.mailbox_id
    if view.flagged and not row.flagged:
        return False
    return row.mailbox_id not in _hidden(db, view.account_id)


def neighbours(db: sqlite3.Connection, view: View, message_id: int) -> tuple[int | None, int | None]:
    """(newer, older) message ids beside one in a view, None at an end."""
    if view.search is not None:
        return search.neighbours(db, view.search, message_id)
    older = page(db, view, message_id, 1)
    if view.mailbox_id is not None:
        where, parameters = "mailbox_id = ? AND +account_id = ?", (view.mailbox_id, view.account_id)
    else:
        where = "account_id = ? AND +mailbox_id NOT IN (?, ?)" + (" AND flagged = 1" if view.flagged else "")
        parameters = (view.account_id, *_hidden(db, view.account_id))  # type: ignore[assignment]
    newer = db.execute(
        f"SELECT id FROM messages WHERE {where} AND id > ? ORDER BY id LIMIT 1", (*parameters, message_id)
    ).fetchone()
    return (None if newer is None else newer[0]), (older[0].id if older else None)


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


def also_of(also_delivered_to: str) -> tuple[str, ...]:
    """Further recipients, one a line. Not splitlines(): an address may hold U+2028, and no address a line feed."""
    return tuple(also_delivered_to.split("\n")) if also_delivered_to else ()
