"""How much one may ask for in a minute: a fixed window each, so that the answer can say what is left and until when."""

import time
from collections import OrderedDict
from collections.abc import Callable

from mailapp.values import dataclass

WINDOW_S = 60
KEPT = 10_000
"""Windows remembered; the one not touched for longest goes first."""


@dataclass(frozen=True, slots=True)
class Allowance:
    """What a request was counted against."""

    limit: int
    """Requests in a window."""
    left: int
    reset_s: int
    """Whole seconds until it is full again, at least 1."""
    refused: bool
    """Whether this one was too many."""


class Allowances:
    """Counts requests by a number (a token's id)."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._windows: OrderedDict[int, tuple[float, int]] = OrderedDict()

    def spend(self, key: int, limit: int) -> Allowance:
        """Count one request."""
        now = self._clock()
        began, count = self._windows.pop(key, (now, 0))
        if now - began >= WINDOW_S:
            began, count = now, 0
        refused = count >= limit
        count += not refused
        self._windows[key] = (began, count)
        if len(self._windows) > KEPT:
            self._windows.popitem(last=False)
        return Allowance(limit, limit - count, max(1, int(began + WINDOW_S - now + 0.999)), refused)
