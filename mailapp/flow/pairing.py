"""Noting which characters stand side by side in very large mailboxes: behind deliveries, in small steps.

Once a day, at night, what is noted of mail that was erased is taken out.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from functools import partial
from typing import TypeVar

from mailapp.flow.precedence import LONGEST_S, Precedence
from mailapp.flow.repeating import repeat
from mailapp.flow.retention import day_of
from mailapp.store import search_pairs, search_pairs_gone, settings
from mailapp.store.database import Database

EVERY_S = 30.0
"""Seconds between two looks."""
SLICE_S = 0.003
"""Seconds of reading at a time."""
BUCKETS = 4
"""Rows of a block made of pieces at a time, some 2 ms each of a reader."""
GONE_BUCKETS = 32
"""Rows of a block at a time that are looked through for mail that is gone, under 1 ms of a reader."""
HOUR = 5
"""Of the day, in the server's zone, from which that is done: retention began two hours before."""
FORGOT = "pairs_forgot_day"
"""Setting: the day that was done last."""
RESTS = 3.0
"""Times as long as a step took until the next: it has a quarter of a processor at most."""
FLOOD_S = 1.0
"""Rest where mail comes in without a pause..."""
PATIENCE = 60
"""...so many times at most before a step: searches want it too."""

T = TypeVar("T")


class Pairing:
    """One per process."""

    def __init__(
        self,
        database: Database,
        precedence: Precedence,
        rests: float = RESTS,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._database = database
        self._precedence = precedence
        self._rests = rests
        self._clock = clock

    async def run(self) -> None:
        """Note what is not noted now and every EVERY_S, until cancelled."""
        await repeat(self._round, EVERY_S, "noting pairs of characters")

    async def _round(self) -> None:
        await self.catch_up()
        await self.forget_daily()

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

    async def forget_daily(self) -> None:
        """Forget what is due, once a day. What was broken off is begun again."""
        today = day_of(self._clock(), HOUR)
        if await self._database.read(settings.get, FORGOT) != today and await self.forget():
            await self._database.write(settings.set_, FORGOT, today)

    async def forget(self) -> bool:
        """Take out what is noted of mail that is gone, new mail noted in between; whether anything is noted at all."""
        found = await self._database.read(search_pairs_gone.noted)
        for one in found:
            left = await self._step(partial(self._database.read, search_pairs_gone.left, one))
            if left is None:
                continue
            for first in range(0, search_pairs.BUCKETS, GONE_BUCKETS):
                end = first + GONE_BUCKETS
                stale = await self._step(partial(self._database.read, search_pairs_gone.stale, one, left, first, end))
                if stale:
                    await self._step(partial(self._database.write_lightly, search_pairs_gone.write, one, stale))
            await self.catch_up()
        return bool(found)

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
