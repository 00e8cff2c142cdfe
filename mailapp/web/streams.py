"""How many streams one session may hold open: each costs a socket, a subscription and a frame for every change."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from mailapp.events import Stopping, Subscription

STREAMS = 100
"""Open streams of one session: more tabs than anybody keeps, few enough for a small machine."""
AGED_S = 120.0
"""Seconds a stream has to stand before a newer one may take its place: it may be that of a peer that vanished. Younger
ones stay and the newest is refused, so that more tabs than places trade them slowly instead of fighting."""


class Places:
    """The open streams of every session, by the hash of its token."""

    def __init__(self) -> None:
        self._held: dict[bytes, dict[Subscription, float]] = {}

    @property
    def total(self) -> int:
        """Open streams in all."""
        return sum(len(each) for each in self._held.values())

    def is_free(self, token_hash: bytes) -> bool:
        """Whether a stream more would be let in."""
        held = self._held.get(token_hash, {})
        return len(held) < STREAMS or time.monotonic() - next(iter(held.values())) >= AGED_S

    @contextmanager
    def taken(self, token_hash: bytes, subscription: Subscription) -> Iterator[bool]:
        """Hold a place while a stream is open, ending the oldest where all are held; False where none is to be had."""
        if not self.is_free(token_hash):
            yield False
            return
        held = self._held.setdefault(token_hash, {})
        if len(held) >= STREAMS:
            oldest = next(iter(held))
            del held[oldest]
            oldest.put(Stopping())
        held[subscription] = time.monotonic()
        try:
            yield True
        finally:
            held.pop(subscription, None)
            if not held and self._held.get(token_hash) is held:
                del self._held[token_hash]
