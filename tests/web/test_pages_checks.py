"""The checks in Chromium: results come one by one while one watches, and nothing axe can find."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, expect

from mailapp.flow.check_finding import BAD, HINT, OK, SKIPPED, WARN, Finding, Plan, Remedy, record
from tests.conftest import DOMAIN
from tests.web.browsers import chromium, person
from tests.web.conftest import Mail, Served
from tests.web.faults import WIDTHS, faultless
from tests.web.test_admin_checks import DISK, MX, STS, finding
from tests.web.test_pages_admin import REFUSED, _open

KEY = "k=rsa; p=" + "MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQ" * 6
FOUND = (
    DISK,
    Finding("relay", "", "Donaudampfschifffahrtsgesellschaftsrelais", OK, "ok"),
    Finding("certificate", "", "", WARN, "none", {}, (Remedy("setting", "MAILAPP_TLS_CERT=/etc/mailapp/cert.pem"),)),
    Finding("reverse", "", "", SKIPPED, "no_address"),
    MX,
    Finding("record", DOMAIN, f"resend._domainkey.{DOMAIN} TXT", BAD, "missing", {}, (record("a", "TXT", KEY),)),
    STS,
    Finding("tls_rpt", DOMAIN, "", HINT, "missing", {}),
)


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as browser:
        yield browser


async def test_results_come_one_by_one_and_the_page_is_faultless(mail: Mail, served: Served, browser: Browser) -> None:
    go_on = asyncio.Event()

    async def run(domain: str) -> AsyncIterator[Plan | Finding]:
        yield Plan(tuple(each.key for each in FOUND))
        yield FOUND[0]
        await go_on.wait()
        for each in FOUND[1:]:
            yield each

    finding(mail, run)
    someone = await person(browser, served.url, language="en")
    page = someone.page
    await _open(page, "/admin/checks")
    await expect(page.locator(".check")).to_have_count(len(FOUND))
    await expect(page.locator(".check.ok")).to_have_count(1)
    await expect(page.locator(".check.pending")).to_have_count(len(FOUND) - 1)
    await expect(page.locator("#look-again")).to_be_disabled()
    await faultless(page, "looking")
    go_on.set()
    await expect(page.locator("#check-summary")).to_have_text("3 things need you")
    await expect(page.locator(".check.pending")).to_have_count(0)
    await expect(page.locator("#look-again")).to_be_enabled()
    for place, (width, height) in enumerate(WIDTHS):
        await page.set_viewport_size({"width": width, "height": height})
        await page.emulate_media(color_scheme="dark" if place % 2 else "light")
        await page.goto("/admin/checks")
        await page.click("details summary")
        await faultless(page, f"checks at {width}")
    await page.goto(f"/admin/checks?domain={DOMAIN}")
    await faultless(page, "a domain's checks")
    await page.goto("/admin/domains")
    await expect(page.locator(".domain .badge.warn")).to_contain_text("2 things are missing")
    await faultless(page, "domains with their state")
    someone.blameless(REFUSED)
