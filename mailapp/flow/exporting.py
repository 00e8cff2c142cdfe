"""An account's mail as one file: an mbox, or a ZIP of Maildir folders. Made in pieces, whatever its size."""

import time
from collections.abc import Callable, Iterator
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
KEPT_IN_MEMORY = 1_048_576
"""Bytes of an archive's list of files from which it waits on the disk: it has to be sent last."""
FOLDERS = {
    "inbox": "INBOX", "sent": "Sent", "drafts": "Drafts", "archive": "Archive", "junk": "Junk", "trash": "Trash",
}  # fmt: skip
Progress = Callable[[int, int], None]
"""Told messages done and messages in all."""


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
