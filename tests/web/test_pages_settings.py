"""Settings in Chromium: choices show in other windows, the logo of a site on its log-in page; axe finds nothing."""

import struct
import zlib
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, expect

from tests.web.browsers import chromium, person
from tests.web.conftest import Mail, Served
from tests.web.faults import WIDTHS, faultless
from tests.web.test_pages_admin import REFUSED, _open


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as browser:
        yield browser


def _png() -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = zlib.compress(b"".join(b"\0" + b"\x0f\x6f\x5c" * 120 for _ in range(40)))
    head = struct.pack(">IIBBBBB", 120, 40, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


async def test_a_language_and_a_theme_show_at_once_in_other_windows_but_not_while_somebody_writes(
    mail: Mail, served: Served, browser: Browser
) -> None:
    someone = await person(browser, served.url)
    page, html = someone.page, someone.page.locator("html")
    headers = {"Sec-Fetch-Site": "same-origin"}

    async def choose(language: str, theme: str) -> None:
        await someone.context.request.post("/settings", form={"language": language, "theme": theme}, headers=headers)

    await choose("en", "dark")
    await expect(html).to_have_attribute("data-theme", "dark")
    await expect(html).to_have_attribute("lang", "en")
    await someone.connected()
    await page.locator("#search-input").fill("half a wor")
    await choose("zh-CN", "light")
    await expect(page.locator("#list-pane")).to_contain_text("收件箱")
    await expect(html).to_have_attribute("data-theme", "dark")
    await page.locator("#search-input").fill("")
    await page.locator("#search-input").blur()
    await expect(html).to_have_attribute("data-theme", "light")
    someone.blameless()


async def test_a_logo_and_a_title_stand_on_the_log_in_page(mail: Mail, served: Served, browser: Browser) -> None:
    someone = await person(browser, served.url)
    page = someone.page
    await _open(page, "/admin/settings")
    await page.fill("#site_title", "远野信箱")
    await page.click("#save-look")
    await expect(page.locator("#site-settings .saved")).to_be_visible()
    await page.set_input_files("#logo", files=[{"name": "l.png", "mimeType": "image/png", "buffer": _png()}])
    await page.click("#save-logo")
    await expect(page.locator(".logo-shown")).to_be_visible()
    await page.fill("#trusted_proxies", "nonsense")
    await page.click("#save-proxies")
    await expect(page.locator("#trusted_proxies-error")).to_be_visible()
    for width, height in WIDTHS:
        await page.set_viewport_size({"width": width, "height": height})
        await faultless(page, f"settings at {width}")
    stranger = await browser.new_context(base_url=served.url, locale="zh-CN")
    theirs = await stranger.new_page()
    await theirs.goto("/login")
    await expect(theirs.locator("h1")).to_contain_text("远野信箱")
    assert await theirs.locator(".own-logo").evaluate("(each) => each.naturalWidth") == 120
    await faultless(theirs, "log-in page with a logo")
    await stranger.close()
    someone.blameless(REFUSED)
