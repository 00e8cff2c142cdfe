"""Large content on its way into the store: in pieces of their own transactions, so that nobody waits for it."""

import asyncio

from mailapp.mail.content import Content
from mailapp.store import contents
from mailapp.store.database import Database

WHOLE_BYTES = 1_048_576
"""Content above this is written ahead in chunks of its own transactions, so that nobody waits for it."""


async def write_ahead(database: Database, content: Content) -> int:
    """Write content and return its id, still `expected`: a crash leaves it to the sweep at the next start.

    Raises StoreError; nothing is left then.
    """
    content_id = await database.write(contents.expect, content.size)
    try:
        for position in range(-(-content.size // contents.CHUNK)):
            piece = await asyncio.to_thread(content.read, position * contents.CHUNK, contents.CHUNK)
            await database.write(contents.append, content_id, position, piece)
    except BaseException:
        await asyncio.shield(database.write(contents.remove, content_id))
        raise
    return content_id
