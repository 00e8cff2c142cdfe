"""Who a recipient address reaches."""

import sqlite3

import pytest

from mailapp.store import addresses, domains
from mailapp.store.database import Database
from tests.conftest import make_account


@pytest.fixture
async def people(database: Database) -> tuple[int, int]:
    lin = await make_account(database, "lin@yuanye.example", admin=True)
    ana = await make_account(database, "ana@yuanye.example")

    def alias(db: sqlite3.Connection) -> None:
        addresses.add(db, "team@yuanye.example", domains.ensure(db, "yuanye.example", 1), [lin, ana], 1)

    await database.write(alias)
    return lin, ana


async def _route(database: Database, address: str) -> tuple[int, ...]:
    local, _, domain = address.partition("@")
    return await database.read(addresses.route, local, local.partition("+")[0], domain)


async def test_an_accounts_own_address_reaches_it(database: Database, people: tuple[int, int]) -> None:
    assert await _route(database, "ana@yuanye.example") == (people[1],)


async def test_a_tag_reaches_the_name_before_it(database: Database, people: tuple[int, int]) -> None:
    assert await _route(database, "ana+shop@yuanye.example") == (people[1],)


async def test_an_alias_reaches_everybody_behind_it(database: Database, people: tuple[int, int]) -> None:
    assert await _route(database, "team@yuanye.example") == people


@pytest.mark.parametrize("address", ["postmaster@yuanye.example", "abuse@yuanye.example", "postmaster@"])
async def test_postmaster_and_abuse_reach_the_admin(database: Database, people: tuple[int, int], address: str) -> None:
    assert await _route(database, address) == (people[0],)


@pytest.mark.parametrize("address", ["nobody@yuanye.example", "lin@elsewhere.example", "abuse@", "lin@"])
async def test_unknown_addresses_and_foreign_domains_reach_nobody(
    database: Database, people: tuple[int, int], address: str
) -> None:
    assert await _route(database, address) == ()


async def test_the_catch_all_gets_what_nobody_else_does(database: Database, people: tuple[int, int]) -> None:
    domain = await database.read(domains.by_name, "yuanye.example")
    assert domain is not None
    await database.write(domains.set_catch_all, domain.id, people[1])
    assert await _route(database, "nobody@yuanye.example") == (people[1],)
    assert await _route(database, "lin@yuanye.example") == (people[0],)
    assert await _route(database, "postmaster@yuanye.example") == (people[0],)


async def test_a_domain_with_accounts_cannot_be_removed(database: Database, people: tuple[int, int]) -> None:
    domain = await database.read(domains.by_name, "yuanye.example")
    assert domain is not None
    with pytest.raises(domains.DomainInUse):
        await database.write(domains.remove, domain.id)
