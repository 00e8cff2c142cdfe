"""Leaving a list from a page: asked first, told afterwards, remembered."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace

import pytest

from mailapp.flow.unsubscribing import Unsubscribing
from mailapp.transport.unsubscribe import Net
from mailapp.web.context import EXTENSION
from tests.transport.test_unsubscribe import serving
from tests.web.conftest import FRAGMENT, SAME_ORIGIN, Mail, letter

ENGLISH = {**FRAGMENT, **SAME_ORIGIN, "Accept-Language": "en"}
CLICK = "<https://relay.example/u?id=1>"


def newsletter(uris: str, *, one_click: bool = False) -> bytes:
    message = letter("News", "x", sender="News <news@shop.example>")
    message["List-Unsubscribe"] = uris
    message["List-Id"] = "News <news.shop.example>"
    if one_click:
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    return message.as_bytes().replace(b"\n", b"\r\n")


def reach(mail: Mail, net: Net) -> None:
    """Put the way lists are reached into the site."""
    site = mail.site.extensions[EXTENSION]
    site.context = replace(
        site.context,
        unsubscribing=Unsubscribing(site.context.database, site.context.drafting, site.context.submission, net=net),
    )


@pytest.fixture
async def reached(mail: Mail) -> AsyncIterator[list[bytes]]:
    """A list that confirms; what it heard."""
    async with serving() as list_:
        reach(mail, list_.net())
        yield list_.heard


async def _text(mail: Mail, path: str) -> str:
    client = await mail.client()
    response = await client.get(path, headers=ENGLISH)
    assert response.status_code == 200
    return await response.get_data(as_text=True)


async def test_one_click_asks_first_and_names_the_host(mail: Mail, reached: list[bytes]) -> None:
    message_id = await mail.deliver(newsletter(CLICK, one_click=True))
    assert "/unsubscribe?view=" in await _text(mail, f"/messages/{message_id}")
    asked = await _text(mail, f"/messages/{message_id}/unsubscribe")
    assert "relay.example" in asked
    assert reached == [], "a question does nothing yet"
    client = await mail.client()
    page = await client.get(f"/messages/{message_id}/unsubscribe")
    assert "<h1>" in await page.get_data(as_text=True)


async def test_one_click_is_posted_told_and_remembered_for_the_list(mail: Mail, reached: list[bytes]) -> None:
    message_id = await mail.deliver(newsletter(CLICK, one_click=True))
    later = await mail.deliver(newsletter(CLICK, one_click=True))
    client = await mail.client()
    form = {"message": str(message_id), "way": "click"}
    answer = await client.post("/unsubscribes", form=form, headers=ENGLISH)
    assert 'role="status"' in await answer.get_data(as_text=True)
    assert len(reached) == 1
    assert reached[0].startswith(b"POST /u?id=1 ")
    assert "Unsubscribed on" in await _text(mail, f"/messages/{later}")
    plain = await client.post("/unsubscribes", form=form, headers=SAME_ORIGIN)
    assert "<h1>" in await plain.get_data(as_text=True)


async def test_a_refusal_says_why_and_what_else_there_is(mail: Mail) -> None:
    async def inside(_host: str) -> Sequence[str]:
        return ["10.0.0.1"]

    reach(mail, Net(resolve=inside))
    message_id = await mail.deliver(newsletter(f"{CLICK}, <mailto:out@shop.example>", one_click=True))
    client = await mail.client()
    form = {"message": str(message_id), "way": "click"}
    answer = await client.post("/unsubscribes", form=form, headers=ENGLISH)
    told = await answer.get_data(as_text=True)
    assert "private network" in told
    assert 'value="mail"' in told
    assert "Unsubscribed on" not in await _text(mail, f"/messages/{message_id}")


async def test_a_list_that_is_left_by_mail_gets_one(mail: Mail) -> None:
    message_id = await mail.deliver(newsletter("<mailto:out@shop.example?subject=Out>"), to="shop@yuanye.example")
    asked = await _text(mail, f"/messages/{message_id}/unsubscribe")
    assert "out@shop.example" in asked
    assert "shop@yuanye.example" in asked
    client = await mail.client()
    form = {"message": str(message_id), "way": "mail"}
    answer = await client.post("/unsubscribes", form=form, headers=ENGLISH)
    assert "Asked to be taken off on" in await answer.get_data(as_text=True)
    rows = "SELECT reverse_path, subject FROM queue_items"
    items = await mail.context.database.read(lambda db: db.execute(rows).fetchall())
    assert items == [("shop@yuanye.example", "Out")]


async def test_a_page_to_open_is_a_link_and_nothing_is_posted(mail: Mail) -> None:
    message_id = await mail.deliver(newsletter("<https://shop.example/leave>"))
    shown = await _text(mail, f"/messages/{message_id}")
    assert 'href="https://shop.example/leave" target="_blank" rel="noopener noreferrer nofollow"' in shown
    client = await mail.client()
    form = {"message": str(message_id), "way": "click"}
    assert (await client.post("/unsubscribes", form=form, headers=SAME_ORIGIN)).status_code == 404


async def test_other_peoples_messages_and_other_sites_get_nothing(mail: Mail, reached: list[bytes]) -> None:
    message_id = await mail.deliver(newsletter(CLICK, one_click=True))
    ann = await mail.client("ann@yuanye.example")
    form = {"message": str(message_id), "way": "click"}
    assert (await ann.get(f"/messages/{message_id}/unsubscribe")).status_code == 404
    assert (await ann.post("/unsubscribes", form=form, headers=SAME_ORIGIN)).status_code == 404
    lin = await mail.client()
    assert (await lin.post("/unsubscribes", form=form, headers={"Sec-Fetch-Site": "cross-site"})).status_code == 403
    assert (await lin.post("/unsubscribes", form={**form, "way": "x"}, headers=SAME_ORIGIN)).status_code == 400
    assert reached == []


async def test_an_ordinary_letter_offers_nothing(mail: Mail) -> None:
    message_id = await mail.deliver(letter())
    assert "unsubscribe" not in await _text(mail, f"/messages/{message_id}")
    client = await mail.client()
    assert (await client.get(f"/messages/{message_id}/unsubscribe")).status_code == 404
