"""Quota and clean-up in Chromium: a rule is previewed, saved, taken back; nothing axe can find."""

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, expect

from mailapp.flow import retention
from mailapp.store import mailboxes
from mailapp.store.retention import Limits
from tests.web.browsers import chromium, onlooker, person
from tests.web.conftest import ANN, Mail, Served
from tests.web.faults import LOOKS, faultless_everywhere
from tests.web.test_pages_admin import REFUSED, _open


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as browser:
        yield browser


async def test_a_rule_is_previewed_saved_and_taken_back_in_place(mail: Mail, served: Served, browser: Browser) -> None:
    for _ in range(3):
        await mail.deliver(b"Subject: x\r\n\r\nx", ANN)
    someone = await person(browser, served.url, ANN, language="en")
    page = someone.page
    await page.goto("/settings")
    await page.click("a[href='/retention']")
    await page.fill("#rule-count", "1")
    await page.press("#rule-count", "Enter")
    await expect(page.locator(".rule-preview [role=status]")).to_contain_text("2 messages would go")
    await page.fill("#rule-count", "")
    await page.click(".rule-preview button")  # what was previewed, not what was typed since
    await expect(page.locator(".rule")).to_contain_text("the newest message")
    assert page.url.endswith("/retention")
    await page.click(".rule button")
    await expect(page.locator(".rule-none")).to_be_visible()
    await page.click(".rule-form button")
    await expect(page.locator("#rule-count-error")).to_be_visible()
    someone.blameless(REFUSED)


@pytest.mark.parametrize(("size", "language", "scheme"), LOOKS)
async def test_the_pages_of_quota_and_clean_up_are_accessible(
    mail: Mail, served: Served, browser: Browser, size: tuple[int, int], language: str, scheme: str
) -> None:
    inbox = await mail.context.database.read(mailboxes.by_role, mail.lin, "inbox")
    await retention.put(mail.context.database, mail.lin, inbox, Limits(1_000, 90), by_admin=False)
    await mail.deliver(b"Subject: x\r\n\r\nx")
    await mail.context.accounts.set_quota(mail.lin, 1)
    page = await onlooker(browser, served.url, size, language, scheme)
    await _open(page, "/admin/retention")
    for path in ("/admin/retention?folder=inbox&days=x", "/retention?days=1&folder=" + str(inbox), "/admin/accounts"):
        await page.goto(path)
        await faultless_everywhere(page, path)
    await page.context.close()
