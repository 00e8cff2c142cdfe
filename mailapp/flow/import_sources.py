"""Where imported mail comes from: mbox, a ZIP of Maildir, mbox or .eml, one .eml, a Maildir directory. With bounds."""

import os
import re
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path, PurePosixPath

from mailapp.flow.spool import SpoolContent
from mailapp.mail.content import Content, MemoryContent, chunks
from mailapp.mail.keeping import Marks, of_maildir, role_of, taken_off
from mailapp.mail.mbox import Unquoter, at_of, places
from mailapp.mail.zips import BadZip, Entry, entries, unpacked
from mailapp.values import dataclass

WHOLE = 1_048_576
"""Bytes up to which a message is kept in memory while it is imported."""
HEAD = 65_536
INFLATED_MOST = 100
"""How many times its own size an archive may unpack to, above INFLATED_FREE."""
INFLATED_FREE = 1_073_741_824
DEPTH = 20
"""Directories in directories."""
Progress = Callable[[int], None]
"""Told bytes of the file that are done."""


class NotMail(Exception):
    """Nothing that can be imported: no mbox, no archive, no message."""


@dataclass(frozen=True, slots=True)
class Found:
    """A message in a file, its bytes as it came, or why it cannot be taken."""

    content: Content | None
    """None where it is too large or damaged. Whoever takes it closes it."""
    marks: Marks


class FileContent:
    """A file's bytes, for any thread. Whoever made it closes it."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self.size = os.fstat(descriptor).st_size

    @classmethod
    def of(cls, path: Path) -> "FileContent":
        return cls(os.open(path, os.O_RDONLY | os.O_CLOEXEC))

    def read(self, offset: int, length: int) -> bytes:
        return os.pread(self._descriptor, length, offset)

    def close(self) -> None:
        os.close(self._descriptor)


class Sources:
    """Finds the messages of files. `spool` is where large ones wait; messages above `longest` bytes are not taken."""

    def __init__(self, spool: Path, longest: int) -> None:
        self._spool = spool
        self._longest = longest

    def messages(self, content: Content, name: str, progress: Progress = lambda done: None) -> Iterator[Found]:
        """The messages of a file, whatever kind it is. Raises NotMail, BadZip."""
        first = content.read(0, HEAD)
        if first.startswith((b"PK\x03\x04", b"PK\x05\x06")):
            yield from self._zip(content, progress)
        elif first.startswith(b"From "):
            yield from self._mbox(content, Marks(), progress)
        elif _is_message(first):
            yield self._one(content, 0, content.size, Marks(role=role_of(name)), quoted=False)
        else:
            raise NotMail(name)
        progress(content.size)

    def directory(self, path: Path, progress: Progress = lambda done: None) -> Iterator[Found]:
        """The messages of a Maildir and what lies in it. Raises NotMail."""
        done, any_ = 0, False
        for file in _files(path):
            relative = file.relative_to(path)
            with closing(FileContent.of(file)) as content:
                if file.parent.name in ("cur", "new"):
                    marks = of_maildir(relative.parts[:-2], file.name, file.parent.name == "new")
                    yield self._one(content, 0, content.size, marks, quoted=False)
                elif file.suffix in (".eml", ".mbox", ""):
                    try:
                        yield from self.messages(content, file.name)
                    except (NotMail, BadZip):
                        continue
                else:
                    continue
                any_, done = True, done + content.size
                progress(done)
        if not any_:
            raise NotMail(path.name)

    def _mbox(self, content: Content, marks: Marks, progress: Progress) -> Iterator[Found]:
        found = False
        for place in places(content):
            found = True
            at = replace(marks, at_ms=at_of(place.line))
            yield self._one(content, place.start, place.end, at, quoted=True)
            progress(place.end)
        if not found:
            raise NotMail("mbox")

    def _zip(self, content: Content, progress: Progress) -> Iterator[Found]:
        left, found = max(INFLATED_FREE, content.size * INFLATED_MOST), False
        for entry in entries(content):
            path = PurePosixPath(entry.name.replace("\\", "/"))
            progress(entry.offset)
            if entry.name.endswith("/") or not path.name:
                continue
            with closing(SpoolContent(self._spool)) as file:
                kind = _kind(path)
                if not kind:
                    continue
                longest = left if kind == "mbox" else min(left, self._longest)
                if not _unpack(content, entry, longest, file):
                    left -= file.size
                    if left < HEAD:
                        raise BadZip("it unpacks to too much")
                    if kind != "mbox":
                        found = True
                        yield Found(None, Marks())
                    continue
                left -= file.size
                for each in self._entry(file, path, kind):
                    found = True
                    yield each
        if not found:
            raise NotMail("zip")

    def _entry(self, file: SpoolContent, path: PurePosixPath, kind: str) -> Iterator[Found]:
        if kind == "maildir":
            folders = [part for part in path.parts[:-2] if part not in (".", "..", "/")][-DEPTH:]
            yield self._one(file, 0, file.size, of_maildir(folders, path.name, path.parts[-2] == "new"), quoted=False)
        elif kind == "mbox":
            if file.read(0, 5) == b"From ":
                yield from self._mbox(file, Marks(role=role_of(path.stem)), lambda done: None)
        else:
            yield self._one(file, 0, file.size, Marks(), quoted=False)

    def _one(self, content: Content, start: int, end: int, marks: Marks, *, quoted: bool) -> Found:
        """A message between two offsets, what mail files put on top of it taken off."""
        if end - start > self._longest or end <= start:
            return Found(None, marks)
        skipped, marks = taken_off(content.read(start, min(HEAD, end - start)), marks)
        start += skipped
        if not _is_message(content.read(start, min(HEAD, end - start))):
            return Found(None, marks)
        unquoter = Unquoter(quoted=quoted)
        if end - start <= WHOLE:
            return Found(MemoryContent(unquoter.feed(content.read(start, end - start)) + unquoter.close()), marks)
        spooled = SpoolContent(self._spool)
        for piece in chunks(content, start, end, HEAD):
            spooled.append(unquoter.feed(piece))
        spooled.append(unquoter.close())
        return Found(spooled, marks)


def _unpack(content: Content, entry: Entry, longest: int, file: SpoolContent) -> bool:
    """Write what an entry holds into a file; False where it is too large or damaged."""
    try:
        for piece in unpacked(content, entry, longest):
            file.append(piece)
    except BadZip:
        return False
    return True


def _kind(path: PurePosixPath) -> str:
    if len(path.parts) > DEPTH:
        return ""
    if len(path.parts) > 1 and path.parts[-2] in ("cur", "new"):
        return "maildir"
    return {".mbox": "mbox", ".mbx": "mbox", ".eml": "eml"}.get(path.suffix.lower(), "")


_FIELD = re.compile(rb"[!-9;-~]{1,100}[ \t]*:")


def _is_message(head: bytes) -> bool:
    """Whether bytes begin like a message: with a header field."""
    return _FIELD.match(head) is not None


def _files(path: Path, depth: int = 0) -> Iterator[Path]:
    """Files below a directory; links are not followed."""
    if depth > DEPTH:
        return
    with os.scandir(path) as found:
        listed = sorted(found, key=lambda each: each.name)
    for each in listed:
        if each.is_dir(follow_symlinks=False):
            yield from _files(Path(each.path), depth + 1)
        elif each.is_file(follow_symlinks=False):
            yield Path(each.path)
