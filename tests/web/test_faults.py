"""What the pages' tests look for is found: faults, contrasts of the other scheme, and what is too wide elsewhere."""

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, Page

from tests.web.browsers import chromium, visitor
from tests.web.faults import faultless, faultless_everywhere

PAGE = """<!doctype html><html lang="en"><title>A page</title><meta name="viewport" content="width=device-width">
<style>main {{ color: #222; background: #fff }} {0}</style><main><h1>A page</h1><p>Words.</p>{1}</main></html>"""
PALE_AT_NIGHT = "@media (prefers-color-scheme: dark) { p { color: #eee } }"
WIDE_ON_TABLETS = "@media (min-width: 700px) and (max-width: 900px) { p { width: 1000px } }"


@pytest.fixture
async def page(browser: Browser) -> Page:
    return await visitor(browser, "http://mail.example", (390, 844), "en", "light")


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as browser:
        yield browser


async def test_a_faultless_page_is_left_as_it_was(page: Page) -> None:
    await page.set_content(PAGE.format("", ""))
    await faultless_everywhere(page)
    assert page.viewport_size == {"width": 390, "height": 844}
    assert await page.evaluate("matchMedia('(prefers-color-scheme: light)').matches")


async def test_each_fault_is_found(page: Page) -> None:
    for style, more, said in (
        ("", "<img src=''>", "image-alt"),
        ("p { color: #eee }", "", "color-contrast"),
        ("p { width: 600px }", "", "scrolls sideways"),
    ):
        await page.set_content(PAGE.format(style, more))
        with pytest.raises(AssertionError, match=said):
            await faultless(page)
    for style, said in ((PALE_AT_NIGHT, "color-contrast"), (WIDE_ON_TABLETS, "at 820 scrolls sideways")):
        await page.set_content(PAGE.format(style, ""))
        await faultless(page)
        with pytest.raises(AssertionError, match=said):
            await faultless_everywhere(page)
