"""Mail from files into an account: parsed like any other, filed under the time it came, what is there already left out.

No rule, no code, no reply: nobody waits for it. Deliveries go first: it writes little at once, and rests in between.
"""

import sqlite3
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from email.utils import parsedate_to_datetime
from hashlib import blake2b
from itertools import count
from typing import Any, Protocol

from mailapp.flow.folders import NAME_LONGEST, BadName, clean
from mailapp.flow.import_sources import Found
from mailapp.flow.understanding import arrival_of, understand
from mailapp.flow.writing import WHOLE_BYTES
from mailapp.mail.content import Content, chunks
from mailapp.mail.keeping import Marks
from mailapp.mail.likeness import likeness
from mailapp.mail.message import Message
from mailapp.mail.recipients import to_names
from mailapp.store import changes, contents, quotas, transfers
from mailapp.store.contents import Words
from mailapp.store.mailboxes import DEPTH
from mailapp.store.transfers import Coming, Outcome
from mailapp.values import dataclass

AT_ONCE = 20
"""Messages of one transaction."""
TOGETHER = 1_048_576
"""Bytes of content of one transaction."""
REST = 0.5
"""How long it rests, in parts of how long it worked."""


class Run(Protocol):
    """Runs a function of store/: in a transaction of its own, or in a snapshot. For a thread, or a command."""

    def __call__(self, function: Callable[..., Any], /, *args: Any) -> Any: ...


@dataclass(slots=True)
class Tally:
    """What came of an import so far."""

    new: int = 0
    there: int = 0
    """Already, and left out."""
    refused: int = 0
    """Too large, or no message."""
    full: int = 0
    """Left out because the account's quota has no room for them."""

    @property
    def seen(self) -> int:
        return self.new + self.there + self.refused + self.full


def import_all(
    write: Run, read: Run, account_id: int, found: Iterator[Found], tally: Tally, *, rest: bool = True
) -> None:
    """File all messages of a source, counting in `tally`. Raises what the source raises, StoreError, and LookupError
    where the account went meanwhile, or a server that started swept away what was written of a large message: then
    importing once more goes on.
    """
    taking = _Taking(write, read, account_id, tally)
    began = time.monotonic()
    for each in found:
        if each.content is None:
            tally.refused += 1
            continue
        if taking.take(each.content, each.marks):
            if rest:
                time.sleep(min((time.monotonic() - began) * REST, 0.2))
            began = time.monotonic()
    taking.file()


Own = tuple[str, bool, bytes]
"""Message-ID, sent, likeness: which message it is."""


class _Taking:
    """An import under way: what waits to be filed together, and what it is compared with."""

    def __init__(self, write: Run, read: Run, account_id: int, tally: Tally) -> None:
        self._write = write
        self._read = read
        self._account_id = account_id
        self._tally = tally
        self._batch = dict[Own, Coming]()
        self._together = 0

    def take(self, content: Content, marks: Marks) -> bool:
        """Close the content; whether something was filed for it."""
        try:
            message, words = understand(content)
            if not message.message_id:
                message.message_id = f"{_digest(content)}@imported"
            # a draft from elsewhere is no draft here: compose could not open it
            at = replace(marks, role="archive" if marks.role == "drafts" else marks.role)
            path = path_of(at.folder)
            own = (message.message_id, at.role == "sent" and not path, likeness(chunks(content)))
            alike, fits = self._read(_known, self._account_id, own[0], own[1], content.size)
            if own in self._batch or self._is_there(alike, own[2]):
                self._tally.there += 1
                return False
            if not fits:
                self._tally.full += 1  # asked before anything is written, and again where it is filed
                return False
            self._batch[own] = self._coming(content, message, words, at, path, alike)
        finally:
            close = getattr(content, "close", None)
            if close is not None:
                close()
        if len(self._batch) < AT_ONCE and self._together < TOGETHER:
            return False
        self.file()
        return True

    def file(self) -> None:
        """File what waits."""
        batch, self._batch, self._together = self._batch, {}, 0
        while batch:
            now_ms = time.time_ns() // 1_000_000
            try:
                done = self._write(transfers.file_imported, self._account_id, list(batch.values()), now_ms)
            except LookupError:
                for each in batch.values():
                    if isinstance(each.arrival.content, int):
                        self._write(contents.remove, each.arrival.content)  # nothing else points at what is left of it
                raise
            self._tally.new += done.count(Outcome.NEW)
            self._tally.full += done.count(Outcome.FULL)
            met = [each for each, outcome in zip(batch.items(), done, strict=True) if outcome is Outcome.MET]
            batch = {own: anew for own, coming in met if (anew := self._compared_anew(own, coming)) is not None}

    def _compared_anew(self, own: Own, coming: Coming) -> Coming | None:
        """For one that met another of its Message-ID where it was to be filed; None where that was the same."""
        message_id, sent, like = own
        alike = self._read(transfers.alike, self._account_id, message_id, sent)
        if not self._is_there([each for each in alike if each not in coming.compared], like):
            return replace(coming, compared=coming.compared.union(alike))
        self._tally.there += 1
        if isinstance(coming.arrival.content, int):
            self._write(contents.remove, coming.arrival.content)
        return None

    def _is_there(self, alike: list[int], like: bytes) -> bool:
        for content_id in alike:
            try:
                if likeness(self._pieces(content_id)) == like:
                    return True
            except LookupError:
                continue  # erased meanwhile
        return False

    def _pieces(self, content_id: int) -> Iterator[bytes]:
        for offset in count(0, contents.CHUNK):
            piece = self._read(contents.read, content_id, offset, contents.CHUNK)
            if not piece:
                return
            yield piece

    def _coming(
        self, content: Content, message: Message, words: Words, marks: Marks, path: tuple[str, ...], alike: list[int]
    ) -> Coming:
        """What is stored of a message that is none of those alike; large content is written ahead."""
        held: bytes | int
        if content.size > WHOLE_BYTES:
            held = self._write(contents.expect, content.size)
            for position, piece in enumerate(chunks(content, size=contents.CHUNK)):
                self._write(contents.append, held, position, piece)
        else:
            held = content.read(0, content.size)
            self._together += content.size
        arrival = arrival_of("", content.size, held, message, words, ())
        at = replace(
            marks,
            at_ms=marks.at_ms or received_ms(message) or message.date_ms or 0,
            labels=_labels(marks.labels),
        )
        names, number = to_names((*message.to, *message.cc)) if at.role == "sent" else ("", 0)
        return Coming(arrival, at, path, names, number, frozenset(alike))


def _known(db: sqlite3.Connection, account_id: int, message_id: str, sent: bool, size: int) -> tuple[list[int], bool]:
    """(contents it may be the same as, whether the account has room for it)"""
    return transfers.alike(db, account_id, message_id, sent), quotas.fits(db, account_id, size)


def told(db: sqlite3.Connection, account_id: int) -> int:
    """Let open lists be loaded anew, once for all; the change's sequence number."""
    return changes.add(db, account_id, changes.MANY)


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
