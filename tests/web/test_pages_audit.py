"""The audit log in Chromium: it is filtered in place, and axe finds nothing."""

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, expect

from mailapp.store import audit
from tests.web.browsers import chromium, person
from tests.web.conftest import LIN, Mail, Served
from tests.web.faults import WIDTHS, faultless
from tests.web.test_pages_admin import REFUSED, _open


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as browser:
        yield browser


async def test_the_log_is_filtered_in_place_at_every_width(mail: Mail, served: Served, browser: Browser) -> None:
    def fill(db: object) -> None:
        long = "Donaudampfschifffahrtsgesellschaftskapitänsmützenabzeichen.example"
        audit.record(db, LIN, "relay.changed", f"host: {long}", "host: b.example\nport: 25", about=long)  # type: ignore[arg-type]
        audit.record(db, "cli:root", "domain.added", about="b.example")  # type: ignore[arg-type]

    await mail.context.database.write(fill)
    someone = await person(browser, served.url)
    page = someone.page
    await _open(page, "/admin/audit")
    await expect(page.locator(".audit tbody tr")).to_have_count(2)
    await page.select_option("[name=noun]", "domain")
    await expect(page.locator(".audit tbody tr")).to_have_count(1)
    await expect(page).to_have_url(f"{served.url}/admin/audit?who=&noun=domain&q=")
    await page.fill("[name=q]", "no such thing")
    await expect(page.locator(".admin-empty")).to_be_visible()
    await page.goto("/admin/audit")
    for width, height in WIDTHS:
        await page.set_viewport_size({"width": width, "height": height})
        await faultless(page, f"audit at {width}")
    someone.blameless(REFUSED)
