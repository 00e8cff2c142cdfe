"""Completion offers whom an account wrote to, however they are looked for; signatures belong to an address."""

import pytest

from mailapp.mail.message import Person
from mailapp.store import correspondents, signatures
from mailapp.store.correspondents import DOUBLING_MS
from mailapp.store.database import Database
from tests.conftest import make_account

NOW = 1_795_000_000_000
PEOPLE = (
    Person("周婧", "zhou@bei.example"),
    Person("Marta Ólafs", "marta@x.example"),
    Person("Anna-Lena Maier", "al.maier@x.example"),
    Person("", "billing@shop.example"),
)


async def _found(database: Database, account_id: int, text: str, limit: int = 10) -> list[str]:
    return [one.address for one in await database.read(correspondents.matching, account_id, text, limit)]


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("周", ["zhou@bei.example"]),
        ("婧", ["zhou@bei.example"]),
        ("zhou", ["zhou@bei.example"]),
        ("MAR", ["marta@x.example"]),
        ("ólaf", ["marta@x.example"]),
        ("ＭＡＲ", ["marta@x.example"]),
        ("lena", ["al.maier@x.example"]),
        ("ena", []),
        ("anna mai", ["al.maier@x.example"]),
        ("anna zhou", []),
        ("shop", ["billing@shop.example"]),
        ("%", []),
        ("_", []),
        ("  ", []),
    ],
)
async def test_people_are_found_by_words_of_the_name_and_anywhere_in_the_address(
    database: Database, typed: str, found: list[str]
) -> None:
    lin = await make_account(database)
    await database.write(correspondents.wrote_to, lin, PEOPLE, NOW)
    assert await _found(database, lin, typed) == found


async def test_each_account_has_its_own(database: Database) -> None:
    lin, ana = await make_account(database), await make_account(database, "ana@yuanye.example")
    await database.write(correspondents.wrote_to, lin, PEOPLE, NOW)
    assert await _found(database, ana, "zhou") == []


async def test_often_and_lately_comes_first(database: Database) -> None:
    lin = await make_account(database)
    old, often, new = (Person("", f"{name}@x.example") for name in ("old", "often", "new"))
    await database.write(correspondents.wrote_to, lin, [old], NOW)
    for _ in range(8):
        await database.write(correspondents.wrote_to, lin, [often], NOW)
    await database.write(correspondents.wrote_to, lin, [new], NOW + DOUBLING_MS)
    assert await _found(database, lin, "x.ex") == ["often@x.example", "new@x.example", "old@x.example"]
    assert await _found(database, lin, "x.ex", 1) == ["often@x.example"]


async def test_the_last_name_given_is_kept_and_addresses_are_one_however_spelled(database: Database) -> None:
    lin = await make_account(database)
    for person in (
        Person("Zhou", "Zhou@Bei.example"),
        Person("周婧", "zhou@bei.example"),
        Person("", "ZHOU@bei.example"),
    ):
        await database.write(correspondents.wrote_to, lin, [person], NOW)
    assert await database.read(correspondents.matching, lin, "zhou", 10) == [Person("周婧", "zhou@bei.example")]


async def test_each_address_has_a_signature_of_its_own(database: Database) -> None:
    lin, ana = await make_account(database), await make_account(database, "ana@yuanye.example")
    await database.write(signatures.set_, lin, "lin@yuanye.example", "林越")
    await database.write(signatures.set_, lin, "lin@yuanye.example", "林越\n远野")
    await database.write(signatures.set_, lin, "shop@yuanye.example", "Shop")
    assert await database.read(signatures.get, lin, "lin@yuanye.example") == "林越\n远野"
    assert await database.read(signatures.get, ana, "lin@yuanye.example") == ""
    await database.write(signatures.set_, lin, "shop@yuanye.example", " \n")
    assert await database.read(signatures.all_, lin) == {"lin@yuanye.example": "林越\n远野"}
