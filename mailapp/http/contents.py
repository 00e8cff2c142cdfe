"""Contents of the store sent in pieces, each a short read of its own, so that nothing is held."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator

from mailapp.store.contents import StoredContent
from mailapp.store.database import Database

PIECE = 262_144
"""Bytes per read of the store and per write to the client, about."""


class RemoteContent:
    """Content read piece by piece from a thread: each piece is a short read of its own, so nothing is held."""

    def __init__(self, database: Database, content_id: int, size: int) -> None:
        self._database = database
        self._content_id = content_id
        self._size = size
        self._loop = asyncio.get_running_loop()

    @classmethod
    async def of(cls, database: Database, content_id: int) -> "RemoteContent":
        return cls(database, content_id, await database.read(_size, content_id))

    @property
    def size(self) -> int:
        return self._size

    def read(self, offset: int, length: int) -> bytes:
        """Only from a thread, never from the event loop."""
        return asyncio.run_coroutine_threadsafe(self.piece(offset, length), self._loop).result()

    async def piece(self, offset: int, length: int) -> bytes:
        return await self._database.read(_read, self._content_id, offset, length)


def _size(db: sqlite3.Connection, content_id: int) -> int:
    return StoredContent(db, content_id).size


def _read(db: sqlite3.Connection, content_id: int, offset: int, length: int) -> bytes:
    try:
        return StoredContent(db, content_id).read(offset, length)
    except LookupError:
        # deleted for good while it was being downloaded: the file ends here
        return b""


async def original(trace: bytes, content: RemoteContent) -> AsyncIterator[bytes]:
    """A message as it came to one account: the trace fields of this copy, then its content."""
    yield trace
    for offset in range(0, content.size, PIECE):
        piece = await content.piece(offset, PIECE)
        if not piece:
            return
        yield piece
