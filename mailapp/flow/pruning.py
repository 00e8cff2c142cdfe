"""The journal of changes is kept short: who is too far behind reloads anyway."""

import asyncio

from mailapp import maillog
from mailapp.store import changes
from mailapp.store.database import Database

CHANGES_KEPT = 100_000
EVERY_S = 3_600


async def prune(database: Database) -> None:
    """Now and then, until cancelled."""
    while True:
        await asyncio.sleep(EVERY_S)
        try:
            await database.write(changes.prune, CHANGES_KEPT)
        except Exception:
            maillog.unforeseen("pruning the journal")
