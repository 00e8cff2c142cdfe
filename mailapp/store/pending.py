"""What waits for the writer, in the order it is taken: what people wait for first, what nobody waits for after it."""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any

from mailapp.store.units import Outcome, Unit

Waiting = tuple[Unit, "asyncio.Future[Any]"]

BATCH_LIMIT = 200
"""Units of work that may share one commit."""
PATIENCE_S = 0.02
"""How long units without hurry are passed over while others come."""


class Pending:
    """Units of work and who waits for them. For the event loop's thread."""

    def __init__(self, clock: Callable[[], float]) -> None:
        """`clock` gives seconds; it never goes back."""
        self._clock = clock
        self._first: deque[Waiting] = deque()
        self._later: deque[Waiting] = deque()
        self._single = 0
        """Units in a hurry that share nothing but the commit."""
        self._later_since = 0.0
        """Since when the first of those without hurry could have been taken."""

    def __len__(self) -> int:
        return len(self._first) + len(self._later)

    @property
    def shared(self) -> int:
        """Units that cost less together, where nothing else is in a hurry; 0 where anything is."""
        return 0 if self._single else len(self._first)

    def put(self, unit: Unit, future: "asyncio.Future[Any]") -> None:
        if unit.hurries:
            self._first.append((unit, future))
            self._single += unit.on_all is None
            return
        if not self._later:
            self._later_since = self._clock()
        self._later.append((unit, future))

    def take(self) -> list[Waiting]:
        """The next commit's: those in a hurry; the others where there are none, or where they waited long enough."""
        batch = [self._first.popleft() for _ in range(min(len(self._first), BATCH_LIMIT))]
        self._single -= sum(unit.on_all is None for unit, _ in batch)
        if not batch or self._clock() - self._later_since >= PATIENCE_S:
            batch += [self._later.popleft() for _ in range(min(len(self._later), max(BATCH_LIMIT - len(batch), 1)))]
            self._later_since = self._clock()
        return batch


def settle(batch: Sequence[Waiting], outcomes: Sequence[Outcome]) -> None:
    """Give everybody who waits what came of it."""
    for (_, future), (result, error) in zip(batch, outcomes, strict=True):
        if future.done():
            continue
        if error is None:
            future.set_result(result)
        else:
            future.set_exception(error)
            future.exception()  # a caller that has gone must not leave a warning
