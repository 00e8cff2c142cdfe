"""Making, opening and revoking view links."""

import asyncio

import pytest

from mailapp.events import Bus, ViewLinkRevoked
from mailapp.flow import viewing
from mailapp.flow.delivery import Delivery
from mailapp.flow.viewing import NothingToShare, TooManyGuesses, TooManyLinks, Viewing, Wish, hash_
from mailapp.mail.content import MemoryContent
from mailapp.mail.envelope import Envelope
from mailapp.store import views
from mailapp.store.database import Database
from mailapp.store.views import ADDRESS, CODES, MESSAGE
from tests.conftest import DOMAIN, make_account

LIN, SHOP = f"lin@{DOMAIN}", f"shop@{DOMAIN}"
PEER = "203.0.113.9"


async def deliver(database: Database, bus: Bus, to: str = LIN) -> int:
    delivery = Delivery(database, bus, "mail.yuanye.example")
    envelope = Envelope("a@shop.example", (to,), PEER, "mx.shop.example")
    found = await delivery.deliver(envelope, MemoryContent(b"From: a@shop.example\r\nSubject: x\r\n\r\ny\r\n"))
    delivery.close()
    return int(found, 16)


async def test_a_token_is_random_and_only_its_hash_is_kept(database: Database, bus: Bus) -> None:
    lin = await make_account(database, catch_all=True)
    share = Viewing(database, bus)
    tokens = [(await share.make(lin, Wish(ADDRESS, address=SHOP)))[1] for _ in range(2)]
    assert len({*tokens}) == 2
    assert all(len(each) == 43 for each in tokens)  # 256 bits
    stored = await database.read(lambda db: db.execute("SELECT token_hash FROM view_links ORDER BY id").fetchall())
    assert [row[0] for row in stored] == [hash_(each) for each in tokens]
    files = list(database.path.parent.glob("emails.db*"))
    assert files
    assert not any(each.encode() in file.read_bytes() for each in tokens for file in files)


async def test_only_ones_own_mail_and_addresses_are_shared(database: Database, bus: Bus) -> None:
    lin, ann = await make_account(database, catch_all=True), await make_account(database, f"ann@{DOMAIN}")
    share, message_id = Viewing(database, bus), await deliver(database, bus)
    await share.make(lin, Wish(MESSAGE, message_id))
    for account_id, wish in (
        (ann, Wish(MESSAGE, message_id)),
        (lin, Wish(MESSAGE, message_id + 1)),
        (ann, Wish(ADDRESS, address=SHOP)),  # the catch-all's
        (lin, Wish(CODES, address=f"ann@{DOMAIN}")),
        (lin, Wish(CODES, address="shop@elsewhere.example")),
        (lin, Wish(CODES, address="nonsense")),
        (lin, Wish(CODES, address="")),
    ):
        with pytest.raises(NothingToShare):
            await share.make(account_id, wish)
    _, token = await share.make(lin, Wish(CODES, address=" SHOP@Yuanye.example "))
    found = await share.visit(token, "", PEER)
    assert found is not None
    assert found.link.address == SHOP


async def test_an_address_that_is_gone_is_shared_from_a_message_that_came_for_it(database: Database, bus: Bus) -> None:
    lin = await make_account(database, catch_all=True)
    message_id, share = await deliver(database, bus, SHOP), Viewing(database, bus)
    await database.write(lambda db: db.execute("UPDATE domains SET catch_all_account_id = NULL"))
    with pytest.raises(NothingToShare):
        await share.make(lin, Wish(ADDRESS, address=SHOP))
    await share.make(lin, Wish(ADDRESS, message_id, SHOP))


async def test_links_of_one_account_are_bounded_and_ending_one_makes_room(
    database: Database, bus: Bus, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(viewing, "STANDING_MOST", 2)
    lin, share = await make_account(database, catch_all=True), Viewing(database, bus)
    first, _ = await share.make(lin, Wish(ADDRESS, address=SHOP))
    await share.make(lin, Wish(ADDRESS, address=SHOP))
    with pytest.raises(TooManyLinks):
        await share.make(lin, Wish(ADDRESS, address=SHOP))
    assert await share.revoke(lin, first)
    await share.make(lin, Wish(ADDRESS, address=SHOP))


async def test_concurrent_presses_never_exceed_the_number(database: Database, bus: Bus) -> None:
    lin, share = await make_account(database, catch_all=True), Viewing(database, bus)
    link_id, token = await share.make(lin, Wish(ADDRESS, address=SHOP, opens_most=5))
    visit = await share.visit(token, "", PEER)
    assert visit is not None
    results = await asyncio.gather(*(share.open(visit.link, f"visit {each}", PEER, "x") for each in range(60)))
    assert sum(results) == 5
    stored = await database.read(views.get, lin, link_id)
    assert stored is not None
    assert stored.opens == 5
    assert await share.visit(token, "", PEER) is None
    known = await share.visit(token, f"visit {results.index(True)}", PEER)
    assert known is not None
    assert known.opened


async def test_the_same_visit_pressed_at_once_counts_once(database: Database, bus: Bus) -> None:
    lin, share = await make_account(database, catch_all=True), Viewing(database, bus)
    link_id, token = await share.make(lin, Wish(ADDRESS, address=SHOP, opens_most=5))
    visit = await share.visit(token, "", PEER)
    assert visit is not None
    assert all(await asyncio.gather(*(share.open(visit.link, "one", PEER, "x") for _ in range(10))))
    stored = await database.read(views.get, lin, link_id)
    assert stored is not None
    assert stored.opens == 1


async def test_a_link_ends_at_its_time_and_a_revoked_one_at_once(database: Database, bus: Bus) -> None:
    now = [1_764_000_000.0]
    lin, share = await make_account(database, catch_all=True), Viewing(database, bus, lambda: now[0])
    _, token = await share.make(lin, Wish(ADDRESS, address=SHOP, lasting_s=3_600))
    now[0] += 3_599
    assert await share.visit(token, "", PEER)
    now[0] += 1
    assert await share.visit(token, "", PEER) is None
    link_id, token = await share.make(lin, Wish(ADDRESS, address=SHOP))
    with bus.subscribe(lin) as heard:
        assert not await share.revoke(lin + 1, link_id)
        assert await share.revoke(lin, link_id)
        assert heard.queue.get_nowait() == ViewLinkRevoked(lin)
    assert await share.visit(token, "", PEER) is None


async def test_guesses_are_slowed_down_but_not_whoever_opened_a_link_before(database: Database, bus: Bus) -> None:
    lin, share = await make_account(database, catch_all=True), Viewing(database, bus)
    _, token = await share.make(lin, Wish(ADDRESS, address=SHOP))
    for _ in range(30):  # right ones are no guesses
        assert await share.visit(token, "", PEER)
    visit = await share.visit(token, "", PEER)
    assert visit is not None
    await share.open(visit.link, "mine", PEER, "")
    for each in range(10):
        assert await share.visit(f"guess {each}", "", PEER) is None
    for tried, cookie in (("guess", ""), (token, ""), (token, "forged"), ("guess", "mine")):
        with pytest.raises(TooManyGuesses) as refused:
            await share.visit(tried, cookie, PEER)
        assert refused.value.retry_after >= 1
    assert await share.visit(token, "mine", PEER)
    assert await share.visit(token, "", "198.51.100.4")


async def test_a_link_that_ended_is_no_guess(database: Database, bus: Bus) -> None:
    lin, share = await make_account(database, catch_all=True), Viewing(database, bus)
    link_id, token = await share.make(lin, Wish(ADDRESS, address=SHOP))
    await share.revoke(lin, link_id)
    for _ in range(30):
        assert await share.visit(token, "", PEER) is None
    _, other = await share.make(lin, Wish(ADDRESS, address=SHOP))
    assert await share.visit(other, "", PEER)


async def test_a_link_shows_what_comes_from_then_on_unless_earlier_mail_is_wanted(database: Database, bus: Bus) -> None:
    lin, share = await make_account(database, catch_all=True), Viewing(database, bus, lambda: 1_764_000_000.0)
    found = []
    for wish in (Wish(ADDRESS, address=SHOP), Wish(CODES, address=SHOP), Wish(ADDRESS, address=SHOP, earlier=True)):
        _, token = await share.make(lin, wish)
        visit = await share.visit(token, "", PEER)
        assert visit is not None
        found.append(visit.link.since_at)
    assert found == [1_764_000_000_000, 1_764_000_000_000 - 1_800_000, 0]
