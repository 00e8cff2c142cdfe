"""What is reached of an account's mail: all of it, or what came for some addresses; and what is asked for of that."""

import pytest

from mailapp.mail.addressees import Reach
from mailapp.mail.query_tree import Part, Text
from mailapp.store import messages, reach
from tests.web.conftest import LIN, Mail, config, letter, mail

SHOP = "shop@yuanye.example"
__all__ = ["config", "mail"]


@pytest.fixture
async def held(mail: Mail) -> dict[str, int]:
    """Messages by what is special about them, the oldest first."""
    forwarded = letter("Forwarded")
    forwarded["Delivered-To"] = "me@elsewhere.example"
    del forwarded["To"]
    forwarded["To"] = "Me <hidden+x@third.example>"
    return {
        "plain": await mail.deliver(letter("Plain"), LIN),
        "shop": await mail.deliver(letter("Shop"), SHOP),
        "tag": await mail.deliver(letter("Tag"), "shop+sale@yuanye.example"),
        "like": await mail.deliver(letter("Like"), "my.shop@yuanye.example"),
        "forwarded": await mail.deliver(forwarded, "catch@yuanye.example"),
    }


async def subjects(mail: Mail, wanted: Reach, part: Part | None = None, **more: object) -> list[str]:
    page = await mail.context.database.read(reach.page, mail.lin, wanted, part, **more)
    return [each.row.subject for each in page.messages]


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (Reach(), ["Forwarded", "Like", "Tag", "Shop", "Plain"]),
        (Reach(to=SHOP), ["Tag", "Shop"]),
        (Reach(to="shop+sale@yuanye.example"), ["Tag"]),
        (Reach(to="me@elsewhere.example"), ["Forwarded"]),
        (Reach(to="hidden@third.example"), ["Forwarded"]),
        (Reach(to="catch@yuanye.example"), ["Forwarded"]),
        (Reach((SHOP,)), ["Tag", "Shop"]),
        (Reach((SHOP, "catch@yuanye.example")), ["Forwarded", "Tag", "Shop"]),
        (Reach((SHOP,), LIN), ["Tag", "Shop"]),  # letters say To: lin, which counts within what is reached
        (Reach((SHOP,), "me@elsewhere.example"), []),  # a header field of other mail opens nothing
        (Reach(to="nobody@yuanye.example"), []),
        (Reach(to="_@_"), []),
    ],
)
async def test_what_is_asked_for_is_found_and_nothing_beyond_reach(
    mail: Mail, held: dict[str, int], wanted: Reach, found: list[str]
) -> None:
    assert await subjects(mail, wanted) == found
    for name, message_id in held.items():
        got = await mail.context.database.read(reach.get, mail.lin, wanted, message_id)
        assert (got is not None) == (name.capitalize() in found)


async def test_pages_go_on_where_the_last_one_ended(mail: Mail, held: dict[str, int]) -> None:
    database = mail.context.database
    first = await database.read(reach.page, mail.lin, Reach(), None, limit=2)
    assert [each.row.id for each in first.messages] == [held["forwarded"], held["like"]]
    second = await database.read(reach.page, mail.lin, Reach(), None, before=first.resume, limit=3)
    assert [each.row.subject for each in second.messages] == ["Tag", "Shop", "Plain"]
    assert second.resume == 0
    assert await subjects(mail, Reach(to=SHOP), before=held["tag"]) == ["Shop"]
    assert await subjects(mail, Reach(), after=held["tag"]) == ["Forwarded", "Like"]
    assert await subjects(mail, Reach(), Text("subject", "shop")) == ["Shop"]
    assert await subjects(mail, Reach(to=SHOP), Text("subject", "tag")) == ["Tag"]


async def test_mail_of_others_and_what_lies_in_the_trash_is_not_listed(mail: Mail, held: dict[str, int]) -> None:
    await mail.context.filing.delete(mail.lin, [held["tag"]])
    assert await subjects(mail, Reach(to=SHOP)) == ["Shop"]
    page = await mail.context.database.read(reach.page, mail.ann, Reach(), None)
    assert page.messages == []
    assert await mail.context.database.read(reach.get, mail.ann, Reach(), held["shop"]) is None


async def test_forwarded_recipients_are_found_by_the_search_too(mail: Mail, held: dict[str, int]) -> None:
    found = await mail.context.database.read(
        reach.page, mail.lin, Reach(), Text("to", "me@elsewhere.example", exact=True)
    )
    assert [each.row.id for each in found.messages] == [held["forwarded"]]
    row = await mail.context.database.read(messages.row, mail.lin, held["forwarded"])
    assert row is not None
