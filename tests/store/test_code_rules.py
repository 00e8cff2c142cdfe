"""What accounts taught about the codes of a sender."""

import json
import sqlite3

import pytest

from mailapp.mail.code_rules import MAX_RULES, Rule
from mailapp.store import code_rules
from mailapp.store.database import Database
from tests.conftest import make_account


def rule(sender: str = "a@shop.example", before: str = "code is ") -> Rule:
    return Rule(sender, before, ".", "999999", "text")


async def test_rules_are_an_accounts_own_by_sender_the_newest_first_and_each_once(database: Database) -> None:
    lin, ann = await make_account(database), await make_account(database, "ann@yuanye.example")
    for each in (rule(), rule(before="other "), rule(), rule("b@shop.example")):
        await database.write(code_rules.add, lin, each, 1)
    found = await database.read(code_rules.of_account, lin)
    assert found == {"a@shop.example": (rule(), rule(before="other ")), "b@shop.example": (rule("b@shop.example"),)}
    assert await database.read(code_rules.of_account, ann) == {}


async def test_rules_and_senders_are_bounded_and_the_oldest_go_first(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    lin = await make_account(database)
    monkeypatch.setattr(code_rules, "SENDERS", 3)
    for number in range(MAX_RULES + 5):
        await database.write(code_rules.add, lin, rule(before=f"{number} "), 1)
    for number in range(3):
        await database.write(code_rules.add, lin, rule(f"{number}@shop.example"), 2 + number)
    found = await database.read(code_rules.of_account, lin)
    assert sorted(found) == [f"{number}@shop.example" for number in range(3)]


async def test_one_sender_keeps_its_newest_rules(database: Database) -> None:
    lin = await make_account(database)
    for number in range(MAX_RULES + 5):
        await database.write(code_rules.add, lin, rule(before=f"{number} "), 1)
    (held,) = (await database.read(code_rules.of_account, lin)).values()
    assert [each.before for each in held] == [f"{number} " for number in reversed(range(5, MAX_RULES + 5))]


async def test_a_rule_of_another_release_that_cannot_be_read_is_left_out(database: Database) -> None:
    lin = await make_account(database)
    await database.write(code_rules.add, lin, rule(), 1)

    def spoil(db: sqlite3.Connection) -> None:
        held = json.dumps([{"sender": "a@shop.example", "new": 1}, "nonsense", rule().to_dict()])
        db.execute("UPDATE code_rules SET rule = ?", (held,))

    await database.write(spoil)
    assert await database.read(code_rules.of_account, lin) == {"a@shop.example": (rule(),)}


async def test_an_account_that_is_gone_is_told(database: Database) -> None:
    with pytest.raises(LookupError):
        await database.write(code_rules.add, 99, rule(), 1)
