"""Mail from files into an account: parsed like any other, filed under the time it came, what is there already left out.

No rule, no code, no reply: nobody waits for it. Deliveries go first: it writes little at once, and rests in between.
"""

import sqlite3
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from email.utils import parsedate_to_datetime
from hashlib import blake2b
from typing import Any, Protocol

from mailapp.flow.folders import NAME_LONGEST, BadName, clean
from mailapp.flow.import_sources import Found
from mailapp.flow.understanding import arrival_of, understand
from mailapp.flow.writing import WHOLE_BYTES
from mailapp.mail.content import Content, chunks
from mailapp.mail.keeping import Marks
from mailapp.mail.message import Message
from mailapp.mail.recipients import to_names
from mailapp.store import changes, contents, transfers
from mailapp.store.mailboxes import DEPTH
from mailapp.store.transfers import Coming

AT_ONCE = 20
"""Messages of one transaction."""
TOGETHER = 1_048_576
"""Bytes of content of one transaction."""
REST = 0.5
"""How long it rests, in parts of how long it worked."""


class Write(Protocol):
    """Runs a function of store/ in a transaction of its own; for a thread, or a command."""

    def __call__(self, function: Callable[..., Any], /, *args: Any) -> Any: ...


@dataclass(slots=True)
class Tally:
    """What came of an import so far."""

    new: int = 0
    there: int = 0
    """Already, and left out."""
    refused: int = 0
    """Too large, or no message."""

    @property
    def seen(self) -> int:
        return self.new + self.there + self.refused


def import_all(write: Write, account_id: int, found: Iterator[Found], tally: Tally, *, rest: bool = True) -> None:
    """File all messages of a source, counting in `tally`. Raises what the source raises, LookupError, StoreError."""
    batch, together, began = list[Coming](), 0, time.monotonic()
    for each in found:
        if each.content is None:
            tally.refused += 1
            continue
        coming = _coming(write, each.content, each.marks)
        batch.append(coming)
        together += coming.arrival.size if not isinstance(coming.arrival.content, int) else 0
        if len(batch) >= AT_ONCE or together >= TOGETHER:
            _file(write, account_id, batch, tally)
            batch, together = [], 0
            if rest:
                time.sleep(min((time.monotonic() - began) * REST, 0.2))
            began = time.monotonic()
    if batch:
        _file(write, account_id, batch, tally)


def told(db: sqlite3.Connection, account_id: int) -> int:
    """Let open lists be loaded anew, once for all; the change's sequence number."""
    return changes.add(db, account_id, changes.MANY)


def _file(write: Write, account_id: int, batch: list[Coming], tally: Tally) -> None:
    new = write(transfers.file_imported, account_id, batch, time.time_ns() // 1_000_000)
    tally.new += sum(new)
    tally.there += len(new) - sum(new)


def _coming(write: Write, content: Content, marks: Marks) -> Coming:
    """What is stored of a message; large content is written ahead."""
    message, words = understand(content)
    held: bytes | int
    try:
        if content.size > WHOLE_BYTES:
            held = write(contents.expect, content.size)
            for position, piece in enumerate(chunks(content, size=contents.CHUNK)):
                write(contents.append, held, position, piece)
        else:
            held = content.read(0, content.size)
        if not message.message_id:
            message.message_id = f"{_digest(content)}@imported"
    finally:
        close = getattr(content, "close", None)
        if close is not None:
            close()
    arrival = arrival_of("", content.size, held, message, words, ())
    at = replace(marks, at_ms=marks.at_ms or received_ms(message) or message.date_ms or 0)
    names, count = to_names((*message.to, *message.cc)) if at.role == "sent" else ("", 0)
    # a draft from elsewhere is no draft here: compose could not open it
    role = "archive" if at.role == "drafts" else at.role
    return Coming(arrival, replace(at, role=role, labels=_labels(at.labels)), path_of(at.folder), names, count)


def received_ms(message: Message) -> int:
    """When the last server says it took the message, in ms; 0 where none does."""
    for name, value in message.headers:
        if name.lower() == "received":
            try:
                return max(0, int(parsedate_to_datetime(value.rpartition(";")[2].strip()).timestamp() * 1000))
            except (ValueError, TypeError, OverflowError, IndexError):
                return 0
    return 0


def path_of(folder: str) -> tuple[str, ...]:
    """A folder's path with names that can be had here, () for none; what lies too deep is told apart no further."""
    names = []
    for each in folder.split("/"):
        try:
            names.append(clean(each[:NAME_LONGEST]))
        except BadName:
            continue
    return tuple(names[:DEPTH])


def _labels(names: tuple[str, ...]) -> tuple[str, ...]:
    found = []
    for each in names:
        try:
            found.append(clean(each[:NAME_LONGEST]))
        except BadName:
            continue
    return tuple(dict.fromkeys(found))


def _digest(content: Content) -> str:
    digest = blake2b(digest_size=16)
    for piece in chunks(content):
        digest.update(piece)
    return digest.hexdigest()
