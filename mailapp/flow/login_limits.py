"""Limits on guessing passwords: they delay, they never lock an owner out."""

import time
from collections import OrderedDict
from collections.abc import Callable

FREE = {"client": 10, "address": 20, "pair": 10}
"""Failures without a delay: of one client, for one address, of one client for one address."""
LONGEST_DELAY_S = 60
FORGET_S = 900
KEPT = 20_000
"""Counts remembered; the one not touched for longest goes first."""
WAITING_PER_CLIENT = 2
"""Tries of one client that may be under way at once."""

Key = tuple[str, ...]


class LoginLimits:
    """Failures per client, per address and per pair of both, forgotten after a quarter of an hour.

    A try counts as failed from its beginning, so that a burst cannot overtake the count; success takes it back. A
    client the account has logged in from before is exempt from the address's count: an attacker elsewhere cannot
    keep the owner waiting.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._failures: OrderedDict[Key, tuple[int, float]] = OrderedDict()
        self._under_way: dict[str, int] = {}

    def begin(self, client: str, address: str, *, known: bool) -> int:
        """Seconds to wait, or 0: then the try has begun and `end` must follow."""
        if self._under_way.get(client, 0) >= WAITING_PER_CLIENT:
            return 1
        keys = [("client", client), ("pair", client, address)]
        if not known:
            keys.append(("address", address))
        wait = max(self._left(key) for key in keys)
        if wait:
            return wait
        self._under_way[client] = self._under_way.get(client, 0) + 1
        for key in (("client", client), ("pair", client, address), ("address", address)):
            self._count(key, 1)
        return 0

    def end(self, client: str, address: str, *, succeeded: bool) -> None:
        """The try is over."""
        left = self._under_way.pop(client, 1) - 1
        if left:
            self._under_way[client] = left
        if succeeded:
            # only this try is taken back from the client: logging in as oneself must not buy guesses at others
            self._count(("client", client), -1)
            self._failures.pop(("pair", client, address), None)
            self._failures.pop(("address", address), None)

    def guess(self, client: str) -> int:
        """Seconds to wait, or 0: then a try at something no account stands behind (a link) counts as a failure of the
        client alone, until `guessed_right`."""
        wait = self._left(("client", client))
        if not wait:
            self._count(("client", client), 1)
        return wait

    def guessed_right(self, client: str) -> None:
        """Take the last `guess` back."""
        self._count(("client", client), -1)

    def _count(self, key: Key, change: int) -> None:
        now = self._clock()
        count, last = self._failures.pop(key, (0, now))
        count = max(0, (0 if now - last > FORGET_S else count) + change)
        self._failures[key] = (count, now if change > 0 else last)
        while len(self._failures) > KEPT:
            self._failures.popitem(last=False)

    def _left(self, key: Key) -> int:
        count, last = self._failures.get(key, (0, 0.0))
        elapsed = self._clock() - last
        over = count - FREE[key[0]]
        if over < 0 or elapsed > FORGET_S:
            return 0
        return max(0, int(min(2.0 ** min(over, 10), LONGEST_DELAY_S) - elapsed + 0.999))
