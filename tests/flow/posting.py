"""A relay loop over a real store, on a clock that tests turn, talking to a real relay on loopback."""

import asyncio
import contextlib
import functools
import itertools
import sqlite3
import ssl
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path

from mailapp.events import Bus, QueueChanged
from mailapp.flow.delivery import Delivery
from mailapp.flow.relay import Relay
from mailapp.mail.message import Message
from mailapp.mail.parser import parse
from mailapp.seal import Seal
from mailapp.store import arrivals, contents, mailboxes, messages, queue, relays
from mailapp.store.arrivals import Arrival, MessageIds
from mailapp.store.database import Database
from mailapp.store.queue import Item, NewItem, Recipient
from mailapp.transport import smtp_client
from mailapp.transport.target import Timeouts
from tests.certificates import GOOD, pair
from tests.conftest import make_account
from tests.relays import Relay as FakeRelay

SENDER = "lin@yuanye.example"
PASSWORD = "pass word"
HOSTNAME = "mail.yuanye.example"
PATIENCE = 20.0
BEGIN = 1_795_000_000.0
HOUR = 3600.0
LETTER = (
    b"From: Lin <lin@yuanye.example>\r\nTo: Zhou <zhou@bei.example>\r\nSubject: Wednesday\r\n"
    b"Message-ID: <%d@yuanye.example>\r\n\r\nAt three?\r\n.dotted\r\n"
)
QUICK = Timeouts(connect=0.5, greeting=0.5, command=0.5, data=0.5, chunk=0.5, dot=0.5, close=0.2)


class Clock:
    """Seconds since 1970, standing still."""

    def __init__(self) -> None:
        self.now = BEGIN

    def __call__(self) -> float:
        return self.now

    @property
    def ms(self) -> int:
        return int(self.now * 1000)


@dataclass(frozen=True)
class Stored:
    """A message in a mailbox."""

    message: Message
    source: bytes
    trace: bytes


@dataclass
class Post:
    """Everything between a queue and a relay."""

    database: Database
    account_id: int
    clock: Clock = field(default_factory=Clock)
    bus: Bus = field(default_factory=Bus)
    ids: MessageIds = field(default_factory=MessageIds)
    timeouts: Timeouts = field(default_factory=Timeouts)
    tls: ssl.SSLContext = field(default_factory=lambda: pair(GOOD).trusting_context())
    loop: Relay | None = None
    _task: asyncio.Task[None] | None = None
    _numbers: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))

    @property
    def seal(self) -> Seal:
        return Seal(self.database.path.parent / "relay.key")

    async def start(self) -> None:
        """Run a relay loop, as a process that begins does."""
        delivery = Delivery(self.database, self.bus, HOSTNAME, self.ids)
        connect = functools.partial(smtp_client.connect, timeouts=self.timeouts)
        self.loop = Relay(self.database, self.bus, delivery, self.seal, HOSTNAME, self.clock, connect, self.tls)
        self._task = asyncio.create_task(self.loop.run())

    async def stop(self) -> None:
        assert self.loop is not None
        assert self._task is not None
        await self.loop.stop()
        await self._task

    async def crash(self) -> None:
        """Stop as kill -9 does: nothing more is written."""
        assert self.loop is not None
        assert self._task is not None
        left = {self._task, *self.loop._under_way}
        while left:
            for task in left:
                task.cancel()  # again and again: wait_for of Python 3.11 may swallow one
            _, left = await asyncio.wait(left, timeout=0.05)

    def turn(self, seconds: float) -> None:
        """Let the clock go on."""
        self.clock.now += seconds
        assert self.loop is not None
        self.loop.wake()

    async def use(self, relay: FakeRelay, **changes: object) -> int:
        """Set the relay up; its id."""
        target = relay.target(**({"username": "lin", "password": PASSWORD} if relay.users else {}))
        given = {
            "name": f"relay {relay.port}",
            "host": target.host,
            "port": target.port,
            "security": target.security,
            "username": target.username,
            "secret": self.seal.seal(target.password.encode()) if target.password else b"",
            **changes,
        }
        relay_id = await self.database.write(relays.add, relays.Relay(**given), self.clock.ms)  # type: ignore[arg-type]
        self.bus.publish(QueueChanged())
        return relay_id

    async def submit(
        self,
        *recipients: str,
        content: bytes | None = None,
        hold_s: float = 0.0,
        reverse_path: str = SENDER,
    ) -> int:
        """Queue a message as submission does; the id of its item."""
        number = next(self._numbers)
        data = LETTER % number if content is None else content
        item_id = await self.database.write(self._add, data, number, recipients, hold_s, reverse_path)
        self.bus.publish(QueueChanged())
        return item_id

    def _add(
        self,
        db: sqlite3.Connection,
        data: bytes,
        number: int,
        recipients: tuple[str, ...],
        hold_s: float,
        reverse_path: str,
    ) -> int:
        words = contents.Words(1, "wednesday", "lin", "at three", "")
        letter = Arrival(
            data, len(data), None, "Lin", SENDER, "Wednesday", "At three?", 0, SENDER, (f"{number}@yuanye.example",),
            words, (),
        )  # fmt: skip
        copy = arrivals.add_sent(db, self.ids, letter, self.account_id, self.clock.ms, "Zhou", len(recipients))
        new = NewItem(
            account_id=self.account_id,
            message_id=copy.message_id,
            content_id=copy.content_id,
            draft_id=0,
            reverse_path=reverse_path,
            ref_hash=arrivals.reference_hash(f"{number}@yuanye.example"),
            subject="Wednesday",
            size=len(data),
            utf8=False,
            recipients=recipients or ("zhou@bei.example",),
            release_ms=self.clock.ms + int(hold_s * 1000),
            scheduled=False,
        )
        return queue.add(db, new, self.clock.ms)

    async def item(self, item_id: int) -> Item:
        found = await self.database.read(queue.get, None, item_id)
        assert found is not None
        return found

    async def until(self, item_id: int, condition: Callable[[Item], bool]) -> Item:
        """Wait until the item is so."""
        with self.bus.subscribe(self.account_id) as subscription:
            async with asyncio.timeout(PATIENCE):
                while not condition(item := await self.item(item_id)):
                    await subscription.get()
        return item

    async def recipient(self, item_id: int, state: str, *, attempts: int | None = None) -> Recipient:
        """Wait until the only recipient of the item is in a state, after so many attempts."""

        def there(item: Item) -> bool:
            (one,) = item.recipients
            return one.state == state and not one.claimed and attempts in (None, one.attempts)

        return (await self.until(item_id, there)).recipients[0]

    async def inbox(self, account_id: int | None = None) -> list[Stored]:
        """Messages in an inbox, newest first."""
        owner = account_id or self.account_id

        def read(db: sqlite3.Connection) -> list[Stored]:
            view = messages.View(owner, mailboxes.by_role(db, owner, "inbox"))
            found = []
            for row in messages.page(db, view, None, 100):
                stored = messages.get(db, owner, row.id)
                assert stored is not None
                content = contents.StoredContent(db, stored.content_id)
                found.append(Stored(parse(content), content.read(0, content.size), stored.trace))
            return found

        return await self.database.read(read)


@contextlib.asynccontextmanager
async def posting(
    directory: Path, *used: FakeRelay, start: bool = True, timeouts: Timeouts | None = None
) -> AsyncIterator[Post]:
    """A post with these relays set up in order, its loop running unless told otherwise."""
    database = Database(directory / "post" / "emails.db")
    await database.open()
    post = Post(database, await make_account(database, SENDER), timeouts=timeouts or Timeouts())
    try:
        for relay in used:
            await post.use(relay)
        if start:
            await post.start()
        yield post
        if post.loop is not None and post.loop.alive:
            await post.stop()
    finally:
        await database.close()
