"""Mail as it leaves an account as files, and as it comes from such files into one."""

import random
import sqlite3
from collections.abc import Sequence
from enum import Enum, auto
from itertools import islice

from mailapp.mail.keeping import Marks
from mailapp.store import bulk, contents, labels, mailboxes, quotas, references, search_rows, threads
from mailapp.store import search_index as index
from mailapp.store.arrivals import Arrival, reference_hash
from mailapp.store.contents import StoredContent
from mailapp.values import dataclass

WHOLE = 262_144
"""Bytes of content that is read together with its message."""
TOGETHER = 2_097_152
"""Bytes read at once."""
ALIKE_MAX = 20
"""Messages of one Message-ID that are compared."""
TRIES = 64
"""Ids tried within a second before the one before is."""
PAST_MS = 3_000
"""How far before now an imported message stands at least: the ids since then are given out by deliveries."""


@dataclass(frozen=True, slots=True)
class Leaving:
    """A message on its way into a file."""

    id: int
    marks: Marks
    sender: str
    trace: bytes
    content_id: int
    size: int
    content: bytes | None
    """None where it is large: then it is read in pieces."""


def leaving(db: sqlite3.Connection, account_id: int, after: int, limit: int) -> list[Leaving]:
    """The account's messages above an id, oldest first; fewer where they are large."""
    held = mailboxes.of_account(db, account_id)
    places = {each.id: Marks(role=each.role or "") for each in held}
    for each, path in _paths(held):
        places[each.id] = Marks(folder=path)
    rows = db.execute(
        "SELECT id, mailbox_id, content_id, seen, flagged, answered, reverse_path, trace FROM messages"
        " WHERE account_id = ? AND id > ? ORDER BY id LIMIT ?",
        (account_id, after, limit),
    ).fetchall()
    found, together = list[Leaving](), 0
    for message_id, mailbox_id, content_id, seen, flagged, answered, sender, trace in rows:
        content = StoredContent(db, content_id)
        small = content.size <= WHOLE
        together += content.size if small else 0
        if together > TOGETHER and found:
            break
        place = places[mailbox_id]
        marks = Marks(
            place.role, place.folder, bool(seen), bool(flagged), bool(answered), _labels(db, message_id),
            message_id >> 12,
        )  # fmt: skip
        whole = content.read(0, content.size) if small else None
        found.append(Leaving(message_id, marks, sender, trace, content_id, content.size, whole))
    return found


def total(db: sqlite3.Connection, account_id: int) -> int:
    """How many messages an account has."""
    return sum(each.total for each in mailboxes.of_account(db, account_id))


def _paths(held: Sequence[mailboxes.Mailbox]) -> list[tuple[mailboxes.Mailbox, str]]:
    path, found = list[str](), []
    for depth, each in mailboxes.tree(held):
        path[depth:] = [each.name.replace("/", "／")]
        found.append((each, "/".join(path)))
    return found


def _labels(db: sqlite3.Connection, message_id: int) -> tuple[str, ...]:
    rows = db.execute(
        "SELECT l.name FROM message_labels m JOIN labels l ON l.id = m.label_id WHERE m.message_id = ? ORDER BY l.name",
        (message_id,),
    )
    return tuple(row[0] for row in rows)


@dataclass(frozen=True, slots=True)
class Coming:
    """A message on its way out of a file."""

    arrival: Arrival
    """Its `copies` do not count."""
    marks: Marks
    path: tuple[str, ...]
    """Of the folder of one's own it goes to, made where it is missing; () for that of the role."""
    to_names: str = ""
    to_count: int = 0
    compared: frozenset[int] = frozenset()
    """Contents that are known to be another message, though of the same Message-ID."""

    @property
    def sent(self) -> bool:
        """Which side it is on."""
        return self.marks.role == "sent" and not self.path


class Outcome(Enum):
    """What came of filing a message."""

    NEW = auto()
    FULL = auto()
    """The account's quota has no room for it. Content that was written ahead is gone."""
    MET = auto()
    """Not filed: since it was compared, one of its Message-ID came. To be compared anew."""


def alike(db: sqlite3.Connection, account_id: int, message_id: str, sent: bool) -> list[int]:
    """Contents of the account's messages with this Message-ID on the same side (sent or received), at most ALIKE_MAX.

    What one sends oneself is there twice, rightly.
    """
    return _alike(db, account_id, reference_hash(message_id), sent=sent)


def _alike(db: sqlite3.Connection, account_id: int, own: int, *, sent: bool) -> list[int]:
    packed = references.pack([own])
    rows = db.execute(
        "SELECT m.refs, b.role, m.content_id FROM message_refs r JOIN messages m ON m.id = r.message_id"
        " JOIN mailboxes b ON b.id = m.mailbox_id WHERE r.account_id = ? AND r.hash = ?",
        (account_id, own),
    )
    found = (content_id for refs, role, content_id in rows if refs[:8] == packed and (role == "sent") == sent)
    return list(islice(found, ALIKE_MAX))


def file_imported(db: sqlite3.Connection, account_id: int, coming: Sequence[Coming], now_ms: int) -> list[Outcome]:
    """File messages that differ from each other under the time they came; what came of each.

    Here, in the transaction, is looked once more whether each is there already: another import, of this process or
    another, may have filed it since. Raises LookupError where the account is gone, or content written ahead.
    """
    own, done = set[int](), list[Outcome]()
    for each in coming:
        if _is_met(db, account_id, each, own):
            done.append(Outcome.MET)
        elif quotas.fits(db, account_id, each.arrival.size):
            own.add(_file(db, account_id, each, now_ms))
            done.append(Outcome.NEW)
        else:
            if isinstance(each.arrival.content, int):
                contents.remove(db, each.arrival.content)
            done.append(Outcome.FULL)
    return done


def _is_met(db: sqlite3.Connection, account_id: int, coming: Coming, own: set[int]) -> bool:
    if len(coming.compared) >= ALIKE_MAX:
        return False  # more are not compared; and whoever keeps sending one Message-ID keeps no other message out
    found = _alike(db, account_id, reference_hash(coming.arrival.references[0]), sent=coming.sent)
    return not own.union(coming.compared).issuperset(found)


def _file(db: sqlite3.Connection, account_id: int, coming: Coming, now_ms: int) -> int:
    """File one; the id of its content."""
    arrival, marks = coming.arrival, coming.marks
    role = marks.role if not coming.path else ""
    hashes = list(dict.fromkeys(reference_hash(one) for one in arrival.references))
    mailbox_id = _mailbox(db, account_id, role, coming.path)
    if isinstance(arrival.content, int):
        content_id = arrival.content
        contents.complete(db, content_id, arrival.words, 1)
    else:
        content_id = contents.add(db, arrival.content, arrival.words, 1)
    message_id = _id(db, marks.at_ms or now_ms, now_ms)
    thread_id = threads.thread_of(db, account_id, hashes)
    place = threads.ALONE if thread_id is None else threads.join_older(db, thread_id, mailbox_id, message_id)
    number = search_rows.give(db, account_id, [message_id])[0]
    hidden = role in mailboxes.HIDDEN
    values = {
        "id": message_id, "account_id": account_id, "mailbox_id": mailbox_id, "content_id": content_id,
        "thread_id": thread_id or message_id, "size": arrival.size, "date_ms": arrival.date_ms,
        "from_name": arrival.from_name, "from_address": arrival.from_address, "subject": arrival.subject,
        "preview": arrival.preview, "delivered_to": "", "attachment_count": arrival.attachment_count,
        "seen": int(marks.seen), "flagged": int(marks.flagged), "answered": int(marks.answered),
        "reverse_path": arrival.reverse_path, "refs": references.pack(hashes), "thread_place": place,
        "search_number": number, "to_names": coming.to_names, "to_count": coming.to_count,
        "filed_at": now_ms if hidden else 0,
    }  # fmt: skip
    bulk.insert(db, "messages", ", ".join(values), [tuple(values.values())])
    db.executemany(
        "INSERT OR IGNORE INTO message_refs (account_id, hash, message_id) VALUES (?, ?, ?)",
        [(account_id, each, message_id) for each in hashes],
    )
    mailboxes.add_counts(db, mailbox_id, 1, int(not marks.seen))
    db.execute("UPDATE accounts SET bytes_used = bytes_used + ? WHERE id = ?", (arrival.size, account_id))
    for name in marks.labels:
        _label(db, account_id, message_id, name, hidden)
    words = index.account_words(account_id, arrival.words.version, (), arrival.size, arrival.attachment_count)
    index.add(db, message_id, number, words, arrival.words)
    return content_id


def _mailbox(db: sqlite3.Connection, account_id: int, role: str, path: tuple[str, ...]) -> int:
    if not path:
        return mailboxes.by_role(db, account_id, role or "archive")
    return mailboxes.find_or_add(db, account_id, path) or mailboxes.by_role(db, account_id, "archive")


def _label(db: sqlite3.Connection, account_id: int, message_id: int, name: str, hidden: bool) -> None:
    label_id = labels.find_or_add(db, account_id, name)
    if label_id is not None:
        db.execute(
            "INSERT OR IGNORE INTO message_labels (message_id, label_id, hidden) VALUES (?, ?, ?)",
            (message_id, label_id, int(hidden)),
        )


def _id(db: sqlite3.Connection, at_ms: int, now_ms: int) -> int:
    """An id for a message that came then: its place among the others, and before what is being delivered.

    Drawn from the whole second, which is all that files know, so that the id of a message that was erased does not come
    again: neither a link nor the full text may take the new one for it.
    """
    second = min(max(at_ms, 1_000), now_ms - PAST_MS) // 1_000
    while True:
        for _ in range(TRIES):
            wanted = ((second * 1_000) << 12) + random.randrange(1_000 << 12)
            if db.execute("SELECT 1 FROM messages WHERE id = ?", (wanted,)).fetchone() is None:
                return wanted
        second -= 1
