"""Full text of the release before moves into this one's table, a few messages at a time, while mail goes on."""

import asyncio
import time

from mailapp import maillog
from mailapp.flow.precedence import Precedence
from mailapp.store import search_moving
from mailapp.store.database import Database

AT_ONCE = 100
"""Messages of one transaction, about 25 ms of the writer."""
RESTS = 3
"""Times as long as a step took until the next: it has a quarter of the writer at most."""
AGAIN_S = 60.0
"""Until the next attempt after one that failed."""


async def reindex(database: Database, precedence: Precedence, rests: float = RESTS) -> None:
    """Move what there is to move, then end. Searches find everything meanwhile."""
    told = False
    while True:
        try:
            if not told and (number := await database.read(search_moving.waiting)):
                maillog.reindexing(number)
                told = True
            took = await _step(database, precedence)
        except Exception:
            maillog.unforeseen("indexing anew")
            await asyncio.sleep(AGAIN_S)
            continue
        if took is None:
            if told:
                maillog.reindexed()
            return
        await asyncio.sleep(rests * took)


async def _step(database: Database, precedence: Precedence) -> float | None:
    """Seconds it took; None where all is done."""
    await precedence.passed()
    began = time.monotonic()
    more = await database.write(search_moving.step, AT_ONCE)
    return time.monotonic() - began if more else None
