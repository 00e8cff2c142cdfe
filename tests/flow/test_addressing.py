"""Aliases, muting, blocking and catch-alls act on the next message."""

import pytest

from mailapp.events import Bus
from mailapp.flow.addressing import Addressing, AddressRefused
from mailapp.flow.delivery import Delivery
from mailapp.mail.content import MemoryContent
from mailapp.mail.envelope import Envelope
from mailapp.mail.errors import PermanentFailure
from mailapp.store import accounts, address_list, addresses, mailboxes, messages
from mailapp.store.database import Database
from tests.conftest import DOMAIN, make_account

LIN, ANN, SHOP = f"lin@{DOMAIN}", f"ann@{DOMAIN}", f"shop@{DOMAIN}"
LETTER = MemoryContent(b"From: a@b.example\r\nSubject: Your sign-in code\r\n\r\nYour code is 482913.\r\n")


class Parts:
    def __init__(self, database: Database, delivery: Delivery, lin: int, ann: int) -> None:
        self.database = database
        self.delivery = delivery
        self.addressing = Addressing(database, delivery.forget_routes)
        self.lin = lin
        self.ann = ann

    async def deliver(self, *to: str) -> None:
        await self.delivery.deliver(Envelope("a@b.example", to, "203.0.113.9", "mx.b.example"), LETTER)

    async def held(self, account_id: int, role: str) -> tuple[int, int]:
        """(total, unread) of a folder."""
        found = await self.database.read(mailboxes.of_account, account_id)
        return next((each.total, each.unread) for each in found if each.role == role)


@pytest.fixture
async def parts(database: Database, bus: Bus) -> Parts:
    lin = await make_account(database, LIN, admin=True, catch_all=True)
    return Parts(database, Delivery(database, bus, "mail.yuanye.example"), lin, await make_account(database, ANN))


async def test_an_alias_reaches_all_its_accounts_and_no_other_any_more(parts: Parts) -> None:
    await parts.deliver(SHOP)
    assert await parts.addressing.add(SHOP.upper(), [LIN, ANN, LIN]) == SHOP
    await parts.deliver(SHOP)
    assert await parts.held(parts.ann, "inbox") == (1, 1)
    await parts.addressing.set_targets(SHOP, [ANN])
    await parts.deliver(SHOP)
    assert (await parts.held(parts.lin, "inbox"))[0] == 2
    assert (await parts.held(parts.ann, "inbox"))[0] == 2
    await parts.addressing.remove(SHOP)
    await parts.deliver(SHOP)
    assert (await parts.held(parts.lin, "inbox"))[0] == 3


@pytest.mark.parametrize("made", [True, False])
async def test_a_blocked_address_is_refused_and_received_again(parts: Parts, made: bool) -> None:
    if made:
        await parts.addressing.add(SHOP, [ANN])
    await parts.deliver(SHOP)
    await parts.addressing.set_state(SHOP, address_list.BLOCKED)
    for to in (SHOP, f"shop+x@{DOMAIN}"):
        with pytest.raises(PermanentFailure) as refused:
            await parts.delivery.check_recipient(to)
        assert refused.value.code == 550
    await parts.addressing.set_state(SHOP, address_list.ACTIVE)
    await parts.deliver(SHOP)
    assert (await parts.held(parts.ann if made else parts.lin, "inbox"))[0] == 2


async def test_a_blocked_address_stays_blocked_when_its_last_account_goes(parts: Parts) -> None:
    await parts.addressing.add(SHOP, [ANN])
    await parts.addressing.set_state(SHOP, address_list.BLOCKED)
    await parts.database.write(accounts.remove, parts.ann)
    parts.delivery.forget_routes()
    with pytest.raises(PermanentFailure):
        await parts.delivery.check_recipient(SHOP)


@pytest.mark.parametrize("made", [True, False])
async def test_muted_mail_goes_to_junk_without_a_code_and_empties_itself(parts: Parts, made: bool) -> None:
    if made:
        await parts.addressing.add(SHOP, [LIN])
    await parts.addressing.set_state(SHOP, address_list.MUTED)
    await parts.deliver(SHOP)
    assert await parts.held(parts.lin, "inbox") == (0, 0)
    assert await parts.held(parts.lin, "junk") == (1, 1)
    (filed,) = await parts.database.read(lambda db: db.execute("SELECT filed_at, id FROM messages").fetchall())
    assert filed[0] == filed[1] >> 12
    assert await parts.database.read(lambda db: db.execute("SELECT count(*) FROM codes").fetchone()[0]) == 0
    await parts.addressing.set_state(SHOP, address_list.ACTIVE)
    await parts.deliver(SHOP)
    assert await parts.held(parts.lin, "inbox") == (1, 1)
    assert await parts.database.read(lambda db: db.execute("SELECT count(*) FROM codes").fetchone()[0]) == 1


async def test_mail_for_a_muted_and_another_address_is_heard(parts: Parts) -> None:
    await parts.addressing.add(SHOP, [LIN, ANN])
    await parts.addressing.set_state(SHOP, address_list.MUTED)
    await parts.deliver(SHOP, LIN)
    assert await parts.held(parts.lin, "inbox") == (1, 1)
    assert await parts.held(parts.ann, "junk") == (1, 1)
    rows = await parts.database.read(messages.page, messages.View(parts.lin), None, 5)
    assert len(rows) == 1


async def test_catch_alls_and_domains_come_and_go(parts: Parts) -> None:
    await parts.addressing.set_catch_all(DOMAIN, "")
    with pytest.raises(PermanentFailure):
        await parts.delivery.check_recipient(SHOP)
    await parts.addressing.set_catch_all(DOMAIN, ANN)
    await parts.deliver(SHOP)
    assert (await parts.held(parts.ann, "inbox"))[0] == 1
    await parts.addressing.add_domain("Other.Example")
    await parts.addressing.set_catch_all("other.example", LIN)
    await parts.delivery.check_recipient("x@other.example")
    await parts.addressing.remove_domain("other.example")
    with pytest.raises(PermanentFailure):
        await parts.delivery.check_recipient("x@other.example")


@pytest.mark.parametrize(
    ("what", "field", "reason"),
    [
        (("add", "nobody", [LIN]), "address", "invalid"),
        (("add", LIN, [ANN]), "address", "exists"),
        (("add", "x@else.example", [LIN]), "address", "domain"),
        (("add", SHOP, []), "targets", "none"),
        (("add", SHOP, [LIN] * 51), "targets", "many"),
        (("add", SHOP, ["nobody"]), "targets", "unknown"),
        (("set_targets", LIN, [ANN]), "targets", "own"),
        (("set_targets", SHOP, [ANN]), "address", "unknown"),
        (("set_state", LIN, "blocked"), "state", "own"),
        (("set_state", LIN, "muted"), "state", "own"),
        (("set_state", f"postmaster@{DOMAIN}", "blocked"), "state", "role"),
        (("set_state", "x@else.example", "blocked"), "address", "domain"),
        (("set_state", "nonsense", "blocked"), "address", "unknown"),
        (("set_state", SHOP, "active"), "address", "unknown"),
        (("remove", LIN), "address", "own"),
        (("remove", SHOP), "address", "unknown"),
        (("add_domain", "nonsense"), "domain", "invalid"),
        (("add_domain", DOMAIN), "domain", "exists"),
        (("set_catch_all", "else.example", LIN), "domain", "unknown"),
        (("set_catch_all", DOMAIN, f"x@{DOMAIN}"), "targets", "unknown"),
        (("remove_domain", DOMAIN), "domain", "in_use"),
        (("remove_domain", "else.example"), "domain", "unknown"),
    ],
)
async def test_what_cannot_be_is_refused_and_nothing_changes(
    parts: Parts, what: tuple[object, ...], field: str, reason: str
) -> None:
    before = await parts.database.read(addresses.all_)
    with pytest.raises(AddressRefused) as refused:
        await getattr(parts.addressing, str(what[0]))(*what[1:])
    assert (refused.value.field, refused.value.reason) == (field, reason)
    assert await parts.database.read(addresses.all_) == before


async def test_an_address_nobody_would_get_cannot_be_muted(parts: Parts) -> None:
    await parts.addressing.set_catch_all(DOMAIN, "")
    with pytest.raises(AddressRefused) as refused:
        await parts.addressing.set_state(SHOP, "muted")
    assert refused.value.reason == "nobody"
