"""All mail in Chromium: allowed, searched, deleted and taken back from the toast; nothing axe can find."""

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, expect

from tests.web.browsers import chromium, person
from tests.web.conftest import ANN, LIN, Mail, Served, letter
from tests.web.faults import faultless
from tests.web.test_pages_admin import REFUSED, _open


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as browser:
        yield browser


async def test_an_admin_allows_it_searches_deletes_and_takes_it_back(
    mail: Mail, served: Served, browser: Browser
) -> None:
    long = "Donaudampfschifffahrtsgesellschaftskapitaen " * 4
    for number, address in enumerate((LIN, ANN, ANN)):
        await mail.deliver(letter(f"Invoice {number}", long), address)
    someone = await person(browser, served.url, language="en")
    page = someone.page
    await _open(page, "/admin/mail")
    await faultless(page, "not allowed")
    await page.click("main button")
    await page.fill("#q", "invoice")
    await page.press("#q", "Enter")
    await expect(page.locator(".found")).to_have_count(3)
    await page.check(".found >> nth=0 >> input")
    await page.click(".found-bar .button >> nth=0")
    await expect(page.locator(".toast-text")).to_have_text("Moved to the trash")
    await expect(page.locator(".found")).to_have_count(2)
    await page.click(".toast-action")
    await expect(page.locator(".found")).to_have_count(3)
    await page.click(".found-bar .danger")
    await expect(page.locator(".toast-text")).to_have_text("3 messages moved to the trash")
    await expect(page.locator("#all-mail")).to_contain_text("Nothing found.")
    await page.click(".toast-action")
    await expect(page.locator(".found")).to_have_count(3)
    for size, scheme in (((320, 568), "dark"), ((1440, 900), "light")):
        await page.set_viewport_size({"width": size[0], "height": size[1]})
        await page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
        await page.check(".found >> nth=1 >> input")
        await faultless(page, f"found at {size[0]}, {scheme}")
    await page.goto("/settings")
    await expect(page.locator(".searched-note")).to_contain_text("searched all mail")
    someone.blameless(REFUSED)
