"""What happened, in the past tense, and the bus that tells it. Only flow publishes."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from mailapp.values import dataclass

QUEUE_LIMIT = 256
"""Events a slow subscriber may fall behind before it is told that it lost some."""
QUEUE = 0
"""What the relay loop subscribes to instead of an account."""
TRAFFIC = -1
"""What the overview subscribes to."""


@dataclass(frozen=True, slots=True)
class Changed:
    """Rows of the change journal up to `seq` were committed for an account; read them there."""

    account_id: int
    seq: int
    message_ids: tuple[int, ...] = ()
    offers: bool = True
    """False where it is known that none of them came with a code: who waits for one need not look."""


@dataclass(frozen=True, slots=True)
class QueueChanged:
    """Something may be due in the queue: new items, a press on "retry now", another relay. Wakes the relay loop."""

    account_id: int = QUEUE


@dataclass(frozen=True, slots=True)
class TrafficCounted:
    """What came and went lately is written down: the receiving log and the numbers of the overview have changed."""

    account_id: int = TRAFFIC


@dataclass(frozen=True, slots=True)
class SessionsRevoked:
    """Sessions of an account ended: all of them, or the one with this token hash."""

    account_id: int
    token_hash: bytes | None = None


@dataclass(frozen=True, slots=True)
class ViewLinkRevoked:
    """A view link of an account ended before its time."""

    account_id: int


@dataclass(frozen=True, slots=True)
class Stopping:
    """The process is going down: end every stream now."""


Event = Changed | QueueChanged | TrafficCounted | SessionsRevoked | ViewLinkRevoked | Stopping


class Subscription:
    """A bounded queue of events for one account. `lost` is set, and the queue emptied, on overflow."""

    __slots__ = ("account_id", "lost", "queue")

    def __init__(self, account_id: int) -> None:
        self.account_id = account_id
        self.queue: asyncio.Queue[Event] = asyncio.Queue(QUEUE_LIMIT)
        self.lost = False

    def put(self, event: Event) -> None:
        if self.queue.full():
            while not self.queue.empty():
                self.queue.get_nowait()
            self.lost = True
        self.queue.put_nowait(event)

    async def get(self) -> Event:
        """Wait for the next event. After an overflow `lost` is True: reload instead of replaying."""
        return await self.queue.get()

    async def several(self, timeout: float | None = None) -> list[Event]:
        """Every event that waits, at least one; none after so many seconds of silence."""
        try:
            found = [await asyncio.wait_for(self.queue.get(), timeout)]
        except TimeoutError:
            return []
        while not self.queue.empty():
            found.append(self.queue.get_nowait())
        return found


class Bus:
    """Publish and subscribe inside the process, on the event loop's thread only."""

    def __init__(self) -> None:
        self._by_account: dict[int, set[Subscription]] = {}

    @contextmanager
    def subscribe(self, account_id: int) -> Iterator[Subscription]:
        subscription = self.open(account_id)
        try:
            yield subscription
        finally:
            self.close(subscription)

    def open(self, account_id: int) -> Subscription:
        """Subscribe at once, for whoever only later runs to the end; `close` must follow."""
        subscription = Subscription(account_id)
        self._by_account.setdefault(account_id, set()).add(subscription)
        return subscription

    def close(self, subscription: Subscription) -> None:
        """End a subscription; once more does nothing."""
        readers = self._by_account.get(subscription.account_id, set())
        readers.discard(subscription)
        if not readers:
            self._by_account.pop(subscription.account_id, None)

    @property
    def accounts(self) -> list[int]:
        """Accounts somebody subscribes to."""
        return list(self._by_account)

    def publish(self, event: Event) -> None:
        if isinstance(event, Stopping):
            readers = [one for each in self._by_account.values() for one in each]
        else:
            readers = list(self._by_account.get(event.account_id, ()))
        for reader in readers:
            reader.put(event)
