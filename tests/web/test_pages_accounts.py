"""The accounts in Chromium: an invited person gets in, changes act in place, nothing axe can find."""

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, expect

from tests.conftest import DOMAIN
from tests.web.browsers import chromium, onlooker, person
from tests.web.conftest import ANN, Mail, Served
from tests.web.faults import LOOKS, faultless_everywhere
from tests.web.test_pages_admin import REFUSED, _open

NEW = "another sentence to remember"
BO = f"bo@{DOMAIN}"


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as browser:
        yield browser


async def test_an_admin_invites_somebody_who_chooses_a_password_and_reads(
    mail: Mail, served: Served, browser: Browser
) -> None:
    someone = await person(browser, served.url, language="en")
    page = someone.page
    await _open(page, "/admin/accounts")
    await page.click("a[href='/admin/accounts?new=1']")
    await page.fill("[name=address]", BO)
    await expect(page.locator("form.adder [name=password]")).to_be_hidden()
    await page.press("[name=address]", "Enter")
    link = (await page.locator("#link").inner_text()).strip()
    assert "/join?token=" in link
    guest = await browser.new_context(base_url=served.url, locale="zh-CN")
    theirs = await guest.new_page()
    await theirs.goto("/join" + link.partition("/join")[2])
    await theirs.fill("[name=password]", NEW)
    await theirs.press("[name=password]", "Enter")
    await theirs.wait_for_url("**/mail/inbox")
    await guest.close()
    someone.blameless(REFUSED)


async def test_changes_act_in_place_and_an_erased_account_goes_by_itself(
    mail: Mail, served: Served, browser: Browser
) -> None:
    await mail.deliver(b"Subject: x\r\n\r\nx", ANN)
    someone = await person(browser, served.url, language="en")
    page = someone.page
    await _open(page, "/admin/accounts")
    await page.click(f"a:has-text('{ANN}')")
    at = page.url
    await page.click("#set-state")
    await expect(page.locator(".account-facts .badge")).to_have_text("disabled")
    await page.click("#set-state")
    await expect(page.locator(".account-facts .badge")).to_have_text("active")
    await page.fill("#password", "short")
    await page.click("#set-password")
    await expect(page.locator("#password-error")).to_be_visible()
    await page.fill("#password", NEW)
    await page.click("#set-password")
    await expect(page.locator("#account > .saved")).to_be_visible()
    assert page.url == at
    await page.click(".removal > summary")
    await page.check("[name=mail][value=erase]")
    await page.fill("#confirm", ANN)
    await page.click("#delete")
    await expect(page.locator(".account-facts .badge")).to_have_text("being erased")
    await mail.context.accounts._erasing.erase_all()
    await page.wait_for_url("**/admin/accounts?erased=1")
    await expect(page.locator("#accounts a")).to_have_count(1)
    someone.blameless(REFUSED)


@pytest.mark.parametrize(("size", "language", "scheme"), LOOKS)
async def test_every_page_of_accounts_is_accessible(
    mail: Mail, served: Served, browser: Browser, size: tuple[int, int], language: str, scheme: str
) -> None:
    long = f"{'donaudampfschifffahrt-' * 2}kapitaen@{DOMAIN}"
    ids = [(await mail.context.accounts.add(each, "Ein langer Name" * 8, "member", None))[0] for each in (long, BO)]
    await mail.context.accounts.erase(ids[1])
    await mail.client(ANN)
    page = await onlooker(browser, served.url, size, language, scheme)
    await _open(page, "/admin/accounts")
    one = f"/admin/accounts/{ids[0]}"
    for path in ("/admin/accounts", "/admin/accounts?new=1", one, f"/admin/accounts/{ids[1]}", "/join?token=none"):
        await page.goto(path)
        await faultless_everywhere(page, path)
    await page.goto("/admin/accounts?new=1")
    await page.check("[name=how][value=password]")
    await page.fill("[name=address]", "bo@else.example")
    await page.press("[name=address]", "Enter")
    await expect(page.locator("#password-error")).to_be_visible()
    await faultless_everywhere(page, "refused")
    await page.goto(one)
    await page.click("#make-link")
    await expect(page.locator("#link")).to_be_visible()
    await page.click(".removal > summary")
    await faultless_everywhere(page, "link made")
    link = await page.locator("#link").inner_text()
    await page.goto("/join" + link.partition("/join")[2].strip())
    await faultless_everywhere(page, "join")
    await page.context.close()
