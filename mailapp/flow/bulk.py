"""Acts of any size, in transactions small enough that incoming mail never waits for them.

A work runs by itself, one after the other in each account. Who asked for it waits a moment and is then told how far it
is; the journal is told at the end, and now and then before.
"""

import asyncio
import itertools
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import field

from mailapp import maillog
from mailapp.events import Bus, Changed
from mailapp.store import acts
from mailapp.store.database import Database
from mailapp.values import dataclass

PATIENCE_S = 1.5
"""How long whoever asked waits for the end."""
TELL_S = 5.0
"""Seconds between two tellings of one work: each makes every open list load anew."""
WAITING = 4
"""Works of one account that may run or wait; above it `start` raises Busy."""
KEPT = 256
"""Works remembered of all accounts, so that pages can ask how they ended."""


class Busy(Exception):
    """The account has enough under way already."""


@dataclass(slots=True)
class Work:
    """One act under way, or done."""

    id: int
    account_id: int
    done: int = 0
    """Messages changed so far."""
    undo_id: int | None = None
    ended: bool = False
    finished: asyncio.Event = field(default_factory=asyncio.Event)
    failed: bool = False
    told_at: float = field(default_factory=time.monotonic)


Steps = Callable[[Work], Awaitable[None]]


class Works:
    """One per process."""

    def __init__(self, database: Database, bus: Bus) -> None:
        self._database = database
        self._bus = bus
        self._numbers = itertools.count(1)
        self._kept: OrderedDict[int, Work] = OrderedDict()
        self._tasks: dict[int, set[asyncio.Task[None]]] = {}
        self._locks: dict[int, asyncio.Lock] = {}

    def get(self, account_id: int, work_id: int) -> Work | None:
        """A work of the account, under way or ended lately."""
        work = self._kept.get(work_id)
        return work if work is not None and work.account_id == account_id else None

    async def start(self, account_id: int, steps: Steps) -> Work:
        """Begin a work and wait PATIENCE_S for its end. Raises Busy."""
        tasks = self._tasks.setdefault(account_id, set())
        if len(tasks) >= WAITING:
            raise Busy
        work = Work(next(self._numbers), account_id)
        self._kept[work.id] = work
        while len(self._kept) > KEPT:
            self._kept.popitem(last=False)
        task = asyncio.create_task(self._run(work, steps))
        tasks.add(task)
        await asyncio.wait({task}, timeout=PATIENCE_S)
        return work

    async def _run(self, work: Work, steps: Steps) -> None:
        tasks = self._tasks[work.account_id]
        try:
            async with self._locks.setdefault(work.account_id, asyncio.Lock()):
                await steps(work)
        except Exception:
            work.failed = True
            maillog.unforeseen("filing many messages")
        finally:
            try:
                if work.done:
                    await self.tell(work)
            except Exception:
                maillog.unforeseen("telling of many messages")
            work.ended = True
            work.finished.set()
            tasks.discard(asyncio.current_task())
            if not tasks:
                self._tasks.pop(work.account_id, None)
                self._locks.pop(work.account_id, None)

    async def advanced(self, work: Work, changed: int, undo_id: int | None = None) -> None:
        """Count what a step changed; tell everybody where they have not heard for long."""
        work.done += changed
        work.undo_id = undo_id or work.undo_id
        if time.monotonic() - work.told_at > TELL_S:
            await self.tell(work)

    async def tell(self, work: Work) -> None:
        """Make every open list load anew; the undo's time runs from now on."""
        work.told_at = time.monotonic()
        now_ms = time.time_ns() // 1_000_000
        seq = await self._database.write(acts.tell, work.account_id, work.undo_id, now_ms)
        self._bus.publish(Changed(work.account_id, seq))
