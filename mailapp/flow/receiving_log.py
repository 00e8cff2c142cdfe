"""The receiving log: what the SMTP entrance tells is gathered in memory and written a second later, many at a time.

No delivery waits for it, and none pays a commit of its own. A crash loses the last second of the log, never mail.
"""

import asyncio
import sqlite3
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from mailapp import maillog
from mailapp.events import Bus, TrafficCounted
from mailapp.flow import machine
from mailapp.flow.delivery import Delivery
from mailapp.flow.repeating import repeat
from mailapp.flow.traffic import DATABASE, DEFERRED_IN, FREE, IN, IN_BYTES, REFUSED, STORED
from mailapp.mail.address import fold, split, strip_tag
from mailapp.mail.peer import client_key
from mailapp.mail.transaction import CHECK, DEFERRED, TAKEN, UNKNOWN, Transaction
from mailapp.mail.transaction import REFUSED as MESSAGE_REFUSED
from mailapp.store import receiving_log, traffic
from mailapp.store.database import Database, StoreError
from mailapp.store.receiving_log import Entry, Refusal, Repeat

EVERY_S = 1.0
"""Seconds between two writes."""
WAITING_MAX = 20_000
"""Transactions that may wait to be written; of more only the number is known."""
ASKED_MAX = 200_000
"""Recipients of those that wait; each is some hundred bytes."""
AT_ONCE = 200
"""Transactions of one unit of work: 2 to 3 ms of the writer..."""
ASKED_AT_ONCE = 600
"""...that have no more recipients than so many (or are one): each that is new is looked up, 10 us of the writer."""
ALIKE = {TAKEN: 100}
ALIKE_ELSE = 3
"""So many of the same within ALIKE_S have rows of their own (of mail that was taken more); the next are counted."""
ALIKE_S = 600.0
KNOWN = 2_000
"""Kinds of transactions that are recognised when they come again."""
PRUNE_S = 600.0
PRUNED_MAX = 20
"""Transactions of pruning in a row."""
WATCHERS = 200
"""Guided tests that may be watched at once."""
NEWS = 64
"""Steps a watcher may be behind; a transaction has fewer."""


class _Alike:
    """Transactions of one kind: since when they are counted, how many there were, and the row the next ones go to."""

    __slots__ = ("id", "seen", "since")

    def __init__(self, since: float) -> None:
        self.since = since
        self.seen = 0
        self.id = 0


class ReceivingLog:
    """One per process, on the event loop."""

    def __init__(
        self, database: Database, bus: Bus, delivery: Delivery, clock: Callable[[], float] = time.time
    ) -> None:
        self._database = database
        self._bus = bus
        self._delivery = delivery
        self._clock = clock
        self.traffic = delivery.traffic
        self.missed = 0
        """Transactions that were too many to be remembered, since the start."""
        self._waiting: deque[Transaction] = deque()
        self._asked = 0
        self._alike: OrderedDict[int, _Alike] = OrderedDict()
        self._last_id: int | None = None
        self._watchers: dict[str, asyncio.Queue[Transaction]] = {}
        self._pruned_at = self._sampled_hour = 0.0
        self._writing = asyncio.Lock()

    # --- what the entrance tells; nothing here waits or raises

    @property
    def watching(self) -> bool:
        return bool(self._watchers)

    def progressed(self, transaction: Transaction) -> None:
        """Tell who watches one of its recipients."""
        for address, _ in transaction.asked:
            news = self._watchers.get(fold(address))
            if news is not None and not news.full():
                news.put_nowait(transaction)

    def ended(self, transaction: Transaction) -> None:
        if len(self._waiting) >= WAITING_MAX or self._asked >= ASKED_MAX:
            self.missed += 1
            return
        self._waiting.append(transaction)
        self._asked += len(transaction.asked)
        if self._watchers:
            self.progressed(transaction)

    @contextmanager
    def watch(self, address: str) -> Iterator[asyncio.Queue[Transaction]]:
        """Hear of every step of transactions for a folded address; a second watcher takes the first one's place."""
        news: asyncio.Queue[Transaction] = asyncio.Queue(NEWS)
        self._watchers[address] = news
        while len(self._watchers) > WATCHERS:
            del self._watchers[next(iter(self._watchers))]
        try:
            yield news
        finally:
            if self._watchers.get(address) is news:
                del self._watchers[address]

    # --- writing it down

    async def run(self) -> None:
        """Write every EVERY_S, until cancelled."""
        await repeat(self._write_and_keep_house, EVERY_S, "writing the receiving log", rest_first=True)

    async def _write_and_keep_house(self) -> None:
        await self.write()
        await self._keep_house()

    async def close(self) -> None:
        """Write what waits, where that still can be done."""
        try:
            await self.write()
        except Exception:
            maillog.unforeseen("writing the receiving log")

    async def write(self) -> None:
        """Write what waits. What cannot be written is lost: mail goes first."""
        if not self._waiting and not self.traffic.waits:
            return
        async with self._writing:
            if self._last_id is None:
                self._last_id = await self._database.read(receiving_log.latest)
            while self._waiting or self.traffic.waits:
                await self._delivery.precedence.passed()
                await self._write(self._next())
            self._bus.publish(TrafficCounted())

    def _next(self) -> list[Transaction]:
        """Take those of the next unit of work from what waits."""
        some, asked = list[Transaction](), 0
        while self._waiting and len(some) < AT_ONCE:
            asked += len(self._waiting[0].asked)
            if some and asked > ASKED_AT_ONCE:
                break
            some.append(self._waiting.popleft())
        self._asked -= sum(len(one.asked) for one in some)
        return some

    async def _write(self, some: list[Transaction]) -> None:
        now, now_ms = time.monotonic(), int(self._clock() * 1000)
        entries, repeats, refusals = list[Entry](), dict[int, Repeat](), dict[str, Refusal]()
        for one in some:
            self._count(one)
            self._refused(one, now_ms, refusals)
            alike = self._kind_of(one, now)
            if alike.seen <= ALIKE.get(one.outcome, ALIKE_ELSE):
                entries.append(self._entry(one, now, now_ms))
                alike.id = entries[-1].id
            else:
                before = repeats.get(alike.id)
                repeats[alike.id] = Repeat(alike.id, now_ms, 1 + (before.times if before else 0))
        counted = self.traffic.take()

        def write(db: sqlite3.Connection) -> None:
            receiving_log.add(db, entries, list(repeats.values()), list(refusals.values()))
            traffic.add(db, now_ms // traffic.HOUR_MS, counted)

        try:
            await self._database.write_lightly(write)
        except StoreError:
            maillog.warning("receiving log not written")

    def _count(self, one: Transaction) -> None:
        if one.outcome == TAKEN:
            self.traffic.count(IN)
            self.traffic.count(IN_BYTES, one.size)
            if one.committed:
                self.traffic.took(STORED, (one.committed - one.arrived) * 1000)
        elif one.is_check:
            pass  # nobody was refused
        elif one.outcome in (MESSAGE_REFUSED, UNKNOWN):
            self.traffic.count(REFUSED)
        elif one.outcome == DEFERRED:
            self.traffic.count(DEFERRED_IN)

    def _kind_of(self, one: Transaction, now: float) -> _Alike:
        """What one has in common with others, counted."""
        taken = one.outcome == TAKEN
        key = hash((  # not what is hashed itself: a hundred recipients of each of KNOWN kinds are 80 MB
            client_key(one.peer), one.outcome, one.helo, one.reverse_path, tuple(one.asked),
            "" if taken else one.reply, one.farewell,
        ))  # fmt: skip
        found = self._alike.pop(key, None)
        if found is None or now - found.since > ALIKE_S:
            found = _Alike(now)
        self._alike[key] = found
        if len(self._alike) > KNOWN:
            self._alike.popitem(last=False)
        found.seen += 1
        return found

    def _entry(self, one: Transaction, now: float, now_ms: int) -> Entry:
        ended_ms = now_ms - int((now - one.ended) * 1000)
        self._last_id = max((self._last_id or 0) + 1, now_ms << 12)
        return Entry(
            id=self._last_id,
            began_ms=now_ms - int((now - one.began) * 1000),
            last_ms=ended_ms,
            times=1,
            outcome=one.outcome,
            peer=one.peer,
            helo=one.helo,
            tls=one.tls,
            reverse_path=one.reverse_path,
            recipients=[(address, reply, self._delivery.reached(address)) for address, reply in one.asked],
            recipient_count=len(one.asked) + one.asked_more,
            reply=one.reply or one.farewell,
            reference=CHECK if one.is_check else one.reference,
            size=one.size,
            steps=" ".join(["-" if ms is None else str(round(ms * 10)) for ms in one.steps()]),
        )

    def _refused(self, one: Transaction, now_ms: int, refusals: dict[str, Refusal]) -> None:
        """Gather addresses that were asked for in vain."""
        if one.is_check:
            return
        for address, reply in one.asked:
            if reply.startswith("550 5.1.1"):
                local, domain = split(fold(address))
                folded = f"{strip_tag(local)}@{domain}"
                before = refusals.get(folded)
                times = 1 + (before.times if before else 0)
                refusals[folded] = Refusal(folded, times, now_ms, one.reverse_path or "", one.peer)

    async def _keep_house(self) -> None:
        """Now and then: forget what is old, read how large the database is and how much room is left."""
        now = self._clock()
        hour = int(now // 3600)
        if hour != self._sampled_hour:
            self._sampled_hour = hour
            disk = machine.disk(self._database.path)
            await self._database.write_lightly(traffic.gauge, hour, {DATABASE: disk.database, FREE: disk.free})
        if now - self._pruned_at >= PRUNE_S:
            self._pruned_at = now
            for _ in range(PRUNED_MAX):
                if not await self._database.write_lightly(receiving_log.prune, int(now * 1000)):
                    break
            await self._database.write_lightly(traffic.prune, hour)
