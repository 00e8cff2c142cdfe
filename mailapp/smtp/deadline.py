"""When a client must have done what comes next: one timer per connection."""

import asyncio
from collections.abc import Callable

_FOREVER = float("inf")


class Deadline:
    """Calls `late(reply)` once, with the 421 that fits. Moving it forward, which every command does, is nearly free."""

    __slots__ = ("_at", "_cancelled", "_end", "_late", "_loop", "_timer", "_timer_at")

    def __init__(self, loop: asyncio.AbstractEventLoop, duration: float, late: Callable[[str], None]) -> None:
        """`duration`: seconds the whole connection may last, unless something of ours is under way at its end."""
        self._loop = loop
        self._late = late
        self._end = loop.time() + duration
        self._at = _FOREVER
        self._timer_at = _FOREVER
        self._timer: asyncio.TimerHandle | None = None
        self._cancelled = False

    def within(self, seconds: float) -> None:
        """Expect the next thing from the client. Bytes that trickle in do not move this."""
        self._at = self._loop.time() + seconds
        # A timer that fires early arms itself anew; so it is touched only when it would fire late.
        if self._at < self._timer_at - 1.0 or self._timer is None:
            self._arm()

    def later(self, seconds: float) -> None:
        """Put a deadline that exists off; cheaper than within()."""
        self._at = self._loop.time() + seconds

    def never(self) -> None:
        """It is our turn, however long it takes."""
        self._at = _FOREVER

    def cancel(self) -> None:
        """Never call."""
        self._cancelled = True
        if self._timer is not None:
            self._timer.cancel()

    def _arm(self) -> None:
        if self._cancelled:
            return
        if self._timer is not None:
            self._timer.cancel()
        # Past its end, a connection of which something is under way is looked at again every second.
        self._timer_at = min(self._at, max(self._end, self._loop.time() + 1.0))
        self._timer = self._loop.call_at(self._timer_at, self._fire)

    def _fire(self) -> None:
        self._timer = None
        now = self._loop.time() + 0.001
        if now >= self._at:
            self._late("421 4.4.2 Timeout, closing connection")
        elif now >= self._end and self._at != _FOREVER:
            self._late("421 4.4.2 Connection lasted too long")
        else:
            self._arm()
