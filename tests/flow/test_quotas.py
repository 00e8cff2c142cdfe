"""Full accounts take no mail and lose none; who is nearly full is told, once."""

import asyncio

import pytest

from mailapp.events import Bus
from mailapp.flow.delivery import Delivery
from mailapp.flow.filing import Filing
from mailapp.flow.quota_warnings import QuotaWarnings
from mailapp.flow.quotas import FRESH_S, FULL_FRESH_S, Quotas
from mailapp.mail.content import MemoryContent
from mailapp.mail.envelope import Envelope
from mailapp.mail.errors import TemporaryFailure
from mailapp.store import accounts, addresses, domains, filings, messages, quotas
from mailapp.store.database import Database
from tests.conftest import DOMAIN, make_account

LIN, ANN = f"lin@{DOMAIN}", f"ann@{DOMAIN}"
LETTER = b"From: zhou@sanlian.example\r\nSubject: A letter\r\n\r\n" + b"x" * 948 + b"\r\n"


class Post:
    """Two accounts and their mail; `now` moves the clock of what is remembered."""

    def __init__(self, database: Database, bus: Bus) -> None:
        self.now = 1_000.0
        self.database = database
        self.delivery = Delivery(database, bus, "mail.yuanye.example")
        self.delivery.quotas = Quotas(database, lambda: self.now)
        self.filing = Filing(database, bus)
        self.warnings = QuotaWarnings(database, self.delivery, "mail.yuanye.example")

    async def deliver(self, *to: str, count: int = 1, content: bytes = LETTER) -> None:
        for _ in range(count):
            await self.delivery.deliver(Envelope("zhou@sanlian.example", to), MemoryContent(content))

    async def limit(self, account_id: int, quota: int) -> None:
        await self.database.write(quotas.set_, account_id, quota)
        self.delivery.forget_routes()

    async def refused(self, address: str) -> str:
        """What RCPT answers, "" where it takes the recipient."""
        try:
            await self.delivery.check_recipient(address)
        except TemporaryFailure as failure:
            return failure.reply
        return ""

    async def rows(self, account_id: int) -> list[messages.MessageRow]:
        return await self.database.read(messages.page, messages.View(account_id), None, 50)

    async def empty(self, account_id: int) -> None:
        for each in await self.rows(account_id):
            await self.database.write(filings.erase, account_id, each.id)


@pytest.fixture
def post(database: Database, bus: Bus) -> Post:
    return Post(database, bus)


FULL = "452 4.2.2 Mailbox full"


async def test_a_full_account_takes_no_mail_until_there_is_room(database: Database, post: Post) -> None:
    lin = await make_account(database)
    await make_account(database, ANN)
    await post.limit(lin, 2 * len(LETTER))
    await post.deliver(LIN)
    assert await post.refused(LIN) == ""
    await post.deliver(LIN)  # counted without a look at the store
    assert await post.refused(LIN) == FULL
    assert await post.refused(ANN) == ""
    await post.empty(lin)
    post.now += FULL_FRESH_S
    assert await post.refused(LIN) == ""


async def test_what_came_by_other_ways_is_noticed_in_time(database: Database, post: Post) -> None:
    lin = await make_account(database)
    await post.limit(lin, len(LETTER))
    assert await post.refused(LIN) == ""
    await Delivery(database, Bus(), "other").deliver(Envelope("", (LIN,)), MemoryContent(LETTER))
    assert await post.refused(LIN) == ""
    post.now += FRESH_S
    assert await post.refused(LIN) == FULL


async def test_an_alias_is_full_only_when_everybody_behind_it_is(database: Database, post: Post) -> None:
    lin, ann = await make_account(database), await make_account(database, ANN)
    team = f"team@{DOMAIN}"
    await database.write(lambda db: addresses.add(db, team, domains.ensure(db, DOMAIN, 1), [lin, ann], 1))
    await post.limit(lin, 1)
    await post.deliver(LIN)
    assert await post.refused(LIN) == FULL
    assert await post.refused(team) == ""
    await post.deliver(team)
    assert len(await post.rows(lin)) == 2  # nothing that was accepted is lost for anybody
    await post.limit(ann, 1)
    assert await post.refused(team) == FULL


async def test_no_quota_is_no_limit(database: Database, post: Post) -> None:
    lin = await make_account(database)
    await post.deliver(LIN, count=3)
    assert await post.refused(LIN) == ""
    await post.limit(lin, 1)
    assert await post.refused(LIN) == FULL
    await post.limit(lin, 0)
    assert await post.refused(LIN) == ""


async def test_who_is_nearly_full_is_told_once_until_there_is_room_again(database: Database, post: Post) -> None:
    lin = await make_account(database)
    await post.limit(lin, 10 * len(LETTER))
    await post.deliver(LIN, count=8)
    assert await post.warnings.warn() == 0
    await post.deliver(LIN)
    assert (await post.warnings.warn(), await post.warnings.warn()) == (1, 0)
    newest, *_ = await post.rows(lin)
    assert (newest.subject, newest.from_address) == ("邮箱快满了", f"postmaster@{DOMAIN}")
    assert newest.reverse_path == ""
    await post.empty(lin)
    assert await post.warnings.warn() == 0
    await post.deliver(LIN, count=9)
    assert await post.warnings.warn() == 1


async def test_the_warning_speaks_the_accounts_language_and_comes_when_all_is_full(
    database: Database, post: Post
) -> None:
    lin = await make_account(database)
    await database.write(lambda db: accounts.set_preferences(db, lin, name="", language="en", time_zone="", theme=""))
    await post.limit(lin, len(LETTER))
    await post.deliver(LIN)
    assert await post.refused(LIN) == FULL
    assert await post.warnings.warn() == 1
    newest, *_ = await post.rows(lin)
    assert newest.subject == "Your mailbox is nearly full"
    assert "999 B of 999 B (100 %)" in newest.preview


async def test_a_blocked_own_address_does_not_stop_the_warnings_of_others(database: Database, post: Post) -> None:
    lin, ann = await make_account(database), await make_account(database, ANN)
    await post.deliver(LIN, ANN)
    for account_id in (lin, ann):
        await post.limit(account_id, len(LETTER))
    await database.write(lambda db: addresses.remove(db, LIN, [lin]))
    post.delivery.forget_routes()
    assert await post.warnings.warn() == 2
    assert len(await post.rows(lin)) == 1
    assert len(await post.rows(ann)) == 2


async def test_of_many_recipients_at_once_one_asks_the_store(
    database: Database, post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    lin = await make_account(database)
    await post.limit(lin, 1)
    await post.deliver(LIN)
    asked = 0
    held = quotas.limited

    def counted(db: object) -> object:
        nonlocal asked
        asked += 1
        return held(db)  # type: ignore[arg-type]

    monkeypatch.setattr(quotas, "limited", counted)
    post.now += FRESH_S
    found = await asyncio.gather(*(post.refused(LIN) for _ in range(20)))
    assert asked == 1
    assert await post.refused(LIN) == FULL == found[0]
