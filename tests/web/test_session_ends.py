"""Where an account is logged in, and ending it there."""

import re

import pytest

from mailapp.events import SessionsRevoked
from mailapp.web.agents import agent_name
from tests.conftest import PASSWORD
from tests.web.conftest import ANN, LIN, SAME_ORIGIN, Mail

PIXEL = (
    "Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0 Mobile Safari/537.36"
)


async def page_of(client: object) -> str:
    return str(await (await client.get("/settings")).get_data(as_text=True))  # type: ignore[attr-defined]


def sessions_in(page: str) -> list[str]:
    return [each for each in re.findall(r'name="session" value="(\w+)"', page) if each != "others"]


async def phone_of(mail: Mail, address: str = LIN):  # type: ignore[no-untyped-def]
    phone = mail.site.test_client()
    form = {"address": address, "password": PASSWORD}
    assert (await phone.post("/login", form=form, headers={**SAME_ORIGIN, "User-Agent": PIXEL})).status_code == 303
    return phone


async def test_every_device_is_listed_and_one_of_them_is_logged_out(mail: Mail) -> None:
    desk, phone = await mail.client(), await phone_of(mail)
    page = await page_of(desk)
    assert "Chrome · Android" in page
    (name,) = sessions_in(page)
    with mail.context.bus.subscribe(mail.lin) as heard:
        done = await desk.post("/session-ends", form={"session": name}, headers=SAME_ORIGIN)
        assert (done.status_code, done.headers["Location"]) == (303, "/settings#sessions")
        event = heard.queue.get_nowait()
    assert isinstance(event, SessionsRevoked)
    assert event.token_hash  # that one's open stream ends, no other
    assert (await phone.get("/mail/inbox")).status_code == 303
    assert sessions_in(await page_of(desk)) == []


async def test_everything_else_is_logged_out_at_once(mail: Mail) -> None:
    desk, phone, tablet = await mail.client(), await phone_of(mail), await mail.client()
    await desk.post("/session-ends", form={"session": "others"}, headers=SAME_ORIGIN)
    assert (await desk.get("/mail/inbox")).status_code == 200
    for other in (phone, tablet):
        assert (await other.get("/mail/inbox")).status_code == 303


async def test_sessions_of_others_and_names_that_are_none_are_not_found(mail: Mail) -> None:
    lin, ann = await mail.client(), await mail.client(ANN)
    await phone_of(mail, ANN)
    (name,) = sessions_in(await page_of(ann))
    for session in (name, "", "0" * 24, "é"):
        done = await lin.post("/session-ends", form={"session": session}, headers=SAME_ORIGIN)
        assert done.status_code == 404
    assert sessions_in(await page_of(ann)) == [name]


@pytest.mark.parametrize(
    ("user_agent", "name"),
    [
        (PIXEL, "Chrome · Android"),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605 Version/19 Safari/604",
            "Safari · iPhone",
        ),
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537 Chrome/142 Safari/537 Edg/142.0", "Edge · Windows"),
        ("Mozilla/5.0 (Linux; Android 14) Chrome/116 Mobile Safari/537 MicroMessenger/8.0", "WeChat · Android"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox · Linux"),
        ("curl/8.5.0", "curl"),
        ("SomethingNew/1.0", "SomethingNew/1.0"),
        ("", ""),
    ],
)
def test_a_device_is_named_by_browser_and_system(user_agent: str, name: str) -> None:
    assert agent_name(user_agent) == name
