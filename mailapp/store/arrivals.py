"""Writing a delivered message: content once, one message per receiving account, counters, search row, change."""

import sqlite3
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b

from mailapp.store import changes, contents, mailboxes, threads
from mailapp.store import search_index as index
from mailapp.store.contents import Words

DAY_MS = 86_400_000


class MessageIds:
    """Gives out message ids on the writer's thread: arrival in ms * 4096 + a counter, always rising.

    Where the clock steps back, ids go on from the highest (a larger id is a newer message), unless that lies more
    than a day ahead: then the clock was wrong before, not now.
    """

    def __init__(self) -> None:
        self._last: int | None = None

    def next(self, db: sqlite3.Connection, now_ms: int) -> int:
        if self._last is None:
            found = db.execute("SELECT max(id) FROM messages").fetchone()[0]
            self._last = int(found or 0)
        wanted = now_ms << 12
        if self._last < wanted or self._last >> 12 > now_ms + DAY_MS:
            self._last = wanted
        else:
            self._last += 1
        return self._last


@dataclass(frozen=True, slots=True)
class Copy:
    """One receiving account's copy."""

    account_id: int
    addressees: tuple[str, ...]
    """Folded envelope recipients that reach this account, the first one shown; () for the copy in Sent."""
    trace: bytes


@dataclass(frozen=True, slots=True)
class Arrival:
    """All that is stored of one message, worked out before the transaction."""

    content: bytes | int
    """The bytes, or the id of expected content that is written already."""
    size: int
    date_ms: int | None
    from_name: str
    from_address: str
    subject: str
    preview: str
    attachment_count: int
    reverse_path: str
    references: tuple[str, ...]
    """Message-ids named by the message, its own first."""
    words: Words
    copies: tuple[Copy, ...]


@dataclass(frozen=True, slots=True)
class Delivered:
    account_id: int
    message_id: int
    seq: int
    content_id: int


def add(db: sqlite3.Connection, ids: MessageIds, arrival: Arrival, now_ms: int) -> list[Delivered]:
    """Write everything about an arrival. Raises LookupError where a receiving account is gone meanwhile."""
    content_id, hashes = _keep(db, arrival, len(arrival.copies))
    return [_add_copy(db, ids.next(db, now_ms), content_id, hashes, arrival, copy) for copy in arrival.copies]


def add_sent(
    db: sqlite3.Connection,
    ids: MessageIds,
    arrival: Arrival,
    account_id: int,
    now_ms: int,
    to_names: str,
    to_count: int,
) -> Delivered:
    """Write the copy in Sent of a message of the account's own; `arrival.copies` does not count. Raises LookupError."""
    content_id, hashes = _keep(db, arrival, 1)
    message_id = ids.next(db, now_ms)
    delivered = _add_copy(db, message_id, content_id, hashes, arrival, Copy(account_id, (), b""), "sent")
    db.execute("UPDATE messages SET to_names = ?, to_count = ? WHERE id = ?", (to_names, to_count, message_id))
    return delivered


def _keep(db: sqlite3.Connection, arrival: Arrival, copies: int) -> tuple[int, list[int]]:
    """Store the content for so many messages; return its id and the hashes of what the message refers to."""
    if isinstance(arrival.content, int):
        content_id = arrival.content
        contents.complete(db, content_id, arrival.words, copies)
    else:
        content_id = contents.add(db, arrival.content, arrival.words, copies)
    return content_id, list(dict.fromkeys(reference_hash(one) for one in arrival.references))


def _add_copy(
    db: sqlite3.Connection,
    message_id: int,
    content_id: int,
    hashes: Sequence[int],
    arrival: Arrival,
    copy: Copy,
    role: str = "inbox",
) -> Delivered:
    account_id = copy.account_id
    seen = int(role == "sent")
    # by id, and not WHERE account AND role: an UPDATE of possibly several rows opens a statement transaction, and
    # at each of those FTS5 writes its index out
    mailbox_id = mailboxes.by_role(db, account_id, role)
    mailboxes.add_counts(db, mailbox_id, 1, 1 - seen)
    thread_id = _thread(db, account_id, hashes, arrival, message_id >> 12)
    db.execute(
        "INSERT INTO messages (id, account_id, mailbox_id, content_id, thread_id, size, date_ms, from_name,"
        " from_address, subject, preview, delivered_to, attachment_count, seen, reverse_path, also_delivered_to, refs,"
        " trace, thread_place) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            message_id,
            account_id,
            mailbox_id,
            content_id,
            thread_id or message_id,
            arrival.size,
            arrival.date_ms,
            arrival.from_name,
            arrival.from_address,
            arrival.subject,
            arrival.preview,
            copy.addressees[0] if copy.addressees else "",
            arrival.attachment_count,
            seen,
            arrival.reverse_path,
            "\n".join(copy.addressees[1:]),
            pack_refs(hashes),
            copy.trace,
            threads.ALONE if thread_id is None else threads.join(db, thread_id, mailbox_id),
        ),
    )
    db.executemany(
        "INSERT INTO message_addressees (address, message_id) VALUES (?, ?)",
        [(address, message_id) for address in copy.addressees],
    )
    if hashes:
        db.executemany(
            "INSERT INTO message_refs (account_id, hash, message_id) VALUES (?, ?, ?)",
            [(account_id, value, message_id) for value in hashes],
        )
    held_by = index.account_words(
        account_id, arrival.words.version, copy.addressees, arrival.size, arrival.attachment_count
    )
    index.add(db, message_id, held_by, arrival.words)
    db.execute("UPDATE accounts SET bytes_used = bytes_used + ? WHERE id = ?", (arrival.size, account_id))
    return Delivered(account_id, message_id, changes.add(db, account_id, changes.DELIVERED, message_id), content_id)


def reference_hash(message_id: str) -> int:
    """A message-id as a signed 64-bit number: what message_refs keeps instead of the text."""
    return int.from_bytes(blake2b(message_id.encode(), digest_size=8).digest(), "big", signed=True)


def pack_refs(hashes: Sequence[int]) -> bytes:
    """Hashes as messages.refs holds them."""
    return struct.pack(f">{len(hashes)}q", *hashes)


def unpack_refs(packed: bytes) -> tuple[int, ...]:
    """What `pack_refs` packed."""
    return struct.unpack(f">{len(packed) // 8}q", packed)


def _thread(
    db: sqlite3.Connection, account_id: int, hashes: Sequence[int], arrival: Arrival, now_ms: int
) -> int | None:
    """The thread a message joins: of the messages it names or that name it, else of what it answers by its subject."""
    found = threads.thread_of(db, account_id, hashes)
    if found is not None:
        return found
    return threads.answered_thread(db, account_id, arrival.subject, arrival.from_address, now_ms)
