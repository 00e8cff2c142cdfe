"""Backups in Chromium: one press makes one, the page shows it by itself, and axe finds nothing."""

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, expect

from mailapp.flow.backing_up import Stage
from tests.web.browsers import chromium, person
from tests.web.conftest import Mail, Served
from tests.web.faults import WIDTHS, faultless
from tests.web.test_pages_admin import REFUSED, _open


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as browser:
        yield browser


async def test_one_press_makes_a_backup_and_the_page_shows_it_by_itself(
    mail: Mail, served: Served, browser: Browser
) -> None:
    someone = await person(browser, served.url)
    page = someone.page
    await _open(page, "/admin/backups")
    await page.click("#make-backup")
    await expect(page.locator(".backups tbody tr")).to_have_count(1)
    await expect(page.locator("#make-backup")).to_be_visible()
    async with page.expect_download() as download:
        await page.click(".backups a")
    assert (await download.value).suggested_filename.endswith(".tar.zst")
    await page.fill("#recipients", "age1nonsense")
    await page.click("#save-plan")
    await expect(page.locator("#recipients-error")).to_be_visible()
    for width, height in WIDTHS:
        await page.set_viewport_size({"width": width, "height": height})
        await faultless(page, f"backups at {width}")
    mail.context.backups.stage = Stage("copy", 30)
    await page.goto("/admin/backups")
    await expect(page.locator("progress")).to_be_visible()
    await faultless(page, "under way")
    mail.context.backups.stage = None
    await expect(page.locator("#make-backup")).to_be_visible()
    someone.blameless(REFUSED)
