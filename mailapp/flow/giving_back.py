"""Room that erased mail leaves in the database file goes back to the disk where it is much; new mail takes the rest."""

import asyncio
import time
from functools import partial

from mailapp.flow.precedence import Precedence
from mailapp.flow.repeating import repeat
from mailapp.store import free_pages
from mailapp.store.database import Database

LOOK_S = 600.0
FROM_BYTES = 67_108_864
FROM_PART = 5
"""It begins where more than FROM_BYTES and a fifth of the file are free."""
UNTIL_PART = 10
"""It ends where a tenth of the file is: what comes tomorrow takes that."""
AT_ONCE = 32
"""Pages of a step: 2 ms of the writer."""
REST = 20
"""Rests so many times as long as it worked, and REST_S at least."""
REST_S = 0.5


async def give_back(database: Database, precedence: Precedence) -> None:
    """Look now and every LOOK_S, until cancelled."""
    await repeat(partial(give_back_once, database, precedence), LOOK_S, "giving room back to the disk")


async def give_back_once(database: Database, precedence: Precedence, rest_s: float = REST_S) -> int:
    """Give back what is too much, a few pages at a time and after the deliveries under way; how many pages."""
    found = await database.read(free_pages.pages)
    if found.free_bytes < FROM_BYTES or found.free * FROM_PART < found.all:
        return 0
    given = 0
    while found.free * UNTIL_PART > found.all:
        if free_pages.is_log_held(database.path):
            break
        await precedence.passed()
        began = time.monotonic()
        done = await database.write_lightly(free_pages.give_back, AT_ONCE)
        if not done:
            break
        given += done
        await asyncio.sleep(max(rest_s, (time.monotonic() - began) * REST) if rest_s else 0)
        found = await database.read(free_pages.pages)
    return given
