"""Who goes first: mail that comes in is waited for by people, mail that leaves by none; so the relay gives way to it."""

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

SHOWN_S = 0.004
"""After a delivery: open pages are told of it now."""
LONGEST_S = 0.015
"""What a step of the relay waits at most: a flood of mail that comes in slows mail that leaves, and never stops it."""
LOOK_S = 0.001


class Precedence:
    """Knows what comes in. One per process, on the event loop."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        """`now` gives seconds."""
        self._now = now
        self._under_way = 0
        self._until = 0.0

    @contextmanager
    def taking(self) -> Iterator[None]:
        """Mail is taken in."""
        self._under_way += 1
        try:
            yield
        finally:
            self._under_way -= 1
            self._until = self._now() + SHOWN_S

    @property
    def claimed(self) -> bool:
        """Whether mail comes in, or just did."""
        return self._under_way > 0 or self._now() < self._until

    async def passed(self) -> None:
        """Return when nothing comes in, or after LONGEST_S."""
        if not self.claimed:
            return
        end = self._now() + LONGEST_S
        while self.claimed and self._now() < end:
            await asyncio.sleep(LOOK_S)
