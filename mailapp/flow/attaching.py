"""Attachments on their way into a draft: received or copied, bounded, in memory or spooled; the store comes after."""

import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path

from mailapp.flow.outgoing import ROOM_FOR_PART, estimated_size
from mailapp.flow.spool import SpoolContent
from mailapp.mail.compose import encoded_size
from mailapp.mail.content import Content, MemoryContent
from mailapp.mail.message import Part
from mailapp.mail.parameters import safe_name
from mailapp.mail.parser import decoded, parse
from mailapp.store import changes, contents, drafts, messages, quotas
from mailapp.store.contents import StoredContent
from mailapp.store.database import StoreError, StoreFull
from mailapp.store.draft_attachments import DraftAttachment
from mailapp.store.drafts import StoredDraft
from mailapp.values import dataclass

ATTACHMENTS_LIMIT = 100
"""Attachments of one draft, inline images included."""
IN_MEMORY_BYTES = contents.CHUNK
"""An attachment above this is spooled to disk on its way."""
WRITING_BYTES = 4_194_304
"""What the drafts of a full account may hold without attachments."""
TYPE_LIMIT = 127
CID_LIMIT = 200


class DraftRefused(Exception):
    """A draft or an attachment over a limit.

    reason and values: too_many_drafts {limit}; too_many_attachments {limit}; too_many_uploads {limit};
    too_long {name} (of the field); too_much_markup {}; wrong_key {}; full {used, quota} (bytes);
    too_large, see DraftTooLarge.
    """

    def __init__(self, reason: str, **values: str | int) -> None:
        super().__init__(reason)
        self.reason = reason
        self.values = values


class DraftTooLarge(DraftRefused):
    """The message would be larger than what travels: `size` of `limit` bytes, base64 included."""

    def __init__(self, limit: int, size: int) -> None:
        super().__init__("too_large", limit=limit, size=size)
        self.limit = limit
        self.size = size


@dataclass(frozen=True, slots=True)
class File:
    """One attachment; `close` it once it is stored."""

    name: str
    content_type: str
    content: Content
    cid: str = ""
    """Content-ID of an inline image, without angle brackets."""

    def close(self) -> None:
        if isinstance(self.content, SpoolContent):
            self.content.close()


@dataclass(frozen=True, slots=True)
class Room:
    """What a draft has room for."""

    attachments: int
    """How many it has."""
    size: int
    """Bytes it takes as it travels."""
    limit: int
    """Bytes it may take."""

    def after(self, size: int) -> "Room":
        """The room left by one more attachment of `size` bytes. Raises DraftRefused where it does not fit."""
        if self.attachments >= ATTACHMENTS_LIMIT:
            raise DraftRefused("too_many_attachments", limit=ATTACHMENTS_LIMIT)
        whole = self.size + ROOM_FOR_PART + encoded_size(size)
        if whole > self.limit:
            raise DraftTooLarge(self.limit, whole)
        return Room(self.attachments + 1, whole, self.limit)


def room_of(stored: StoredDraft, limit: int) -> Room:
    """`limit`: bytes of a message as it travels."""
    size = estimated_size(stored.draft, [one.size for one in stored.attachments])
    return Room(len(stored.attachments), size, limit)


async def received(chunks: AsyncIterator[bytes], room: Room, spool_dir: Path) -> Content:
    """What comes in, whole. Raises DraftRefused as soon as it does not fit, StoreFull, StoreError."""
    gathered = bytearray()
    spool: SpoolContent | None = None
    size = 0
    try:
        async for piece in chunks:
            size += len(piece)
            room.after(size)
            if spool is None and size > IN_MEMORY_BYTES:
                spool = _spool(spool_dir)
                _put(spool, gathered)
                gathered.clear()
            if spool is None:
                gathered += piece
            else:
                _put(spool, piece)
    except BaseException:
        if spool is not None:
            spool.close()
        raise
    return MemoryContent(bytes(gathered)) if spool is None else spool


def files_of(
    db: sqlite3.Connection, account_id: int, message_id: int, html: str, room: Room, spool_dir: Path
) -> list[File]:
    """The attachments of a stored message, decoded; those that `html` shows (cid:) keep their Content-ID.

    A read function that takes long. Raises LookupError where the account has no such message, DraftRefused, StoreError.
    """
    found = messages.get(db, account_id, message_id)
    if found is None:
        raise LookupError(message_id)
    content = StoredContent(db, found.content_id)
    files: list[File] = []
    try:
        for part in parse(content).attachments:
            room = room.after(0)  # before it is decoded: they may be many
            files.append(_decoded(content, part, html, spool_dir))
            room = Room(room.attachments, room.size + encoded_size(files[-1].content.size), room.limit)
            if room.size > room.limit:
                raise DraftTooLarge(room.limit, room.size)
    except BaseException:
        for file in files:
            file.close()
        raise
    return files


def add(
    db: sqlite3.Connection, account_id: int, draft_id: int, held: bytes | int, file: File, limit: int
) -> tuple[DraftAttachment, int]:
    """Give a file to a draft: its bytes, or content written ahead. The attachment and the seq of the change.

    Raises LookupError where the draft is gone or submitted, DraftRefused.
    """
    stored = drafts.get(db, account_id, draft_id)
    if stored is None:
        raise LookupError(draft_id)
    room_of(stored, limit).after(file.content.size)  # others may have come meanwhile
    check_file(db, account_id, file.content.size)
    content_id = held if isinstance(held, int) else contents.add(db, held, contents.NO_WORDS, 1)
    added = drafts.add_attachment(
        db,
        account_id,
        draft_id,
        content_id,
        safe_name(file.name) or "attachment",
        file.content_type[:TYPE_LIMIT],
        file.content.size,
        file.cid[:CID_LIMIT],
    )
    return added, changes.latest(db)


def check_file(db: sqlite3.Connection, account_id: int, size: int) -> None:
    """Raise DraftRefused (full) where the account's quota has no room for a file of so many bytes. LookupError."""
    if not quotas.fits(db, account_id, max(size, 1)):
        raise _full(quotas.of(db, account_id))


def check_written(db: sqlite3.Connection, account_id: int, before: int) -> None:
    """Raise DraftRefused (full) where what was written just now grew a full account (`before`: its bytes until then).

    A letter can be written and sent all the same: a full account still has WRITING_BYTES for the text of its drafts.
    """
    usage = quotas.of(db, account_id)
    if usage.quota and usage.used > max(before, usage.quota) and quotas.drafted(db, account_id) > WRITING_BYTES:
        raise _full(usage)


def _full(usage: quotas.Usage) -> DraftRefused:
    return DraftRefused("full", used=usage.used, quota=usage.quota)


def _decoded(content: Content, part: Part, html: str, spool_dir: Path) -> File:
    cid = part.content_id if part.content_id and f"cid:{part.content_id}" in html else ""
    pieces = decoded(content, part)
    if part.size <= IN_MEMORY_BYTES:
        return File(part.name, part.content_type, MemoryContent(b"".join(pieces)), cid)
    spool = _spool(spool_dir)
    try:
        for piece in pieces:
            _put(spool, piece)
    except BaseException:
        spool.close()
        raise
    return File(part.name, part.content_type, spool, cid)


def _spool(directory: Path) -> SpoolContent:
    try:
        return SpoolContent(directory)
    except OSError as error:
        raise StoreError("the spool cannot be used") from error


def _put(spool: SpoolContent, piece: bytes | bytearray) -> None:
    try:
        spool.append(piece)
    except OSError as error:
        raise StoreFull("no room in the spool") from error
