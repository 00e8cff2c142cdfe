"""Writing a delivered message: content once, one message per receiving account, counters, search row, change."""

import sqlite3
from collections import Counter
from collections.abc import Sequence
from hashlib import blake2b

from mailapp.mail.code import Codes
from mailapp.store import bulk, changes, codes, contents, mailboxes, references, search_rows, threads
from mailapp.store import search_index as index
from mailapp.store.contents import Words
from mailapp.values import dataclass

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
    muted: bool = False
    """Whether it came for addresses alone whose mail goes to junk."""


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
    codes: tuple[Codes, ...] = ()
    """What each copy offers to type, in the order of `copies`; () where none offers anything."""


@dataclass(frozen=True, slots=True)
class Delivered:
    account_id: int
    message_id: int
    seq: int
    content_id: int


def add(db: sqlite3.Connection, ids: MessageIds, arrival: Arrival, now_ms: int) -> list[Delivered]:
    """Write everything about an arrival. Raises LookupError where a receiving account is gone meanwhile."""
    return add_all(db, ids, [(arrival, now_ms)])[0]


def add_all(db: sqlite3.Connection, ids: MessageIds, arrived: Sequence[tuple[Arrival, int]]) -> list[list[Delivered]]:
    """Write several arrivals with the ms each came at: a statement for all of them costs little more than for one.

    Raises LookupError where one of the receiving accounts is gone; the caller then takes everything back.
    """
    content_ids = _keep(db, [(arrival, len(arrival.copies)) for arrival, _ in arrived])
    copies, offered = list[_Filed](), list[tuple[int, int, Codes]]()
    for content_id, (arrival, now_ms) in zip(content_ids, arrived, strict=True):
        hashes = _hashes(arrival)
        filed = [_Filed(ids.next(db, now_ms), content_id, arrival, hashes, copy) for copy in arrival.copies]
        offered += [
            (one.id, one.account_id, found)
            for one, found in zip(filed, arrival.codes, strict=False)
            if not one.copy.muted
        ]
        copies += filed
    codes.add_all(db, offered)
    delivered = iter(_file(db, copies, "inbox"))
    return [[next(delivered) for _ in arrival.copies] for arrival, _ in arrived]


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
    content_id = _keep(db, [(arrival, 1)])[0]
    copy = _Filed(ids.next(db, now_ms), content_id, arrival, _hashes(arrival), Copy(account_id, (), b""))
    delivered = _file(db, [copy], "sent")[0]
    db.execute("UPDATE messages SET to_names = ?, to_count = ? WHERE id = ?", (to_names, to_count, copy.id))
    return delivered


class _Filed:
    """A copy on its way into the tables."""

    __slots__ = ("account_id", "arrival", "content_id", "copy", "hashes", "id", "number")

    def __init__(self, message_id: int, content_id: int, arrival: Arrival, hashes: Sequence[int], copy: Copy) -> None:
        self.id = message_id
        self.account_id = copy.account_id
        self.content_id = content_id
        self.arrival = arrival
        self.copy = copy
        self.hashes = hashes
        """Of the message-ids the message names."""
        self.number = 0
        """Of its full-text row (store/search_rows.py)."""


def _keep(db: sqlite3.Connection, arrived: Sequence[tuple[Arrival, int]]) -> list[int]:
    """Store the contents, each for so many messages; return their ids."""
    new = [
        (arrival.content, arrival.words, copies) for arrival, copies in arrived if not isinstance(arrival.content, int)
    ]
    added = iter(contents.add_all(db, new))
    return [
        _complete(db, arrival, copies) if isinstance(arrival.content, int) else next(added)
        for arrival, copies in arrived
    ]


def _complete(db: sqlite3.Connection, arrival: Arrival, copies: int) -> int:
    """End content that was written ahead; return its id."""
    assert isinstance(arrival.content, int)
    contents.complete(db, arrival.content, arrival.words, copies)
    return arrival.content


def _file(db: sqlite3.Connection, copies: Sequence[_Filed], role: str) -> list[Delivered]:
    """Write the copies, oldest first, each into its account's mailbox of this role."""
    # by id, and not WHERE account AND role: an UPDATE of possibly several rows opens a statement transaction, and
    # at each of those FTS5 writes its index out
    accounts = Counter(one.account_id for one in copies)
    roles = {one.id: "junk" if one.copy.muted else role for one in copies}
    places = Counter((one.account_id, roles[one.id]) for one in copies)
    found = {place: mailboxes.by_role(db, *place) for place in places}
    mailbox_ids = {one.id: found[one.account_id, roles[one.id]] for one in copies}
    seen = int(role == "sent")
    for account_id in accounts:
        own = [one for one in copies if one.account_id == account_id]
        for one, number in zip(own, search_rows.give(db, account_id, [each.id for each in own]), strict=True):
            one.number = number
    alone, joining = _apart(db, copies)
    bulk.insert(
        db, "messages", _COLUMNS, [_row(one, mailbox_ids[one.id], one.id, threads.ALONE, seen) for one in alone]
    )
    _refer(db, alone)
    for one in joining:
        _join(db, one, mailbox_ids[one.id], seen)
    bulk.insert(
        db,
        "message_addressees",
        "address, message_id",
        [(address, one.id) for one in copies for address in one.copy.addressees],
    )
    for place, count in places.items():
        mailboxes.add_counts(db, found[place], count, 0 if seen else count)
    for one in copies:
        if one.copy.muted:
            db.execute("UPDATE messages SET filed_at = ? WHERE id = ?", (one.id >> 12, one.id))
    for account_id in accounts:
        used = sum(one.arrival.size for one in copies if one.account_id == account_id)
        db.execute("UPDATE accounts SET bytes_used = bytes_used + ? WHERE id = ?", (used, account_id))
    seqs = changes.add_all(db, changes.DELIVERED, [(one.account_id, one.id) for one in copies])
    _index(db, copies)
    return [Delivered(one.account_id, one.id, seq, one.content_id) for one, seq in zip(copies, seqs, strict=True)]


def _apart(db: sqlite3.Connection, copies: Sequence[_Filed]) -> tuple[list[_Filed], list[_Filed]]:
    """Copies that begin a thread of their own, as most do, and those that may belong to another, earlier ones first."""
    known = references.known(db, [(one.account_id, value) for one in copies for value in one.hashes])
    alone: list[_Filed] = []
    joining: list[_Filed] = []
    for one in copies:
        keys = {(one.account_id, value) for value in one.hashes}
        belongs = not known.isdisjoint(keys) or threads.may_answer(one.arrival.subject)
        (joining if belongs else alone).append(one)
        known |= keys
    return alone, joining


def _join(db: sqlite3.Connection, one: _Filed, mailbox_id: int, seen: int) -> None:
    """Write a copy that belongs to the messages it names or that name it, else to what it answers by its subject."""
    thread_id = threads.thread_of(db, one.account_id, one.hashes)
    if thread_id is None:
        arrival = one.arrival
        thread_id = threads.answered_thread(db, one.account_id, arrival.subject, arrival.from_address, one.id >> 12)
    place = threads.ALONE if thread_id is None else threads.join(db, thread_id, mailbox_id)
    bulk.insert(db, "messages", _COLUMNS, [_row(one, mailbox_id, thread_id or one.id, place, seen)])
    _refer(db, [one])


def _refer(db: sqlite3.Connection, copies: Sequence[_Filed]) -> None:
    bulk.insert(
        db,
        "message_refs",
        "account_id, hash, message_id",
        [(one.account_id, value, one.id) for one in copies for value in one.hashes],
    )


_COLUMNS = (
    "id, account_id, mailbox_id, content_id, thread_id, size, date_ms, from_name, from_address, subject, preview,"
    " delivered_to, attachment_count, seen, reverse_path, also_delivered_to, refs, trace, thread_place,"
    " search_number"
)


def _row(one: _Filed, mailbox_id: int, thread_id: int, place: int, seen: int) -> tuple[object, ...]:
    arrival, addressees = one.arrival, one.copy.addressees
    return (
        one.id,
        one.account_id,
        mailbox_id,
        one.content_id,
        thread_id,
        arrival.size,
        arrival.date_ms,
        arrival.from_name,
        arrival.from_address,
        arrival.subject,
        arrival.preview,
        addressees[0] if addressees else "",
        arrival.attachment_count,
        seen,
        arrival.reverse_path,
        "\n".join(addressees[1:]),
        references.pack(one.hashes),
        one.copy.trace,
        place,
        one.number,
    )


def _index(db: sqlite3.Connection, copies: Sequence[_Filed]) -> None:
    """Write the search rows, last and in one statement: at the beginning of each FTS5 writes out what it holds.

    At that of a single row it does not, and other units of work may share the commit. The words of several come from
    where they were just stored, which is cheaper than handing them over again.
    """
    held_by = [
        index.account_words(
            one.account_id,
            one.arrival.words.version,
            one.copy.addressees,
            one.arrival.size,
            one.arrival.attachment_count,
        )
        for one in copies
    ]
    if len(copies) == 1:
        index.add(db, copies[0].id, copies[0].number, held_by[0], copies[0].arrival.words)
    else:
        index.add_stored(db, [(one.id, one.number, held) for one, held in zip(copies, held_by, strict=True)])


def _hashes(arrival: Arrival) -> list[int]:
    return list(dict.fromkeys(reference_hash(one) for one in arrival.references))


def reference_hash(message_id: str) -> int:
    """A message-id as a signed 64-bit number: what message_refs keeps instead of the text."""
    return int.from_bytes(blake2b(message_id.encode(), digest_size=8).digest(), "big", signed=True)
