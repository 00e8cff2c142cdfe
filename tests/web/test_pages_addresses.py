"""Domains and addresses in Chromium: found as one types, blocked by a press, nothing axe can find."""

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, expect

from tests.conftest import DOMAIN
from tests.web.browsers import chromium, onlooker, person
from tests.web.conftest import ANN, LIN, Mail, Served, letter
from tests.web.faults import LOOKS, faultless_everywhere
from tests.web.test_pages_admin import REFUSED, _open

SHOP = f"shop@{DOMAIN}"


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as browser:
        yield browser


async def test_an_address_is_found_as_one_types_and_blocked_by_a_press(
    mail: Mail, served: Served, browser: Browser
) -> None:
    await mail.deliver(letter(), SHOP)
    someone = await person(browser, served.url, language="en")
    page = someone.page
    await _open(page, "/admin/addresses")
    await page.fill("[name=q]", "sho")
    await expect(page.locator("#addresses tbody tr")).to_have_count(1)
    assert page.url.endswith("/admin/addresses")
    await page.click("#addresses tbody a")
    await page.click("#set-blocked")
    await expect(page.locator("#address .badge")).to_have_text("blocked")
    await page.click("#set-active")
    await expect(page.locator("#set-blocked")).to_be_visible()
    someone.blameless(REFUSED)


async def test_a_domain_is_changed_in_place(mail: Mail, served: Served, browser: Browser) -> None:
    someone = await person(browser, served.url, language="en")
    page = someone.page
    await _open(page, "/admin/domains")
    await page.fill("#domain", "other.example")
    await page.click("#add-domain")
    await expect(page.locator(".domain")).to_have_count(2)
    await page.fill("#catch-all-1", "nobody")
    await page.click("#save-1")
    await expect(page.locator("#catch-all-1-error")).to_be_visible()
    await page.fill("#catch-all-1", ANN)
    await page.click("#save-1")
    await expect(page.locator(".saved")).to_be_visible()
    someone.blameless(REFUSED)


@pytest.mark.parametrize(("size", "language", "scheme"), LOOKS)
async def test_every_page_of_domains_and_addresses_is_accessible(
    mail: Mail, served: Served, browser: Browser, size: tuple[int, int], language: str, scheme: str
) -> None:
    long = f"{'donaudampfschifffahrt-' * 2}kapitaen@{DOMAIN}"
    for number, to in enumerate((SHOP, SHOP, SHOP, SHOP, SHOP, SHOP, SHOP, long, f"junk@{DOMAIN}", LIN)):
        await mail.deliver(letter(sender=f"<x@{'shop' if number < 4 else f'n{number}'}.example>"), to)
    await mail.context.addressing.add(f"team@{DOMAIN}", [LIN, ANN])
    await mail.context.addressing.set_state(f"junk@{DOMAIN}", "muted")
    await mail.context.addressing.set_state(f"old@{DOMAIN}", "blocked")
    await mail.context.addressing.add_domain(f"{'lang-' * 10}er.example")
    page = await onlooker(browser, served.url, size, language, scheme)
    await _open(page, "/admin/addresses")
    of = "/admin/addresses/one?address="
    for path in (
        "/admin/addresses",
        "/admin/addresses?new=1",
        "/admin/domains",
        f"{of}{SHOP}",
        f"{of}junk@{DOMAIN}",
        f"{of}old@{DOMAIN}",
        f"{of}{LIN}",
    ):
        await page.goto(path)
        await faultless_everywhere(page, path)
    await page.goto("/admin/addresses?new=1")
    await page.fill("[name=local]", "ann")
    await page.press("[name=local]", "Enter")
    await expect(page.locator("#address-error")).to_be_visible()
    await faultless_everywhere(page, "refused")
    await page.goto("/admin/domains")
    await page.fill("#catch-all-1", "nobody")
    await page.click("#save-1")
    await expect(page.locator("#catch-all-1-error")).to_be_visible()
    await faultless_everywhere(page, "refused domain")
    await page.context.close()
