"""Completion: people the account wrote to, nobody else's."""

import re

from mailapp.mail.message import Person
from mailapp.store import correspondents
from mailapp.web.people import marked
from tests.web.conftest import ANN, Mail, letter

PEOPLE = [
    Person("陈薇", "chenwei@foxmail.example"),
    Person("Marta <b>", "marta@kiln.example"),
    Person("", "x@chen.example"),
]


async def offered(mail: Mail, query: str, address: str = "") -> str:
    client = await (mail.client(address) if address else mail.client())
    return str(await (await client.get("/people", query_string={"q": query})).get_data(as_text=True))


async def test_those_written_to_are_offered_with_the_hit_marked(mail: Mail) -> None:
    await mail.context.database.write(correspondents.wrote_to, mail.lin, PEOPLE, 1)
    html = await offered(mail, "chen")
    assert re.findall(r'data-text="([^"]*)"', html) == ["陈薇 &lt;chenwei@foxmail.example&gt;", "x@chen.example"]
    assert "<mark>chen</mark>wei@foxmail.example" in html
    assert "<mark>陈</mark>薇" in await offered(mail, "陈")


async def test_nothing_typed_offers_nobody(mail: Mail) -> None:
    await mail.context.database.write(correspondents.wrote_to, mail.lin, PEOPLE, 1)
    assert "role" not in await offered(mail, " ")


async def test_another_account_and_those_who_only_wrote_to_us_are_not_offered(mail: Mail) -> None:
    await mail.context.database.write(correspondents.wrote_to, mail.lin, PEOPLE, 1)
    await mail.deliver(letter())
    assert "role" not in await offered(mail, "chen", ANN)
    assert "role" not in await offered(mail, "zhou")


async def test_names_are_escaped(mail: Mail) -> None:
    await mail.context.database.write(correspondents.wrote_to, mail.lin, PEOPLE, 1)
    html = await offered(mail, "marta")
    assert "<b>" not in html
    assert "&lt;b&gt;" in html


def test_a_hit_is_found_whatever_its_case() -> None:
    assert marked("Chen Yuan", "yu") == ("Chen ", "Yu", "an")
    assert marked("İstanbul", "stan") == ("İstanbul", "", "")
    assert marked("abc", "x") == ("abc", "", "")
