"""Noting which characters stand side by side in very large mailboxes: behind deliveries, in small steps."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from functools import partial
from typing import TypeVar

from mailapp.flow.precedence import LONGEST_S, Precedence
from mailapp.flow.repeating import repeat
from mailapp.store import search_pairs
from mailapp.store.database import Database

EVERY_S = 30.0
"""Seconds between two looks."""
SLICE_S = 0.003
"""Seconds of reading at a time."""
BUCKETS = 4
"""Rows of a block made of pieces at a time, some 2 ms each of a reader."""
RESTS = 3.0
"""Times as long as a step took until the next: it has a quarter of a processor at most."""
FLOOD_S = 1.0
"""Rest where mail comes in without a pause..."""
PATIENCE = 60
"""...so many times at most before a step: searches want it too."""

T = TypeVar("T")


class Pairing:
    """One per process."""

    def __init__(self, database: Database, precedence: Precedence, rests: float = RESTS) -> None:
        self._database = database
        self._precedence = precedence
        self._rests = rests

    async def run(self) -> None:
        """Note what is not noted now and every EVERY_S, until cancelled."""
        await repeat(self.catch_up, EVERY_S, "noting pairs of characters")

    async def catch_up(self) -> None:
        """Note all that is not noted yet. What was begun and not written is begun again."""
        while True:
            await self._join()
            found = await self._database.read(search_pairs.waiting)
            if found is None:
                return
            piece = search_pairs.Piece(*found)
            while not piece.full:
                await self._step(partial(self._database.read, search_pairs.gather, piece, SLICE_S))
            await self._step(partial(self._database.write_lightly, search_pairs.write, piece))

    async def _join(self) -> None:
        while (part := await self._step(partial(self._database.read, search_pairs.full, BUCKETS))) is not None:
            await self._step(partial(self._database.write_lightly, search_pairs.join, part))

    async def _step(self, work: Callable[[], Awaitable[T]]) -> T:
        await self._quiet()
        began = time.monotonic()
        done = await work()
        await asyncio.sleep(self._rests * (time.monotonic() - began))
        return done

    async def _quiet(self) -> None:
        for _ in range(PATIENCE):
            began = time.monotonic()
            await self._precedence.passed()
            if time.monotonic() - began < LONGEST_S / 2:
                return
            await asyncio.sleep(FLOOD_S)
