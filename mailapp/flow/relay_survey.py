"""What a batch of claims needs from the store, read at once: our own domains, the relays, small contents."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from mailapp.flow.spool import SpoolContent
from mailapp.flow.writing import WHOLE_BYTES
from mailapp.mail.address import domain_of
from mailapp.mail.content import Content, MemoryContent
from mailapp.store import contents, queue, relays
from mailapp.store.database import Database
from mailapp.store.queue import Claim
from mailapp.values import dataclass

SMALL_BYTES = 65_536
"""Content up to this is read with its batch."""
BATCH_BYTES = 2_097_152
"""Content of one batch that is held beforehand."""


@dataclass(frozen=True, slots=True)
class Survey:
    local_domains: frozenset[str]
    routes: dict[str, tuple[relays.Relay, ...]]
    """By sender domain, in the order they are tried."""
    held: dict[int, bytes]
    """Content by its id."""

    def is_local(self, address: str) -> bool:
        return domain_of(address) in self.local_domains


def look(db: sqlite3.Connection, claims: Sequence[Claim]) -> Survey:
    """Read it, in one snapshot."""
    room = BATCH_BYTES
    held: dict[int, bytes] = {}
    for claim in claims:
        if claim.size <= min(SMALL_BYTES, room) and claim.content_id not in held:
            held[claim.content_id] = _whole(db, claim.content_id)
            room -= len(held[claim.content_id])
    return Survey(queue.local(db), routes(db, {domain_of(claim.reverse_path) for claim in claims}), held)


def routes(db: sqlite3.Connection, sender_domains: set[str]) -> dict[str, tuple[relays.Relay, ...]]:
    """The relays of each domain."""
    return {domain: tuple(relays.for_domain(db, domain)) for domain in sender_domains}


def _whole(db: sqlite3.Connection, content_id: int) -> bytes:
    stored = contents.StoredContent(db, content_id)
    return stored.read(0, stored.size)


@asynccontextmanager
async def content_of(database: Database, claim: Claim, held: bytes | None) -> AsyncIterator[Content]:
    """A claim's content: in memory, or above 1 MiB copied to a file without a name. Raises LookupError, StoreError."""
    if held is not None:
        yield MemoryContent(held)
    elif claim.size <= WHOLE_BYTES:
        yield MemoryContent(await database.read(_whole, claim.content_id))
    else:
        copy = SpoolContent(database.path.parent)
        try:
            size = (await database.read(contents.StoredContent, claim.content_id)).size
            while copy.size < size:
                piece = await database.read(contents.read, claim.content_id, copy.size, contents.CHUNK)
                if not piece:
                    raise LookupError(claim.content_id)
                await asyncio.to_thread(copy.append, piece)
            yield copy
        finally:
            copy.close()
