"""What the first look at the inbox costs the line."""

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, expect

from tests.web.browsers import chromium, person
from tests.web.conftest import Mail, Served, letter

FIRST_LOAD = 60_000
"""Bytes, compressed, of everything the inbox fetches by itself."""
BODIES = """() => performance.getEntries()
    .filter(each => each.entryType === "navigation" || each.name.includes("/static/"))
    .reduce((sum, each) => sum + (each.encodedBodySize ?? 0), 0)"""
"""A message that is fetched ahead of its press is not of the inbox."""

FETCHED = """name => new Promise((done, failed) => {
    const look = () => performance.getEntriesByType("resource").some(each => each.name.includes(name))
        ? done() : setTimeout(look, 50);
    look();
    setTimeout(() => failed(new Error(`${name} was not fetched`)), 10000);
})"""


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as browser:
        yield browser


async def test_a_full_page_of_mail_with_a_code_on_top_loads_in_less_than_60_kb(
    mail: Mail, served: Served, browser: Browser
) -> None:
    for number in range(50):
        text = (
            f"第 {number} 封信：下个月的校样已经寄出，请在星期五之前看完。Number {number * 7919} of many, all differ."
        )
        await mail.deliver(letter(f"校样 {number} · Proofs", text, sender=f"周婧 <zhou{number % 9}@sanlian.example>"))
    await mail.deliver(letter("Your sign-in code", "Your verification code is 482913. It expires in 10 minutes."))
    someone = await person(browser, served.url)
    fresh = await (
        await browser.new_context(
            base_url=served.url,
            storage_state=await someone.context.storage_state(),
            service_workers="block",  # what passes through one is told unpacked
        )
    ).new_page()
    await fresh.goto("/mail/inbox")
    await expect(fresh.locator("#message-list .row")).to_have_count(50)
    await expect(fresh.locator("link[href*='css/codes.css']")).to_be_attached()
    await fresh.dispatch_event("#list-pane", "pointerover")  # what a hand near the list brings counts, too
    for name in ("js/codes.", "js/filing."):
        await fresh.evaluate(FETCHED, name)
    weight = await fresh.evaluate(BODIES)
    assert 30_000 < weight < FIRST_LOAD, weight
    await fresh.context.close()
