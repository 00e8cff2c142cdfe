"""Marks and outcomes on their way to the disk. A mark is waited for; outcomes gather and ride along in its commit.

At hundreds of messages a second, storing each outcome by itself is what costs most: so they wait some milliseconds for
others. A crash in them leaves a recipient in doubt who would have been in doubt a moment before as well.
"""

import asyncio
from collections.abc import Callable, Sequence

from mailapp.events import Bus, Changed
from mailapp.store import queue
from mailapp.store.database import Database
from mailapp.store.queue import Outcome, Settled

LINGER_S = 0.01
"""How long outcomes wait for others."""
MOMENT_S = 0.1
"""In a flood of results, how often pages of an account are told."""
ENOUGH = 8
"""Outcomes that are worth a unit of work."""
TOGETHER = 1_000
"""Outcomes of one unit of work."""

Waiting = tuple[Sequence[Outcome], "asyncio.Future[Settled]"]


class Ledger:
    """Writes what attempts do to recipients. One per relay loop."""

    def __init__(self, database: Database, bus: Bus, clock: Callable[[], float]) -> None:
        self._database = database
        self._bus = bus
        self._clock = clock
        self._waiting: list[Waiting] = []
        self._timer: asyncio.TimerHandle | None = None
        self._flushing: set[asyncio.Task[None]] = set()
        self._untold: dict[int, dict[int, int]] = {}
        """Accounts that were told a moment ago -> messages that came further since, and the last change of each."""

    async def mark(self, recipient_ids: Sequence[int]) -> None:
        """These recipients are in doubt from now on; on disk when this returns. Raises StoreError."""
        await self._database.write(queue.mark_in_doubt, recipient_ids, self._now_ms())

    async def settle(self, outcomes: Sequence[Outcome]) -> Settled:
        """Store outcomes and tell pages; on disk when this returns. Raises StoreError."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Settled] = loop.create_future()
        self._waiting.append((outcomes, future))
        if len(self._waiting) >= ENOUGH:
            self.flush()
        elif self._timer is None:
            self._timer = loop.call_later(LINGER_S, self.flush)
        # shield: others wait for the same commit
        return await asyncio.shield(future)

    def flush(self) -> None:
        """Write what waits, with the next commit."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        while self._waiting:
            number = size = 0
            while number < len(self._waiting) and (number == 0 or size + len(self._waiting[number][0]) <= TOGETHER):
                size += len(self._waiting[number][0])
                number += 1
            task = asyncio.create_task(self._write(self._waiting[:number]))
            del self._waiting[:number]
            self._flushing.add(task)
            task.add_done_callback(self._flushing.discard)

    async def _write(self, waiting: Sequence[Waiting]) -> None:
        outcomes = [one for group, _ in waiting for one in group]
        try:
            settled = await self._database.write(queue.settle, outcomes, self._now_ms())
        except Exception as error:
            for _, future in waiting:
                if not future.done():
                    future.set_exception(error)
                    future.exception()  # whoever waited may have gone
            return
        self.tell(settled)
        for _, future in waiting:
            if not future.done():
                future.set_result(settled)

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
