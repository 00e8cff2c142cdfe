"""Marks and outcomes on their way to the disk. A mark is waited for; outcomes gather and ride along in its commit.

At hundreds of messages a second, storing each outcome by itself is what costs most: so they wait some milliseconds for
others. A crash in them leaves a recipient in doubt who would have been in doubt a moment before as well.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TypeVar

from mailapp.events import Bus, Changed
from mailapp.flow.precedence import Precedence
from mailapp.store import queue
from mailapp.store.database import Database
from mailapp.store.queue import Outcome, Settled

LINGER_S = 0.01
"""How long outcomes wait for others."""
MARK_S = 0.003
"""How long a mark waits for others, where others are expected."""
MOMENT_S = 0.1
"""In a flood of results, how often pages of an account are told."""
ENOUGH = 32
"""Outcomes that are worth a commit."""
TOGETHER = 1_000
"""Outcomes of one unit of work."""

T = TypeVar("T")
Marking = tuple[Sequence[int], "asyncio.Future[None]"]
Settling = tuple[Sequence[Outcome], "asyncio.Future[Settled]"]


class Ledger:
    """Writes what attempts do to recipients. One per relay loop."""

    def __init__(self, database: Database, bus: Bus, clock: Callable[[], float], precedence: Precedence) -> None:
        self._database = database
        self._precedence = precedence
        self._bus = bus
        self._clock = clock
        self._marks: list[Marking] = []
        self._outcomes: list[Settling] = []
        self._coming = 0
        """Transactions that will ask for a mark soon."""
        self._timer: asyncio.TimerHandle | None = None
        self._writing: asyncio.Task[None] | None = None
        self._untold: dict[int, dict[int, int]] = {}
        """Accounts that were told a moment ago -> messages that came further since, and the last change of each."""

    @contextmanager
    def transaction(self) -> Iterator[Callable[[], None]]:
        """One is under way and will ask for a mark: others wait a moment for it. Call what is given when it does."""
        here = True

        def over() -> None:
            nonlocal here
            self._coming -= here
            here = False

        self._coming += 1
        try:
            yield over
        finally:
            over()
            self._look()

    async def mark(self, recipient_ids: Sequence[int]) -> None:
        """These recipients are in doubt from now on; on disk when this returns. Raises StoreError."""
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._marks.append((recipient_ids, future))
        self._look()
        # shield: others wait for the same commit
        await asyncio.shield(future)

    async def settle(self, outcomes: Sequence[Outcome]) -> Settled:
        """Store outcomes and tell pages; on disk when this returns. Raises StoreError."""
        future: asyncio.Future[Settled] = asyncio.get_running_loop().create_future()
        self._outcomes.append((outcomes, future))
        self._look()
        # shield: others wait for the same commit
        return await asyncio.shield(future)

    def _look(self) -> None:
        """Write what waits, at once where nothing else is to be expected; one commit after the other."""
        if self._writing is not None or not (self._marks or self._outcomes):
            return
        if (self._marks and not self._coming) or len(self._outcomes) >= ENOUGH:
            self._begin()
        else:
            loop = asyncio.get_running_loop()
            when = loop.time() + (MARK_S if self._marks else LINGER_S)
            if self._timer is not None and self._timer.when() > when:
                self._timer.cancel()
                self._timer = None
            if self._timer is None:
                self._timer = loop.call_at(when, self._begin)

    def _begin(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._writing = asyncio.create_task(self._write())
        self._writing.add_done_callback(self._written)

    def _written(self, _: "asyncio.Task[None]") -> None:
        self._writing = None
        self._look()

    async def _write(self) -> None:
        """Everything that waits, in one commit."""
        await self._precedence.passed()
        marks, self._marks = self._marks, []
        number = size = 0
        while number < len(self._outcomes) and (number == 0 or size + len(self._outcomes[number][0]) <= TOGETHER):
            size += len(self._outcomes[number][0])
            number += 1
        settling, self._outcomes = self._outcomes[:number], self._outcomes[number:]
        await asyncio.gather(self._write_marks(marks), self._write_outcomes(settling))

    async def _write_marks(self, marks: Sequence[Marking]) -> None:
        if marks:
            ids = [one for some, _ in marks for one in some]
            await self._answer(marks, self._database.write_later(queue.mark_in_doubt, ids, self._now_ms()))

    async def _write_outcomes(self, settling: Sequence[Settling]) -> None:
        if settling:
            outcomes = [one for some, _ in settling for one in some]
            settled = await self._answer(settling, self._database.write_later(queue.settle, outcomes, self._now_ms()))
            if settled is not None:
                self.tell(settled)

    async def _answer(self, waiting: Sequence[tuple[object, "asyncio.Future[T]"]], writing: Awaitable[T]) -> T | None:
        """Give everybody who waits what came of writing, one after the other; None where it failed."""
        try:
            result = await writing
        except Exception as error:
            for _, future in waiting:
                if not future.done():
                    future.set_exception(error)
                    future.exception()  # whoever waited may have gone
            return None
        async for _, future in self._precedence.one_by_one(waiting):
            if not future.done():
                future.set_result(result)
        return result

    def tell(self, settled: Settled) -> None:
        """Pages show it: at once, and what follows within a moment together."""
        for account_id, seq in settled.seqs.items():
            seqs = dict.fromkeys(settled.message_ids.get(account_id, ()), seq)
            if account_id in self._untold:
                self._untold[account_id].update(seqs)
            else:
                self._publish(account_id, seqs)

    def _publish(self, account_id: int, seqs: dict[int, int]) -> None:
        self._bus.publish(Changed(account_id, max(seqs.values()), tuple(seqs)))
        self._untold[account_id] = {}
        asyncio.get_running_loop().call_later(MOMENT_S, self._tell_more, account_id)

    def _tell_more(self, account_id: int) -> None:
        seqs = self._untold.pop(account_id)
        if seqs:
            self._publish(account_id, seqs)

    def _now_ms(self) -> int:
        return int(self._clock() * 1000)
