"""One's own addresses in Chromium: made and muted by hand, at every width, nothing axe can find."""

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, expect

from tests.conftest import DOMAIN
from tests.web.browsers import chromium, person
from tests.web.conftest import ANN, Mail, Served
from tests.web.faults import WIDTHS, faultless
from tests.web.test_pages_admin import REFUSED


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as browser:
        yield browser


async def test_an_address_is_made_and_muted_and_the_page_is_faultless(
    mail: Mail, served: Served, browser: Browser
) -> None:
    await mail.context.own_addressing.set_limit(mail.ann, 3)
    someone = await person(browser, served.url, ANN, language="en")
    page = someone.page
    await page.goto("/settings")
    await page.click("a[href='/aliases']")
    await page.fill("#local", "donaudampfschifffahrtsgesellschaftskapitaenspatent")
    await page.press("#local", "Enter")
    await expect(page.locator(".sessions li")).to_have_count(1)
    await page.fill("#local", "shop")
    await page.press("#local", "Enter")
    await page.click(f"button[aria-label='Mute shop@{DOMAIN}']")
    await expect(page.locator(".sessions li", has_text="to junk")).to_have_count(1)
    await page.fill("#local", "postmaster")
    await page.press("#local", "Enter")
    await expect(page.locator("#local-error")).to_be_visible()
    await faultless(page, "refused")
    for place, (width, height) in enumerate(WIDTHS):
        await page.set_viewport_size({"width": width, "height": height})
        await page.emulate_media(color_scheme="dark" if place % 2 else "light")
        await page.goto("/aliases")
        await faultless(page, f"own addresses at {width}")
    someone.blameless(REFUSED)
