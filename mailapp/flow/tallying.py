"""Counting what came for each address: behind deliveries, so that none of them pays for it."""

import asyncio
import time
from collections.abc import Callable

from mailapp.flow.repeating import repeat
from mailapp.store import tallies
from mailapp.store.database import Database

EVERY_S = 60.0
"""Seconds between two looks."""
AT_ONCE = 50
"""Messages counted in one transaction: some 2 ms of the writer."""
PRUNED_AT_ONCE = 2_000
"""Days of addresses forgotten in one transaction."""
REST_S = 0.02
"""Seconds between two transactions."""


class Tallying:
    """One per process."""

    def __init__(self, database: Database, clock: Callable[[], float] = time.time) -> None:
        self._database = database
        self._clock = clock

    async def run(self) -> None:
        """Count now and every EVERY_S, until cancelled."""
        await repeat(self._count, EVERY_S, "counting mail by address")

    async def _count(self) -> None:
        await self.catch_up()
        today = int(self._clock() * 1000) // tallies.DAY_MS
        if await self._database.read(tallies.is_stale, today):
            await self._database.write_lightly(tallies.prune, today, PRUNED_AT_ONCE)

    async def catch_up(self, batches: int | None = None) -> None:
        """Count what is not counted yet, at most so many batches of it."""
        while batches is None or batches > 0:
            if not await self._database.read(tallies.behind):
                return
            await self._database.write_lightly(tallies.advance, AT_ONCE)
            if batches is None:
                await asyncio.sleep(REST_S)
            else:
                batches -= 1
