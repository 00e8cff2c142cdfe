"""Codes in lists, above letters, on the wall and in the stream, as the server answers."""

import asyncio
import re
import time
from dataclasses import replace

import pytest

from mailapp.store import codes
from mailapp.web.chip import Chip
from mailapp.web.code_views import host_of, parts_of
from mailapp.web.site import create_site
from tests.web.conftest import ANN, FRAGMENT, LIN, SAME_ORIGIN, Mail, letter

TEXT = "Your verification code is {}. It expires in 10 minutes."
LINK = "Click the link below to sign in to Notion:\n\nhttps://login.notion.example/magic?token=abcdef1234567890abcdef\n"


def code(value: str = "482913", sender: str = "GitHub <noreply@github.example>", text: str = TEXT):  # type: ignore[no-untyped-def]
    return letter("Your sign-in code", text.format(value), sender=sender)


def later(mail: Mail, seconds: float) -> Mail:
    """The same mail, looked at so much later."""
    context = replace(mail.context, clock=lambda: time.time() + seconds)
    return replace(mail, site=create_site(context), context=context)


async def page_of(mail: Mail, path: str, address: str = LIN, **headers: str) -> str:
    client = await mail.client(address)
    response = await client.get(path, headers={"Accept-Language": "en", **headers})
    assert response.status_code == 200, path
    return str(await response.get_data(as_text=True))


async def uses(mail: Mail, message_id: int, form: dict[str, str], address: str = LIN) -> int:
    client = await mail.client(address)
    return (await client.post(f"/codes/{message_id}/uses", form=form, headers={**SAME_ORIGIN, **FRAGMENT})).status_code


async def test_a_row_with_a_code_shows_it_as_a_chip_that_leads_to_the_message_without_scripts(mail: Mail) -> None:
    message_id = await mail.deliver(code())
    await mail.deliver(letter("Lunch", "At noon?"))
    html = await page_of(mail, "/mail/inbox")
    (chip,) = re.findall(r'<a class="code-chip".*?</a>', html)
    assert f'href="/messages/{message_id}"' in chip
    assert 'data-code="482913"' in chip
    assert "<span>482</span><span>913</span>" in chip
    assert html.count('class="code-chip room"') == 1


async def test_the_newest_code_that_can_be_typed_stands_on_top_except_beside_its_own_message(mail: Mail) -> None:
    first = await mail.deliver(code("111222"))
    second = await mail.deliver(code("333444"))
    assert strip_in(await page_of(mail, "/mail/inbox")) == "333444"
    assert strip_in(await page_of(mail, f"/messages/{second}")) == ""
    assert strip_in(await page_of(mail, f"/messages/{first}")) == "333444"
    assert await uses(mail, second, {"used": "1"}) == 200
    assert strip_in(await page_of(mail, "/mail/inbox")) == "111222"
    assert strip_in(await page_of(mail, "/mail/inbox", ANN)) == ""


def strip_in(html: str) -> str:
    found = re.search(r'<a class="code-strip"[^>]*data-code="(\w+)"', html)
    return found[1] if found else ""


async def test_a_code_counts_down_and_is_over_when_its_time_is(mail: Mail) -> None:
    message_id = await mail.deliver(code())
    assert re.search(r"\d+ s ago", await page_of(mail, "/mail/inbox"))
    assert re.search(r"(10:00|9:5\d) left", await page_of(mail, f"/messages/{message_id}"))
    over = later(mail, 601)
    html = await page_of(over, "/mail/inbox")
    assert strip_in(html) == ""
    assert re.search(r'<a class="code-chip"[^>]*data-state="over"', html)
    html = await page_of(over, "/codes")
    assert "was valid for 10 min" in html
    assert "10 min ago" in html


async def test_one_whose_validity_nobody_knows_is_offered_for_half_an_hour_and_never_called_expired(mail: Mail) -> None:
    await mail.deliver(code(text="Your verification code is {}."))
    assert strip_in(await page_of(later(mail, 1_790), "/mail/inbox")) == "482913"
    html = await page_of(later(mail, 1_801), "/mail/inbox")
    assert strip_in(html) == ""
    assert re.search(r'<a class="code-chip"[^>]*data-state="old"', html)


async def test_a_link_is_opened_from_the_message_alone_with_its_host_named_and_no_referrer(mail: Mail) -> None:
    message_id = await mail.deliver(letter("Sign in to Notion", LINK, sender="Notion <noreply@notion.example>"))
    html = await page_of(mail, "/mail/inbox")
    assert re.search(rf'<a class="code-chip link" href="/messages/{message_id}"', html)
    assert "login.notion.example/magic" not in html.split("<li id=", 1)[1].split("preview", 1)[0]
    assert strip_in(html) == ""
    html = await page_of(mail, f"/messages/{message_id}")
    (link,) = re.findall(r'<div class="code-link">.*?</div>', html)
    assert 'rel="noreferrer noopener"' in link
    assert 'target="_blank"' in link
    assert '<b class="host">login.notion.example</b>' in link
    wall = await page_of(mail, "/codes")
    assert "token=abcdef" not in wall
    assert "login.notion.example" in wall


def test_hosts_are_named_so_that_none_passes_for_another() -> None:
    assert host_of("https://github.example@evil.example/x") == "evil.example"
    assert host_of("https://\u0430pple.example/x") == "xn--pple-43d.example"
    assert host_of("https://" + "a" * 64 + "\u0430.example/x") == ""


@pytest.mark.parametrize("link", ["javascript:alert(1)", "data:text/html,x", "https://[::1", "//x.example", ""])
def test_only_web_addresses_are_links(link: str) -> None:
    assert host_of(link) == ""


def test_codes_are_read_in_halves_and_copied_whole() -> None:
    read = {each: parts_of(each) for each in ("482913", "12345678", "1234", "G-482913", "ABC-123", "K7QX42", "1" * 12)}
    assert read["482913"] == ("482", "913")
    assert read["12345678"] == ("1234", "5678")
    assert read["K7QX42"] == ("K7Q", "X42")
    assert all(read[each] == (each,) for each in ("1234", "G-482913", "ABC-123", "1" * 12))
    assert Chip(1, "482913", ("482", "913"), "live", 2, 0).value == "482913"


async def test_using_a_code_is_told_with_a_way_back_and_needs_ones_own_message(mail: Mail) -> None:
    message_id = await mail.deliver(code())
    client = await mail.client()
    path = f"/codes/{message_id}/uses"
    answer = await client.post(f"{path}?copied=1", form={"used": "1"}, headers={**SAME_ORIGIN, **FRAGMENT})
    html = str(await answer.get_data(as_text=True))
    assert '<span class="toast-code">482913</span>' in html
    assert f'action="{path}"' in html
    assert 'name="used" value="0"' in html
    found = await mail.context.database.read(codes.of_message, mail.lin, message_id)
    assert found is not None
    assert found.used_at is not None
    assert await uses(mail, message_id, {"used": "0"}, ANN) == 404
    assert await uses(mail, message_id, {"used": "2"}) == 400
    assert await uses(mail, await mail.deliver(letter("Lunch")), {"used": "1"}) == 404
    plain = await client.post(path, form={"used": "0"}, headers=SAME_ORIGIN)
    assert (plain.status_code, plain.headers["Location"]) == (303, f"/messages/{message_id}")
    found = await mail.context.database.read(codes.of_message, mail.lin, message_id)
    assert found is not None
    assert found.used_at is None


async def test_saying_that_there_is_no_code_takes_it_away_and_only_offered_ones_can_be_chosen(mail: Mail) -> None:
    message_id = await mail.deliver(code())
    client = await mail.client()
    path, headers = f"/codes/{message_id}/corrections", {**SAME_ORIGIN, **FRAGMENT}
    assert (await client.post(path, form={"value": "999999"}, headers=headers)).status_code == 404
    assert (await (await mail.client(ANN)).post(path, form={"value": ""}, headers=headers)).status_code == 404
    said = await client.post(path, form={"value": ""}, headers=headers)
    back = f"/codes/{message_id}/returns"
    assert (said.status_code, f'hx-post="{back}"' in await said.get_data(as_text=True)) == (200, True)
    assert "chip" not in re.sub(r"chip\.css", "", (await page_of(mail, "/mail/inbox")).split("message-list", 1)[1])
    assert (await (await mail.client(ANN)).post(back, headers=headers)).status_code == 404
    assert (await client.post(back, headers=headers)).status_code == 200
    assert "code-chip" in (await page_of(mail, "/mail/inbox")).split("message-list", 1)[1]


async def test_the_wall_shows_current_codes_first_and_pages_the_rest(mail: Mail) -> None:
    ids = [await mail.deliver(code(str(100_000 + number))) for number in range(33)]
    await uses(mail, ids[-1], {"used": "1"})
    html = await page_of(mail, "/codes")
    now, over = html.split('id="codes-over"')
    assert re.findall(r'id="code-(\d+)"', now) == [str(each) for each in reversed(ids[3:-1])]
    assert re.findall(r'id="code-(\d+)"', over) == [str(ids[-1])]
    (before,) = re.findall(r'href="/codes\?before=(\d+)"', html)
    assert before == str(ids[3])
    older = await page_of(mail, f"/codes?before={before}", **FRAGMENT)
    assert re.findall(r'id="code-(\d+)"', older) == [str(each) for each in reversed(ids[:3])]
    assert "before=" not in older
    assert "wall-card" not in await page_of(mail, "/codes", ANN)
    client = await mail.client()
    assert (await client.get("/codes?before=x")).status_code in (400, 404)
    assert (await mail.site.test_client().get("/codes")).status_code in (302, 303)


async def test_the_stream_brings_a_code_to_the_wall_the_top_of_the_list_and_the_news(mail: Mail) -> None:
    client = await mail.client()
    for view, there, missing in (
        ("/codes", 'hx-swap="codes"', "#nothing"),
        ("/mail/inbox", "#code-strip", 'hx-swap="codes"'),
    ):
        async with client.request(f"/events?view={view}", method="GET") as connection:
            await asyncio.wait_for(connection.receive(), 10)
            message_id = await mail.deliver(code("730156"))
            data = b""
            while b"code-news" not in data:
                data += await asyncio.wait_for(connection.receive(), 10)
            text = data.decode()
            assert there in text
            assert missing not in text
            assert f'data-code="730156" data-id="{message_id}" data-title="730156 · GitHub"' in text
            assert text.index("code-news") < text.index("#announcer")
            await connection.disconnect()


async def test_settings_hold_whether_codes_file_themselves(mail: Mail) -> None:
    client = await mail.client()
    done = await client.post("/settings", form={"file_codes": "1"}, headers=SAME_ORIGIN)
    assert done.status_code == 303
    assert re.search(r'name="file_codes" value="1" checked', await page_of(mail, "/settings"))
    assert (await client.post("/settings", form={"file_codes": "2"}, headers=SAME_ORIGIN)).status_code == 400
