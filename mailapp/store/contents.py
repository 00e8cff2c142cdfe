"""Content as it came, in chunks apart from the list columns."""

import sqlite3
from collections.abc import Sequence

from mailapp.store import bulk
from mailapp.values import dataclass

CHUNK = 262_144
"""Bytes per row of content_chunks."""
POSITIONS = 65_536
"""Chunks a content may have: 16 GiB."""


@dataclass(frozen=True, slots=True)
class Words:
    """Index words of a message; SQLite 3.40 needs them again to delete from the full text."""

    version: int
    subject: str
    people: str
    body: str
    files: str

    @property
    def columns(self) -> tuple[str, str, str, str]:
        return self.subject, self.people, self.body, self.files


NO_WORDS = Words(0, "", "", "", "")
"""Of content that is not searched for."""


def add(db: sqlite3.Connection, data: bytes, words: Words, copies: int) -> int:
    """Store content whole, for so many messages, in the caller's transaction; return its id."""
    return add_all(db, [(data, words, copies)])[0]


def add_all(db: sqlite3.Connection, wanted: Sequence[tuple[bytes, Words, int]]) -> list[int]:
    """`add` for several at once, which costs less."""
    if not wanted:
        return []
    first = bulk.last_id(db, "contents") + 1
    rows = [
        (content_id, len(data), copies, words.version, *words.columns)
        for content_id, (data, words, copies) in enumerate(wanted, first)
    ]
    bulk.insert(
        db,
        "contents",
        "id, size, copies, words_version, words_subject, words_people, words_body, words_files",
        rows,
        heavy=6,
    )
    chunks = [
        (content_id * POSITIONS + position // CHUNK, data[position : position + CHUNK])
        for content_id, (data, _, _) in enumerate(wanted, first)
        for position in range(0, max(len(data), 1), CHUNK)
    ]
    bulk.insert(db, "content_chunks", "key, bytes", chunks, heavy=1)
    return list(range(first, first + len(wanted)))


def expect(db: sqlite3.Connection, size: int) -> int:
    """Begin content that is written over several transactions; `complete` or a sweep at the next start ends it."""
    cursor = db.execute("INSERT INTO contents (size, state) VALUES (?, 'expected')", (size,))
    assert cursor.lastrowid is not None
    return cursor.lastrowid


def append(db: sqlite3.Connection, content_id: int, position: int, data: bytes) -> None:
    """Write one chunk: CHUNK bytes, fewer only in the last."""
    db.execute("INSERT INTO content_chunks (key, bytes) VALUES (?, ?)", (content_id * POSITIONS + position, data))


def complete(db: sqlite3.Connection, content_id: int, words: Words, copies: int) -> None:
    """End what `expect` began. Raises LookupError where a process that started meanwhile has swept it away."""
    done = db.execute(
        "UPDATE contents SET state = 'complete', copies = ?, words_version = ?, words_subject = ?, words_people = ?,"
        " words_body = ?, words_files = ? WHERE id = ?",
        (copies, words.version, *words.columns, content_id),
    )
    if not done.rowcount:
        raise LookupError(content_id)


def words(db: sqlite3.Connection, content_id: int) -> Words:
    """The words as they were indexed."""
    row = db.execute(
        "SELECT words_version, words_subject, words_people, words_body, words_files FROM contents WHERE id = ?",
        (content_id,),
    ).fetchone()
    return Words(*row)


def keep(db: sqlite3.Connection, content_id: int) -> None:
    """One more needs the content: `release` takes that back."""
    db.execute("UPDATE contents SET copies = copies + 1 WHERE id = ?", (content_id,))


def release(db: sqlite3.Connection, content_id: int) -> None:
    """One message or queue item fewer needs the content; it goes with the last. A trigger does so for attachments."""
    db.execute("UPDATE contents SET copies = copies - 1 WHERE id = ?", (content_id,))
    if db.execute("SELECT copies FROM contents WHERE id = ?", (content_id,)).fetchone()[0] <= 0:
        remove(db, content_id)


def remove(db: sqlite3.Connection, content_id: int) -> None:
    db.execute(
        "DELETE FROM content_chunks WHERE key >= ? AND key < ?",
        (content_id * POSITIONS, (content_id + 1) * POSITIONS),
    )
    db.execute("DELETE FROM contents WHERE id = ?", (content_id,))


def read(db: sqlite3.Connection, content_id: int, offset: int, length: int) -> bytes:
    """At most `length` bytes from `offset`, fewer only at the end. Raises LookupError where the content is gone."""
    return StoredContent(db, content_id).read(offset, length)


def sweep(db: sqlite3.Connection) -> None:
    """Remove content whose delivery was cut off by a crash. Only before the first delivery of a process."""
    for (content_id,) in db.execute("SELECT id FROM contents WHERE state = 'expected'").fetchall():
        remove(db, content_id)


class StoredContent:
    """Content read from the store; only inside a read function, on that function's connection."""

    def __init__(self, db: sqlite3.Connection, content_id: int) -> None:
        row = db.execute("SELECT size FROM contents WHERE id = ?", (content_id,)).fetchone()
        if row is None:
            raise LookupError(content_id)
        self._db = db
        self._base = content_id * POSITIONS
        self._size = int(row[0])
        self._held: tuple[int, bytes] = (-1, b"")

    @property
    def size(self) -> int:
        return self._size

    def read(self, offset: int, length: int) -> bytes:
        end = min(offset + length, self._size)
        pieces = []
        while offset < end:
            position, within = divmod(offset, CHUNK)
            piece = self._chunk(position)[within : within + end - offset]
            if not piece:
                break
            pieces.append(piece)
            offset += len(piece)
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def _chunk(self, position: int) -> bytes:
        if self._held[0] != position:
            row = self._db.execute(
                "SELECT bytes FROM content_chunks WHERE key = ?", (self._base + position,)
            ).fetchone()
            self._held = (position, b"" if row is None else row[0])
        return self._held[1]
