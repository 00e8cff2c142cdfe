"""No page has a fault axe can find, at three widths, light and dark, in both languages; nothing scrolls sideways."""

from collections.abc import AsyncIterator

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, Page

from tests.conftest import PASSWORD
from tests.web.browsers import chromium
from tests.web.conftest import LIN, Mail, Served, letter

WIDTHS = [(390, 844), (820, 1180), (1440, 900)]
LONG = "Donaudampfschifffahrtsgesellschaftskapitänsmützenabzeichen und Rechtsschutzversicherungsgesellschaften"


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as browser:
        yield browser


async def _faultless(page: Page, what: str) -> None:
    found = await Axe().run(page)
    assert found.violations_count == 0, f"{what}: {found.generate_report()}"
    wide = await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0, f"{what} scrolls sideways by {wide} px"


@pytest.mark.parametrize("size", WIDTHS, ids=lambda size: str(size[0]))
@pytest.mark.parametrize(("language", "scheme"), [("zh-CN", "light"), ("zh-CN", "dark"), ("en", "light")])
async def test_every_page_is_accessible(
    mail: Mail, served: Served, browser: Browser, size: tuple[int, int], language: str, scheme: str
) -> None:
    message = letter("您的账单", "林老师好", html="<p>林老师好</p><img src='https://tracker.example/x.gif' alt=''>")
    message.add_attachment(b"%PDF-1.4", maintype="application", subtype="pdf", filename="账单.pdf")
    message_id = await mail.deliver(message)
    await mail.deliver(letter(LONG, LONG))
    width, height = size
    context = await browser.new_context(
        base_url=served.url,
        locale=language,
        color_scheme="dark" if scheme == "dark" else "light",
        viewport={"width": width, "height": height},
    )
    page = await context.new_page()
    await page.goto("/login")
    await _faultless(page, "/login")
    await page.fill("[name=address]", LIN)
    await page.fill("[name=password]", PASSWORD)
    await page.press("[name=password]", "Enter")
    await page.wait_for_url("**/mail/inbox")
    for path in ("/mail/inbox", "/mail/trash", f"/messages/{message_id}", "/settings", "/no-such-page"):
        await page.goto(path)
        await _faultless(page, path)
    await context.close()


async def test_a_narrow_phone_scrolls_nowhere_sideways(mail: Mail, served: Served, browser: Browser) -> None:
    message_id = await mail.deliver(letter(LONG, LONG))
    context = await browser.new_context(base_url=served.url, viewport={"width": 320, "height": 568})
    page = await context.new_page()
    await page.goto("/login")
    await page.fill("[name=address]", LIN)
    await page.fill("[name=password]", PASSWORD)
    await page.press("[name=password]", "Enter")
    await page.wait_for_url("**/mail/inbox")
    for path in ("/mail/inbox", f"/messages/{message_id}", "/settings"):
        await page.goto(path)
        wide = await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0, path
