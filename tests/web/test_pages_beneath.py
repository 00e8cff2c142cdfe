"""Leaving a list and the lines of caution in Chromium: by pointer, by keyboard, without scripts, for axe."""

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, expect

from tests.transport.test_unsubscribe import List, serving
from tests.web.browsers import chromium, person
from tests.web.conftest import Mail, Served, letter
from tests.web.faults import faultless
from tests.web.test_unsubscribes import CLICK, newsletter, reach


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as browser:
        yield browser


@pytest.fixture
async def list_(mail: Mail) -> AsyncIterator[List]:
    async with serving() as list_:
        reach(mail, list_.net())
        yield list_


async def test_a_list_is_left_after_a_question(mail: Mail, served: Served, browser: Browser, list_: List) -> None:
    message_id = await mail.deliver(newsletter(CLICK, one_click=True))
    lin = await person(browser, served.url, language="en-US")
    await lin.page.click(f"#open-{message_id}")
    line = lin.page.locator(f"#unsubscribe-{message_id}")
    await line.get_by_role("link", name="Unsubscribe").click()
    cancel = line.get_by_role("link", name="Cancel")
    await expect(cancel).to_be_focused()
    await faultless(lin.page)
    await cancel.press("Enter")
    await expect(line.get_by_role("link", name="Unsubscribe")).to_be_visible()
    assert list_.heard == []
    await line.get_by_role("link", name="Unsubscribe").click()
    await line.get_by_role("button", name="Unsubscribe").click()
    await expect(line.get_by_role("status")).to_contain_text("Unsubscribed on")
    assert len(list_.heard) == 1
    await faultless(lin.page)
    lin.blameless()


async def test_a_list_is_left_without_scripts(mail: Mail, served: Served, browser: Browser, list_: List) -> None:
    message_id = await mail.deliver(newsletter(CLICK, one_click=True))
    lin = await person(browser, served.url)
    context = await browser.new_context(
        base_url=served.url, java_script_enabled=False, locale="en-US", storage_state=await lin.context.storage_state()
    )
    page = await context.new_page()
    await page.goto(f"/messages/{message_id}")
    await page.get_by_role("link", name="Unsubscribe").click()
    await page.get_by_role("button", name="Unsubscribe").click()
    await expect(page.get_by_role("status")).to_contain_text("Unsubscribed on")
    await page.get_by_role("link", name="Back to the message").click()
    await expect(page.locator("#subject")).to_have_text("News")
    assert len(list_.heard) == 1


async def test_lines_of_caution_fit_every_width_and_both_themes(mail: Mail, served: Served, browser: Browser) -> None:
    html = "<a href='https://x.test'>bank.com</a>"
    message = letter(
        "Account", html=html, sender='"service@paypal.com" <a9823749827349872394@mail.a-very-long.evil.example>'
    )
    message["Reply-To"] = "b@gmail.com"
    message["List-Unsubscribe"] = "<mailto:out@evil.example>"
    message_id = await mail.deliver(message)
    lin = await person(browser, served.url)
    for width, scheme in ((320, "light"), (390, "dark"), (820, "light"), (1440, "dark")):
        await lin.page.set_viewport_size({"width": width, "height": 800})
        await lin.page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
        await lin.page.goto(f"/messages/{message_id}")
        await expect(lin.page.locator(".caution.serious")).to_be_visible()
        await lin.page.locator(".caution summary").click()
        await faultless(lin.page)
    lin.blameless()
