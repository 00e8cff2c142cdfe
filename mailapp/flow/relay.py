"""The relay (MTA): runs the queue. Claims what is due, has it sent, stores what came of it; never loses, never repeats.

A claim lives in this process only: whatever ends it, the next start makes it due again. The one moment nobody can know
about lies between the final dot and our commit; recipients are marked in doubt, on disk, before it.
"""

import asyncio
import contextlib
import functools
import ssl
import time
from collections.abc import Callable, Sequence

from mailapp import maillog
from mailapp.events import QUEUE, Bus, Subscription
from mailapp.flow.delivery import Delivery
from mailapp.flow.relay_attempt import Attempt
from mailapp.flow.relay_dsn import Notices
from mailapp.flow.relay_lanes import BATCH, Crowds, ways
from mailapp.flow.relay_ledger import Ledger
from mailapp.flow.relay_pool import Connect, Pools
from mailapp.flow.relay_results import Results
from mailapp.flow.relay_survey import Survey, content_of, look
from mailapp.flow.relay_transaction import Transactions
from mailapp.flow.writing import WHOLE_BYTES
from mailapp.mail.address import domain_of
from mailapp.mail.content import Content
from mailapp.mail.errors import MailFailure
from mailapp.seal import Seal
from mailapp.store import queue, relays
from mailapp.store.database import Database, StoreError
from mailapp.store.queue import Claim
from mailapp.transport import smtp_client

TIMER_S = 30.0
"""The loop looks around at least so often."""
SHORT_S = 1.0
"""After something of ours failed."""
WARN_EVERY_S = 60.0
WARNINGS = 50
ENDING_S = 0.6
"""What stopping gives to transactions under way; all of it ends within a second."""
LEAVING_S = 0.2


class Relay:
    """Sends what the queue holds. One per process, on the event loop."""

    def __init__(
        self,
        database: Database,
        bus: Bus,
        delivery: Delivery,
        seal: Seal,
        hostname: str,
        clock: Callable[[], float] = time.time,
        connect: Connect = smtp_client.connect,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        """`clock` gives seconds since 1970; `tls` says whose certificates are trusted, the system's by default."""
        self._database = database
        self._bus = bus
        self._clock = clock
        self._pools = Pools(seal, hostname, clock, connect, tls)
        self._precedence = delivery.precedence
        ledger = Ledger(database, bus, clock, delivery.precedence)
        self._results = Results(database, ledger, delivery, Notices(database, hostname, clock), clock)
        self._transactions = Transactions(database, ledger, clock, delivery.precedence)
        self._large = asyncio.Semaphore(1)
        self._under_way: dict[asyncio.Task[None], Attempt] = {}
        self._crowds = Crowds()
        self._woken = asyncio.Event()
        self._stopping = asyncio.Event()
        self._running = False
        self._recovered = False
        self._changed = True
        self._epoch = 0
        """How often the queue was changed by others."""
        self._known: Sequence[tuple[object, ...]] | None = None
        self._warned_at = 0.0

    @property
    def alive(self) -> bool:
        """Whether the loop runs."""
        return self._running

    def wake(self) -> None:
        """Look at the queue now."""
        self._woken.set()

    async def run(self) -> None:
        """Until stop(). Whatever fails is logged and tried again."""
        self._running = True
        with self._bus.subscribe(QUEUE) as subscription:
            listening = asyncio.create_task(self._listen(subscription))
            try:
                while not self._stopping.is_set():
                    self._woken.clear()
                    try:
                        wait_s = await self._pass()
                    except Exception:
                        maillog.unforeseen("running the queue")
                        wait_s = SHORT_S
                    await _either(self._woken, wait_s)
            finally:
                self._running = False
                listening.cancel()

    async def stop(self) -> None:
        """End within a second: what waits is put back at the next start, what is being sent gets a moment to end."""
        self._stopping.set()
        self._woken.set()
        for task, attempt in self._under_way.items():
            if attempt.is_waiting:
                task.cancel()
        if self._under_way:
            await asyncio.wait(self._under_way, timeout=ENDING_S)
        for task in self._under_way:
            task.cancel()
        if self._under_way:
            await asyncio.wait(self._under_way, timeout=LEAVING_S / 2)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LEAVING_S):
                await self._pools.close()

    async def _listen(self, subscription: Subscription) -> None:
        while True:
            await subscription.get()
            self._changed = True
            self._epoch += 1
            self._woken.set()

    async def _pass(self) -> float:
        """Start what is due; return for how many seconds there is nothing to do unless something happens."""
        if not self._recovered:
            await self._recover()
        self._pools.reap()
        if self._changed:
            self._changed = False
            self._pools.awake()
            await self._compare_relays()
        wait_s = TIMER_S
        while not self._stopping.is_set():
            found = await self._database.read(ways)
            full = self._crowds.full(found)
            due_ms = next((way.next_ms for way in found if way.lane not in full), None)
            wait_s = TIMER_S if due_ms is None else due_ms / 1000 - self._clock()
            if wait_s > 0:
                break
            await self._precedence.passed()
            await self._start(await self._database.write_lightly(queue.due, self._now_ms(), BATCH, full))
        if self._clock() - self._warned_at >= WARN_EVERY_S:
            self._warned_at = self._clock()
            await self._results.warn(WARNINGS)
        return min(max(wait_s, 0.0), TIMER_S)

    async def _recover(self) -> None:
        """Take over from a process that ended, however it did."""
        for one in await self._database.write(queue.unclaim_all):
            maillog.doubled(one.item_id, one.address)
        self._recovered = True

    async def _compare_relays(self) -> None:
        """Where relays were added or changed, everything that was put off is tried at once."""
        found = [_settings(one) for one in await self._database.read(relays.all_)]
        if self._known is not None and found != self._known:
            await self._database.write(queue.retry_all, self._now_ms())
        self._known = found

    async def _start(self, claims: Sequence[Claim]) -> None:
        try:
            survey = await self._database.read(look, claims)
        except Exception:
            maillog.unforeseen("reading what is due")
            survey = None
        if self._stopping.is_set():
            return  # the next start makes them due again
        for claim in claims:
            attempt = Attempt(claim, self._clock)
            task = asyncio.create_task(self._carry(attempt, survey))
            self._under_way[task] = attempt
            task.add_done_callback(functools.partial(self._done, self._crowds.enter(claim.lane)))

    def _done(self, relay_id: int, task: asyncio.Task[None]) -> None:
        del self._under_way[task]
        if self._crowds.leave(relay_id):
            self._woken.set()

    async def _carry(self, attempt: Attempt, survey: Survey | None) -> None:
        """One claim, until every recipient has an outcome and it is stored."""
        try:
            if survey is not None:
                async with self._large if attempt.claim.size > WHOLE_BYTES else contextlib.nullcontext():
                    await self._send(attempt, survey)
        except StoreError:
            pass
        except Exception:
            maillog.unforeseen("relaying")
        if attempt.left:
            attempt.not_tried(attempt.left)
        await self._store(attempt)

    async def _send(self, attempt: Attempt, survey: Survey) -> None:
        claim, epoch = attempt.claim, self._epoch

        async def wanted() -> bool:
            if epoch == self._epoch:
                return True
            item = await self._database.read(queue.get, None, claim.item_id)
            return item is not None and item.state == "active"

        def content() -> contextlib.AbstractAsyncContextManager[Content]:
            return content_of(self._database, claim, survey.held.get(claim.content_id))

        local = [one for one in attempt.left if survey.is_local(one.address)]
        if local:
            async with content() as opened:
                await self._results.deliver(attempt, local, opened)
        if attempt.left:
            routes = survey.routes[domain_of(claim.reverse_path)]
            await self._transactions.carry(attempt, [self._pools.of(one) for one in routes], content, wanted)

    async def _store(self, attempt: Attempt) -> None:
        """What is known is kept until it is on disk, and tried again while that fails."""
        while True:
            wait_s = SHORT_S
            try:
                await self._results.store(attempt)
                return
            except (StoreError, MailFailure):
                pass
            except Exception:
                maillog.unforeseen("storing what became of a message")
                wait_s = TIMER_S
            if self._stopping.is_set():
                return
            await _either(self._stopping, wait_s)

    def _now_ms(self) -> int:
        return int(self._clock() * 1000)


async def _either(event: asyncio.Event, seconds: float) -> None:
    """Return when the event is set, or after so many seconds."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await event.wait()


def _settings(relay: relays.Relay) -> tuple[object, ...]:
    """All but what it counts."""
    return tuple(getattr(relay, name) for name in relay.__slots__ if name not in ("used", "used_day"))
