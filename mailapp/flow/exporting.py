"""An account's mail as one file: an mbox, or a ZIP of Maildir folders. Made in pieces, whatever its size."""

import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import closing
from tempfile import SpooledTemporaryFile
from typing import Any, Protocol

from mailapp.mail.keeping import Marks, fields_of, maildir_flags
from mailapp.mail.mbox import Quoter, from_line
from mailapp.mail.zips import Writer
from mailapp.store import contents, transfers
from mailapp.store.transfers import Leaving

MBOX, MAILDIR = "mbox", "maildir"
FORMATS = (MBOX, MAILDIR)
AT_ONCE = 50
PIECE = 262_144
EXPORTS_MAX = 3
"""Accounts that may be exported at once."""
STALLED_S = 600.0
"""Seconds after which an export that nobody reads on takes no place any more."""
KEPT_IN_MEMORY = 1_048_576
"""Bytes of an archive's list of files from which it waits on the disk: it has to be sent last."""
FOLDERS = {
    "inbox": "INBOX", "sent": "Sent", "drafts": "Drafts", "archive": "Archive", "junk": "Junk", "trash": "Trash",
}  # fmt: skip
Progress = Callable[[int, int], None]
"""Told messages done and messages in all."""


class ExportBusy(Exception):
    """own: the account is being exported already; else too many accounts are."""

    def __init__(self, own: bool) -> None:
        super().__init__("own" if own else "others")
        self.own = own


class Exports:
    """Which exports are under way; one per process, on the event loop. Each keeps a thread and a reader busy."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._under_way: dict[int, tuple[object, float]] = {}
        """By account: which one, and when a piece of it was taken last."""

    def begin(self, account_id: int) -> "Turn":
        """Raises ExportBusy. One that nobody has read on for STALLED_S no longer counts."""
        now = self._clock()
        self._under_way = {each: held for each, held in self._under_way.items() if now - held[1] < STALLED_S}
        if account_id in self._under_way or len(self._under_way) >= EXPORTS_MAX:
            raise ExportBusy(account_id in self._under_way)
        turn = Turn(self, account_id)
        self.went_on(turn)
        return turn

    def went_on(self, turn: "Turn") -> None:
        """A piece was taken."""
        held = self._under_way.get(turn.account_id)
        if held is None or held[0] is turn.key:
            self._under_way[turn.account_id] = turn.key, self._clock()

    def ended(self, turn: "Turn") -> None:
        held = self._under_way.get(turn.account_id)
        if held is not None and held[0] is turn.key:
            del self._under_way[turn.account_id]


class Turn:
    """One export under way."""

    def __init__(self, exports: Exports, account_id: int) -> None:
        self.account_id = account_id
        self.key = object()
        self._exports = exports

    async def through(self, pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        """The pieces; the turn ends with them."""
        try:
            async for piece in pieces:
                self._exports.went_on(self)
                yield piece
        finally:
            self._exports.ended(self)

    def __del__(self) -> None:
        # whoever asked went away before the first piece: a generator that never began ends nothing
        self._exports.ended(self)


class Read(Protocol):
    """Runs a function of store/ in a snapshot of its own; for a thread, or a command."""

    def __call__(self, function: Callable[..., Any], /, *args: Any) -> Any: ...


def export(read: Read, account_id: int, format_: str, progress: Progress | None = None) -> Iterator[bytes]:
    """The file in pieces. What comes or moves while it is made may be in it or not, but never twice."""
    return (_mbox if format_ == MBOX else _maildir)(read, account_id, progress or (lambda done, total: None))


def ending(format_: str) -> str:
    """Of the file's name."""
    return ".mbox" if format_ == MBOX else ".zip"


def _mbox(read: Read, account_id: int, progress: Progress) -> Iterator[bytes]:
    for each in _messages(read, account_id, progress):
        quoter = Quoter()
        yield from_line(each.sender, each.marks.at_ms) + fields_of(each.marks)
        for piece in _bytes(read, each):
            yield quoter.feed(piece)
        yield quoter.close()


def _maildir(read: Read, account_id: int, progress: Progress) -> Iterator[bytes]:
    with closing(SpooledTemporaryFile(KEPT_IN_MEMORY)) as kept:
        writer = Writer(kept.write)
        for each in _messages(read, account_id, progress):
            yield writer.begin(_name(each), time.gmtime(each.marks.at_ms / 1000)[:6])
            if each.marks.labels:  # a file name has no room for them
                yield writer.data(fields_of(each.marks).replace(b"\n", b"\r\n"))
            for piece in _bytes(read, each):
                yield writer.data(piece)
            yield writer.end()
        kept.seek(0)
        while piece := kept.read(PIECE):
            yield piece
        yield writer.close()


def _name(each: Leaving) -> str:
    return f"{folder_of(each.marks)}/cur/{each.marks.at_ms // 1000}.M{each.id}.mailapp:2,{maildir_flags(each.marks)}"


def folder_of(marks: Marks) -> str:
    """The directory of a folder."""
    safe = "".join(char if char.isprintable() and char not in '\\:*?"<>|' else "_" for char in marks.folder)
    parts = [part if part.strip(". ") else "_" for part in safe.split("/")]
    if len(parts) == 1 and parts[0].lower() in ("cur", "new", "tmp"):
        parts[0] += "_"
    return FOLDERS.get(marks.role) or "/".join(parts)


def _messages(read: Read, account_id: int, progress: Progress) -> Iterator[Leaving]:
    total, done, after = read(transfers.total, account_id), 0, 0
    while found := read(transfers.leaving, account_id, after, AT_ONCE):
        for each in found:
            yield each
            done += 1
            progress(done, max(done, total))
        after = found[-1].id


def _bytes(read: Read, each: Leaving) -> Iterator[bytes]:
    yield each.trace
    if each.content is not None:
        yield each.content
        return
    for offset in range(0, each.size, PIECE):
        try:
            yield read(contents.read, each.content_id, offset, PIECE)
        except LookupError:
            return  # erased for good meanwhile: it ends here
