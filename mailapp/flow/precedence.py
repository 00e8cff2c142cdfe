"""Who goes first: people wait for mail that comes in, and for mail that leaves nobody does; so the relay gives way."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import TypeVar

SHOWN_S = 0.004
"""After a delivery: open pages are told of it now."""
LONGEST_S = 0.015
"""What a step of the relay waits at most: a flood of mail that comes in slows mail that leaves, and never stops it."""


T = TypeVar("T")


class Precedence:
    """Knows whether mail comes in. One per process, on the event loop."""

    def __init__(self) -> None:
        self._under_way = 0
        self._free = asyncio.Event()
        self._free.set()
        self._timer: asyncio.TimerHandle | None = None

    @contextmanager
    def taking(self) -> Iterator[None]:
        """Mail is taken in."""
        self._under_way += 1
        self._free.clear()
        try:
            yield
        finally:
            self._under_way -= 1
            if self._timer is not None:
                self._timer.cancel()
            self._timer = asyncio.get_running_loop().call_later(SHOWN_S, self._look)

    async def passed(self) -> None:
        """Return when nothing comes in, at the latest after LONGEST_S."""
        await self._passed(asyncio.get_running_loop().time() + LONGEST_S)

    async def one_by_one(self, items: Iterable[T]) -> AsyncIterator[T]:
        """The items, with room for others after each, and when nothing comes in; LONGEST_S later in all at most.

        What eight connections have to do now is 4 ms of the event loop: mail that comes in need not wait for all of it.
        """
        until = asyncio.get_running_loop().time() + LONGEST_S
        for item in items:
            await self._passed(until)
            yield item
            await asyncio.sleep(0)

    async def _passed(self, until: float) -> None:
        if not self._free.is_set():
            with suppress(TimeoutError):
                async with asyncio.timeout_at(until):
                    await self._free.wait()

    def _look(self) -> None:
        if self._under_way == 0:
            self._free.set()
