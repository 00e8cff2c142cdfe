"""Limits on guessing passwords: they delay, they never lock an owner out."""

import time
from collections import OrderedDict
from collections.abc import Callable

FREE_PER_CLIENT = 10
FREE_PER_ADDRESS = 20
LONGEST_DELAY_S = 60
FORGET_S = 900
KEPT = 20_000
"""Clients and addresses remembered; the one not seen for longest goes first."""


class LoginLimits:
    """Failures per client address and per account address, forgotten after a quarter of an hour.

    A client from which the account has logged in before is exempt from the account's own count: an attacker
    elsewhere cannot keep the owner waiting.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._failures: OrderedDict[str, tuple[int, float]] = OrderedDict()

    def wait_s(self, client: str, address: str, *, known: bool) -> int:
        """Seconds until this client may try this address again, 0 for now."""
        waits = [self._left("client " + client, FREE_PER_CLIENT)]
        if not known:
            waits.append(self._left("address " + address, FREE_PER_ADDRESS))
        return max(waits)

    def failed(self, client: str, address: str) -> None:
        now = self._clock()
        for key in ("client " + client, "address " + address):
            count, last = self._failures.pop(key, (0, now))
            self._failures[key] = (1 if now - last > FORGET_S else count + 1, now)
        while len(self._failures) > KEPT:
            self._failures.popitem(last=False)

    def succeeded(self, client: str, address: str) -> None:
        self._failures.pop("client " + client, None)
        self._failures.pop("address " + address, None)

    def _left(self, key: str, free: int) -> int:
        count, last = self._failures.get(key, (0, 0.0))
        elapsed = self._clock() - last
        if count < free or elapsed > FORGET_S:
            return 0
        delay = min(2.0 ** min(count - free, 10), LONGEST_DELAY_S)
        return max(0, int(delay - elapsed + 0.999))
