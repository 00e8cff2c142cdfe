"""Addresses accounts make for themselves, and those a catch-all makes at the first mail."""

import pytest

from mailapp.events import Bus
from mailapp.flow.addressing import Addressing, AddressRefused
from mailapp.flow.delivery import Delivery
from mailapp.flow.own_addressing import RESERVED, OwnAddressing
from mailapp.mail.content import MemoryContent
from mailapp.mail.envelope import Envelope
from mailapp.store import accounts, address_list, audit, mailboxes, own_addresses
from mailapp.store.accounts import Account
from mailapp.store.database import Database
from tests.conftest import DOMAIN, make_account

LIN, ANN = f"lin@{DOMAIN}", f"ann@{DOMAIN}"
LETTER = MemoryContent(b"From: a@b.example\r\nSubject: Hi\r\n\r\nHello.\r\n")


class Parts:
    def __init__(self, database: Database, lin: int, ann: Account) -> None:
        self.database = database
        self.delivery = Delivery(database, Bus(), "mail.yuanye.example")
        self.own = OwnAddressing(database, self.delivery.forget_routes)
        self.addressing = Addressing(database, self.delivery.forget_routes)
        self.lin = lin
        self.ann = ann

    async def deliver(self, *local: str) -> None:
        to = tuple(f"{each}@{DOMAIN}" for each in local)
        await self.delivery.deliver(Envelope("a@b.example", to, "203.0.113.9", "mx.b.example"), LETTER)

    async def total(self, account_id: int, role: str) -> int:
        found = await self.database.read(mailboxes.of_account, account_id)
        return next(each.total for each in found if each.role == role)

    async def refused(self, local: str) -> str:
        with pytest.raises(AddressRefused) as refusal:
            await self.own.make(self.ann, local)
        return refusal.value.reason

    async def held(self, account_id: int) -> list[str]:
        return [each.address for each in await self.database.read(own_addresses.page, account_id, "", 100)]


@pytest.fixture
async def parts(database: Database):
    lin = await make_account(database, LIN, admin=True, catch_all=True)
    ann = await database.read(accounts.get, await make_account(database, ANN))
    assert ann is not None
    made = Parts(database, lin, ann)
    yield made
    made.delivery.close()


async def test_an_account_makes_as_many_as_the_admin_allows(parts: Parts) -> None:
    assert await parts.refused("shop") == "limit"
    await parts.own.set_limit(parts.ann.id, 1)
    assert await parts.own.make(parts.ann, "Shop") == f"shop@{DOMAIN}"
    assert await parts.refused("bank") == "limit"
    await parts.deliver("shop", "shop+tag")
    assert await parts.total(parts.ann.id, "inbox") == 1
    await parts.own.remove(parts.ann, f"shop@{DOMAIN}")
    assert await parts.own.make(parts.ann, "bank")


@pytest.mark.parametrize("local", [*sorted(RESERVED), "lin"])
async def test_names_that_speak_for_the_domain_or_belong_to_others_are_not_to_be_had(parts: Parts, local: str) -> None:
    await parts.own.set_limit(parts.ann.id, 9)
    assert await parts.refused(local) == "taken"


@pytest.mark.parametrize("local", ["", "a b", "lin+tag", "a@b", "a" * 65])
async def test_what_is_no_address_is_refused(parts: Parts, local: str) -> None:
    await parts.own.set_limit(parts.ann.id, 9)
    assert await parts.refused(local) == "invalid"


async def test_what_mail_came_for_already_cannot_be_taken_from_the_catch_all(parts: Parts) -> None:
    await parts.own.set_limit(parts.ann.id, 9)
    await parts.deliver("invoices")
    assert await parts.refused("invoices") == "taken"


async def test_a_muted_one_goes_to_junk_and_only_its_maker_may_mute_it(parts: Parts) -> None:
    await parts.own.set_limit(parts.ann.id, 9)
    shop = await parts.own.make(parts.ann, "shop")
    await parts.own.set_muted(parts.ann, shop, True)
    await parts.deliver("shop")
    assert await parts.total(parts.ann.id, "junk") == 1
    await parts.own.set_muted(parts.ann, shop, False)
    await parts.deliver("shop")
    assert await parts.total(parts.ann.id, "inbox") == 1
    lin = await parts.database.read(accounts.get, parts.lin)
    assert lin is not None
    for account, address in ((lin, shop), (parts.ann, ANN), (parts.ann, f"no@{DOMAIN}")):
        with pytest.raises(AddressRefused):
            await parts.own.set_muted(account, address, True)
        with pytest.raises(AddressRefused):
            await parts.own.remove(account, address)
    done = [each.what for each in await parts.database.read(audit.page, 0, 10) if each.who == ANN]
    assert done == ["address.state", "address.state", "address.added"]


async def test_one_the_admin_blocked_or_shared_is_not_the_accounts_any_more(parts: Parts) -> None:
    await parts.own.set_limit(parts.ann.id, 9)
    shop = await parts.own.make(parts.ann, "shop")
    await parts.addressing.set_state(shop, "blocked")
    with pytest.raises(AddressRefused):
        await parts.own.set_muted(parts.ann, shop, False)
    await parts.addressing.set_state(shop, "active")
    await parts.addressing.set_targets(shop, [ANN, LIN])
    with pytest.raises(AddressRefused):
        await parts.own.remove(parts.ann, shop)


async def test_the_catch_all_makes_an_address_at_the_first_mail_where_the_domain_wants_that(parts: Parts) -> None:
    await parts.deliver("first")
    assert await parts.held(parts.lin) == []
    await parts.addressing.set_catch_all(DOMAIN, LIN, makes=True)
    await parts.deliver("shop+spring", "shop", "lin", "ann")
    assert await parts.held(parts.lin) == [f"shop@{DOMAIN}"]
    # it stays when the catch-all goes
    await parts.addressing.set_catch_all(DOMAIN, "")
    await parts.deliver("shop")
    assert await parts.total(parts.lin, "inbox") == 3
    made = await parts.database.read(address_list.get, f"shop@{DOMAIN}")
    assert made is not None
    assert made.state == "active"


async def test_who_tries_names_out_does_not_fill_the_list(parts: Parts, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(own_addresses, "CAUGHT_A_DAY", 2)
    await parts.addressing.set_catch_all(DOMAIN, LIN, makes=True)
    await parts.deliver("a1", "a2", "a3", "a4")
    assert await parts.held(parts.lin) == [f"a1@{DOMAIN}", f"a2@{DOMAIN}"]
    assert await parts.total(parts.lin, "inbox") == 1
