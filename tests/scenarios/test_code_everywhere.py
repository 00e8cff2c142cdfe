"""A code, with real parts: one SMTP message tells a waiting script, a phone's wall and a shared view; nobody else."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, expect

from mailapp.app import App
from mailapp.flow.viewing import Wish
from mailapp.store.tokens import SCOPES, NewToken
from mailapp.store.views import CODES
from tests.conftest import make_account
from tests.scenarios.test_waiting import ANN, LIN, deliver
from tests.web.browsers import chromium, person

SHOP = "shop@yuanye.example"
PHONE = {"width": 390, "height": 844}


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as browser:
        yield browser


async def waiting_script(url: str) -> asyncio.subprocess.Process:
    """`mailapp wait` as a script elsewhere runs it; its last line is the code."""
    return await asyncio.create_subprocess_exec(
        *(
            sys.executable,
            "-m",
            "mailapp",
            "wait",
            "--server",
            url,
            "--to",
            SHOP,
            "--timeout",
            "60",
            "--token-file",
            "-",
        ),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )


async def test_one_message_tells_a_script_a_phone_and_a_shared_view_and_nobody_else(app: App, browser: Browser) -> None:
    lin = await make_account(app.database, LIN, admin=True, catch_all=True)
    ann = await make_account(app.database, ANN)
    url = f"http://127.0.0.1:{app.http_port}"
    secret, _ = await app.pages.tokens.add(lin, NewToken(SCOPES))
    _, shared = await app.pages.viewing.make(lin, Wish(CODES, address=SHOP))

    phone, stranger = await person(browser, url, LIN), await person(browser, url, ANN)
    await phone.page.set_viewport_size(PHONE)
    for each in (phone, stranger):
        await each.page.goto("/codes")
        await each.connected()
    guest = await (await browser.new_context(base_url=url, locale="en", service_workers="block")).new_page()
    await guest.goto(f"/v/{shared}")
    await guest.click("button.primary")
    await expect(guest.locator("#view-items[data-live]")).to_be_attached()

    script = await waiting_script(url)
    assert script.stdin is not None
    script.stdin.write(f"{secret}\n".encode())
    script.stdin.write_eof()
    before = len(app.bus._by_account.get(lin, ()))
    while (
        len(app.bus._by_account.get(lin, ())) == before and script.returncode is None
    ):  # the call waits once it listens
        await asyncio.sleep(0.01)

    await deliver(app, "482913", SHOP)
    printed, _ = await asyncio.wait_for(script.communicate(), 20)
    assert printed.decode().strip() == "482913"
    await expect(phone.page.locator(".wall-card")).to_have_count(1)
    await expect(phone.page.locator(".wall-card")).to_contain_text("913")
    await expect(guest.locator(".view-card")).to_contain_text("482913")

    await deliver(app, "555000", ANN)
    await expect(stranger.page.locator(".wall-card")).to_have_count(1)
    assert "482" not in await stranger.page.locator("#code-wall").inner_text()
    assert "555000" not in json.dumps([await phone.page.content(), await guest.content()])
    for each in (phone, stranger):
        each.blameless()
    assert ann != lin
