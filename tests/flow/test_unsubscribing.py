"""Leaving a list: who is asked, what is remembered, what is limited."""

import asyncio
from collections.abc import AsyncIterator, Sequence

import pytest

from mailapp.events import Bus
from mailapp.flow.delivery import Delivery
from mailapp.flow.drafting import Drafting
from mailapp.flow.submission import Submission, SubmissionRefused
from mailapp.flow.unsubscribing import HOURLY_LIMIT, NotOffered, NotUnsubscribed, TooManyClicks, Unsubscribing
from mailapp.mail.content import MemoryContent
from mailapp.mail.envelope import Envelope
from mailapp.store import accounts, queue, unsubscriptions
from mailapp.store.accounts import Account
from mailapp.store.arrivals import MessageIds
from mailapp.store.database import Database
from mailapp.transport.unsubscribe import Net
from tests.conftest import DOMAIN, make_account

LIN = f"lin@{DOMAIN}"
HEAD = "From: News <news@shop.example>\r\nTo: x\r\nSubject: News\r\nList-Id: <news.shop.example>\r\n"
CLICK = "List-Unsubscribe: <https://shop.example/u>\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"
MAILTO = "List-Unsubscribe: <mailto:out@shop.example?subject=Out>\r\n"


class World:
    """One account, a way to bring mail in, lists that are never really asked."""

    def __init__(self, database: Database, bus: Bus, tmp_path: object, account: Account) -> None:
        ids = MessageIds()
        ways = {"hostname": "mail.yuanye.example", "spool_dir": tmp_path, "max_message_size": 1_000_000}
        self.database, self.account = database, account
        self.delivery = Delivery(database, bus, "mail.yuanye.example", ids)
        self.asked: list[str] = []
        self.addresses: Sequence[str] = ("127.0.0.1",)
        self.now = 1_000_000_000.0

        async def resolve(host: str) -> Sequence[str]:
            self.asked.append(host)
            await self.before_answer()
            return self.addresses

        drafting, submission = Drafting(database, bus, ids, **ways), Submission(database, bus, ids, **ways)
        self.unsubscribing = Unsubscribing(
            database, drafting, submission, net=Net(resolve=resolve), clock=lambda: self.now
        )

    async def before_answer(self) -> None:
        return None

    async def deliver(self, head: str, to: str = LIN) -> int:
        content = MemoryContent((HEAD + head + "\r\nx").encode())
        return int(await self.delivery.deliver(Envelope("b@shop.example", (to,), "203.0.113.9", "mx"), content), 16)

    async def left(self) -> tuple[str, int] | None:
        return await self.database.read(unsubscriptions.left, self.account.id, "news.shop.example")


@pytest.fixture
async def world(database: Database, bus: Bus, tmp_path: object) -> AsyncIterator[World]:
    account_id = await make_account(database, LIN, catch_all=True)
    account = await database.read(accounts.get, account_id)
    assert account is not None
    world = World(database, bus, tmp_path, account)
    yield world
    world.delivery.close()


async def test_a_click_that_is_refused_is_not_remembered(world: World) -> None:
    message_id = await world.deliver(CLICK)
    with pytest.raises(NotUnsubscribed) as raised:
        await world.unsubscribing.click(world.account.id, message_id)
    assert raised.value.reason == "private"
    assert world.asked == ["shop.example"]
    assert await world.left() is None


async def test_only_what_a_message_offers_is_done(world: World) -> None:
    by_mail, by_click = await world.deliver(MAILTO), await world.deliver(CLICK)
    with pytest.raises(NotOffered):
        await world.unsubscribing.click(world.account.id, by_mail)
    with pytest.raises(NotOffered):
        await world.unsubscribing.mail(world.account, by_click)
    with pytest.raises(NotOffered):
        await world.unsubscribing.click(world.account.id, 1)
    assert world.asked == []


async def test_nobody_leaves_a_list_by_somebody_elses_message(world: World, database: Database) -> None:
    other = await make_account(database, f"ann@{DOMAIN}")
    message_id = await world.deliver(CLICK)
    with pytest.raises(NotOffered):
        await world.unsubscribing.click(other, message_id)


async def test_a_message_leaves_from_the_address_the_list_wrote_to(world: World) -> None:
    message_id = await world.deliver(MAILTO, to=f"shop+news@{DOMAIN}")
    submitted = await world.unsubscribing.mail(world.account, message_id)
    item = await world.database.read(queue.get, world.account.id, submitted.item_id)
    assert item is not None
    assert (item.reverse_path, item.subject) == (f"shop+news@{DOMAIN}", "Out")
    assert [one.address for one in item.recipients] == ["out@shop.example"]
    assert await world.left() == ("mail", 1_000_000_000_000)


async def test_a_message_that_may_not_leave_leaves_no_draft_behind(world: World) -> None:
    message_id = await world.deliver(MAILTO)
    await world.database.write(lambda db: db.execute("INSERT INTO settings VALUES ('hourly_limit', '0')"))
    with pytest.raises(SubmissionRefused):
        await world.unsubscribing.mail(world.account, message_id)
    assert await world.database.read(lambda db: db.execute("SELECT count(*) FROM drafts").fetchone()[0]) == 0
    assert await world.left() is None


async def test_clicks_are_limited_by_the_hour(world: World) -> None:
    message_id = await world.deliver(CLICK)
    for _ in range(HOURLY_LIMIT):
        with pytest.raises(NotUnsubscribed):
            await world.unsubscribing.click(world.account.id, message_id)
    with pytest.raises(TooManyClicks):
        await world.unsubscribing.click(world.account.id, message_id)
    world.now += 3_601
    with pytest.raises(NotUnsubscribed):
        await world.unsubscribing.click(world.account.id, message_id)


async def test_few_clicks_are_under_way_at_once(world: World) -> None:
    message_id = await world.deliver(CLICK)
    waiting, go = asyncio.Semaphore(0), asyncio.Event()

    async def hold() -> None:
        waiting.release()
        await go.wait()

    world.before_answer = hold  # type: ignore[method-assign]
    under_way = [asyncio.create_task(world.unsubscribing.click(world.account.id, message_id)) for _ in range(4)]
    for _ in under_way:
        await waiting.acquire()
    with pytest.raises(TooManyClicks):
        await world.unsubscribing.click(world.account.id, message_id)
    go.set()
    results = await asyncio.gather(*under_way, return_exceptions=True)
    assert all(isinstance(each, NotUnsubscribed) for each in results)
