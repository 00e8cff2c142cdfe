"""Mail is counted by address and site, each message once, however it is asked for."""

import pytest

from mailapp.events import Bus
from mailapp.flow.delivery import Delivery
from mailapp.flow.tallying import AT_ONCE, Tallying
from mailapp.mail.content import MemoryContent
from mailapp.mail.envelope import Envelope
from mailapp.store import address_list, addresses, domains, tallies
from mailapp.store.database import Database
from mailapp.store.tallies import DAY_MS, DAYS, SITES_MAX
from tests.conftest import DOMAIN, make_account

LIN, TEAM = f"lin@{DOMAIN}", f"team@{DOMAIN}"


class Post:
    def __init__(self, database: Database, bus: Bus) -> None:
        self.delivery = Delivery(database, bus, "mail.yuanye.example")
        self.tallying = Tallying(database)

    async def deliver(self, to: str | tuple[str, ...], sender: str = "news@mail.shop.example") -> None:
        paths = (to,) if isinstance(to, str) else to
        content = MemoryContent(f"From: <{sender}>\r\nSubject: x\r\n\r\nx\r\n".encode())
        await self.delivery.deliver(Envelope(sender, paths, "203.0.113.9", "mx"), content)


@pytest.fixture
async def post(database: Database, bus: Bus) -> Post:
    lin = await make_account(database, LIN, admin=True, catch_all=True)
    ana = await make_account(database, f"ana@{DOMAIN}")
    domain = await database.read(domains.by_name, DOMAIN)
    assert domain is not None
    await database.write(addresses.add, TEAM, domain.id, [lin, ana], 1)
    return Post(database, bus)


async def test_a_message_counts_once_for_each_address_it_came_for(database: Database, post: Post) -> None:
    await post.deliver(LIN)
    await post.deliver(TEAM)  # two accounts get a copy
    await post.deliver((LIN, f"shop@{DOMAIN}"))
    await post.tallying.catch_up()
    await post.tallying.catch_up()
    for address, count in ((LIN, 2), (TEAM, 1), (f"shop@{DOMAIN}", 1), (f"nobody@{DOMAIN}", 0)):
        assert (await database.read(tallies.of, address)).messages == count, address


async def test_senders_are_told_by_their_site_with_the_most_mail_first(database: Database, post: Post) -> None:
    for sender in ("a@mail.shop.example", "b@shop.example", "c@spam.example"):
        await post.deliver(LIN, sender)
    await post.tallying.catch_up()
    found = await database.read(tallies.senders, LIN, 10)
    assert [(each.site, each.messages) for each in found] == [("shop.example", 2), ("spam.example", 1)]
    assert await database.read(tallies.site_count, LIN) == 2


async def test_sites_of_an_address_are_bounded_and_mail_from_more_is_counted(database: Database, post: Post) -> None:
    for number in range(SITES_MAX + 3):
        await post.deliver(LIN, f"a@n{number}.example")
    await post.tallying.catch_up()
    assert await database.read(tallies.site_count, LIN) == SITES_MAX
    assert (await database.read(tallies.of, LIN)).messages == SITES_MAX + 3


async def test_counting_goes_on_where_it_ended_a_batch_at_a_time(database: Database, post: Post) -> None:
    for _ in range(AT_ONCE + 5):
        await post.deliver(LIN)
    await post.tallying.catch_up(1)
    assert (await database.read(tallies.of, LIN)).messages == AT_ONCE
    assert await database.read(tallies.behind)
    await post.tallying.catch_up()
    assert (await database.read(tallies.of, LIN)).messages == AT_ONCE + 5
    assert not await database.read(tallies.behind)


async def test_days_are_told_for_a_month_and_then_forgotten(database: Database, post: Post) -> None:
    await post.deliver(LIN)
    await post.tallying.catch_up()
    today = (await database.read(tallies.of, LIN)).last_at // DAY_MS
    assert await database.read(tallies.days_of, LIN, today) == [0] * (DAYS - 1) + [1]
    assert await database.read(tallies.days_of, LIN, today + DAYS - 1) == [1] + [0] * (DAYS - 1)
    assert not await database.read(tallies.is_stale, today + DAYS - 1)
    assert await database.read(tallies.is_stale, today + DAYS)
    assert await database.write(tallies.prune, today + DAYS, 10) == 1
    assert (await database.read(tallies.of, LIN)).messages == 1


async def test_caught_addresses_are_those_nobody_made(database: Database, post: Post) -> None:
    for to in (LIN, TEAM, f"b@{DOMAIN}", f"a@{DOMAIN}"):
        await post.deliver(to)
    await post.tallying.catch_up()
    assert sorted(await database.read(tallies.caught, 10)) == [f"a@{DOMAIN}", f"b@{DOMAIN}"]
    assert await database.read(tallies.beginning, "a", 10) == [f"a@{DOMAIN}"]
    assert [each.address for each in await database.read(address_list.page, "te", "", 10)] == [TEAM]


async def test_the_search_of_a_list_needs_no_look_at_every_address(database: Database, post: Post) -> None:
    rows = await database.read(
        lambda db: db.execute(
            "EXPLAIN QUERY PLAN SELECT address FROM address_tallies ORDER BY last_at DESC LIMIT 5"
        ).fetchall()
    )
    assert "address_tallies_by_last" in str([row[3] for row in rows])
