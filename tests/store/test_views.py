"""View links in the store: what they cover, and opens that never exceed their number."""

from dataclasses import replace

from mailapp.mail.code import Code, Codes, Kind
from mailapp.store import accounts, arrivals, codes, filings, mailboxes, views
from mailapp.store.arrivals import Copy, MessageIds
from mailapp.store.database import Database
from mailapp.store.views import ADDRESS, CODES, MESSAGE, ViewLink, ViewOpen
from tests.conftest import make_account
from tests.store.support import arrival

NOW = 1_764_000_000_000
SHOP = "shop@yuanye.example"
HASH = b"h" * 32


def link(account_id: int, kind: str = MESSAGE, **values: object) -> ViewLink:
    made = ViewLink(0, account_id, kind, 0, "", 0, True, NOW, NOW + 3_600_000, None, 1, 0)
    return replace(made, **values)  # type: ignore[arg-type]


async def deliver(database: Database, ids: MessageIds, account_id: int, *to: str, now: int = NOW) -> int:
    letter = replace(arrival(account_id), copies=(Copy(account_id, to, b""),))
    (delivered,) = await database.write(arrivals.add, ids, letter, now)
    return int(delivered.message_id)


async def store(database: Database, made: ViewLink, token_hash: bytes = HASH) -> ViewLink:
    link_id = await database.write(views.add, made, token_hash)
    return replace(made, id=link_id)


async def move(database: Database, account_id: int, message_id: int, role: str) -> None:
    def to(db: object) -> None:
        target = mailboxes.by_role(db, account_id, role)
        db.execute("UPDATE messages SET mailbox_id = ? WHERE id = ?", (target, message_id))  # type: ignore[attr-defined]

    await database.write(to)


async def test_a_link_to_a_message_covers_that_message_of_that_account_alone(database: Database) -> None:
    ids, lin, ann = MessageIds(), await make_account(database), await make_account(database, "ann@yuanye.example")
    mine, other = [await deliver(database, ids, lin, "lin@yuanye.example") for _ in range(2)]
    hers = await deliver(database, ids, ann, "ann@yuanye.example")
    made = link(lin, message_id=mine)
    assert await database.read(views.covers, made, mine)
    for each in (other, hers, 1):
        assert not await database.read(views.covers, made, each)
    assert not await database.read(views.covers, link(lin, message_id=hers), hers)
    await move(database, lin, mine, "trash")
    assert not await database.read(views.covers, made, mine)


async def test_a_link_to_an_address_covers_what_came_for_exactly_it_since_then(database: Database) -> None:
    ids, lin, ann = MessageIds(), await make_account(database), await make_account(database, "ann@yuanye.example")
    early = await deliver(database, ids, lin, SHOP, now=NOW - 1)
    first = await deliver(database, ids, lin, SHOP)
    both = await deliver(database, ids, lin, "lin@yuanye.example", SHOP)
    tagged = await deliver(database, ids, lin, "shop+x@yuanye.example")
    hers = await deliver(database, ids, ann, SHOP)
    spam = await deliver(database, ids, lin, SHOP)
    await move(database, lin, spam, "junk")
    made = link(lin, ADDRESS, address=SHOP, since_at=NOW)
    found = await database.read(views.newest, made, 10)
    assert [each.id for each in found] == [both, first]
    for each in (early, tagged, hers, spam):
        assert not await database.read(views.covers, made, each)
    whole = replace(made, since_at=0)
    assert [each.id for each in await database.read(views.newest, whole, 10)] == [both, first, early]
    assert [each.id for each in await database.read(views.newest, whole, 1)] == [both]


async def test_a_link_to_codes_shows_codes_of_its_address_and_covers_no_message(database: Database) -> None:
    ids, lin = MessageIds(), await make_account(database)
    ours, plain, theirs = [await deliver(database, ids, lin, to) for to in (SHOP, SHOP, "lin@yuanye.example")]
    offered = Codes(Code("482913", Kind.CODE, "", 0, 0, 0.9), None, ())
    await database.write(codes.add_all, [(ours, lin, offered), (theirs, lin, offered)])
    made = link(lin, CODES, address=SHOP)
    assert [each.message_id for each in await database.read(views.newest_codes, made, 10)] == [ours]
    for each in (ours, plain, theirs):
        assert not await database.read(views.covers, made, each)
    await database.write(codes.dismiss, lin, ours, NOW)
    assert await database.read(views.newest_codes, made, 10) == []


async def test_a_link_stands_until_it_is_revoked_expired_or_its_account_or_message_is_gone(database: Database) -> None:
    ids, lin = MessageIds(), await make_account(database)
    message_id = await deliver(database, ids, lin, "lin@yuanye.example")
    made = await store(database, link(lin, message_id=message_id))

    async def stands(now: int = NOW) -> bool:
        return await database.read(views.standing, HASH, now) is not None

    assert await stands()
    assert await database.read(views.standing, b"another" * 4, NOW) is None
    assert await stands(made.expires_at - 1)
    assert not await stands(made.expires_at)
    await database.write(accounts.set_state, lin, accounts.DISABLED)
    assert not await stands()
    await database.write(accounts.set_state, lin, accounts.ACTIVE)
    assert not await database.write(views.revoke, lin + 1, made.id, NOW)
    assert await stands()
    assert await database.write(views.revoke, lin, made.id, NOW)
    assert not await database.write(views.revoke, lin, made.id, NOW)
    assert not await stands()
    await store(database, link(lin, message_id=message_id), b"2" * 32)
    await database.write(filings.erase, lin, message_id)
    assert await database.read(views.standing, b"2" * 32, NOW) is None


async def test_opens_are_counted_once_each_and_never_above_their_number(database: Database) -> None:
    lin = await make_account(database)
    made = await store(database, link(lin, ADDRESS, address=SHOP, opens_most=2))
    opened = ViewOpen(NOW, "203.0.113.9" * 20, "Mozilla" * 200)
    for visit, let_in in ((b"a", True), (b"a", True), (b"b", True), (b"c", False), (b"b", True)):
        assert await database.write(views.open_, made.id, visit, opened) is let_in
    found = await database.read(views.get, lin, made.id)
    assert found is not None
    assert (found.opens, found.is_used_up) == (2, True)
    log = await database.read(views.opens_of, made.id, 10)
    assert len(log) == 2
    assert (len(log[0].peer), len(log[0].user_agent)) == (views.PEER_LONGEST, views.AGENT_LONGEST)
    late = replace(opened, opened_at=made.expires_at)
    free = await store(database, link(lin, ADDRESS, address=SHOP, opens_most=None), b"3" * 32)
    assert not await database.write(views.open_, free.id, b"d", late)


async def test_the_log_of_a_link_is_bounded(database: Database, monkeypatch: object) -> None:
    monkeypatch.setattr(views, "OPENS_KEPT", 3)  # type: ignore[attr-defined]
    lin = await make_account(database)
    made = await store(database, link(lin, ADDRESS, address=SHOP, opens_most=None))
    for number in range(5):
        await database.write(views.open_, made.id, bytes([number]), ViewOpen(NOW + number, "", ""))
    assert [each.opened_at - NOW for each in await database.read(views.opens_of, made.id, 10)] == [4, 3, 2]
    assert not await database.read(views.is_visit, made.id, bytes([0]))
    found = await database.read(views.get, lin, made.id)
    assert found is not None
    assert found.opens == 5


async def test_links_that_ended_long_ago_are_forgotten(database: Database) -> None:
    lin = await make_account(database)
    old = await store(database, link(lin, ADDRESS, address=SHOP))
    revoked = await store(database, link(lin, ADDRESS, address=SHOP, expires_at=NOW * 2), b"2" * 32)
    lasting = await store(database, link(lin, ADDRESS, address=SHOP, expires_at=NOW * 2), b"3" * 32)
    await database.write(views.revoke, lin, revoked.id, NOW)
    assert await database.read(views.count_standing, lin, NOW) == 2
    await database.write(views.remove_ended, old.expires_at + views.KEPT_MS + 1)
    assert [each.id for each in await database.read(views.of_account, lin, 10)] == [lasting.id]
