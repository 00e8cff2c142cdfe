"""The second step of admins, remembered: it opens the admin pages to one session for a quarter of an hour."""

from collections import OrderedDict

STEP_S = 900
"""Seconds it stands."""
STEPS_KEPT = 1_000


class SecondSteps:
    """Until when each session may use the admin pages, by the hash of its token; in memory, so a restart asks anew."""

    def __init__(self) -> None:
        self._until: OrderedDict[bytes, float] = OrderedDict()

    def begin(self, token_hash: bytes, now: float) -> None:
        self._until.pop(token_hash, None)
        self._until[token_hash] = now + STEP_S
        while len(self._until) > STEPS_KEPT or next(iter(self._until.values())) <= now:
            self._until.popitem(last=False)

    def stands(self, token_hash: bytes, now: float) -> bool:
        until = self._until.get(token_hash)
        return until is not None and 0 < until - now <= STEP_S

    def end(self, token_hash: bytes) -> None:
        self._until.pop(token_hash, None)
