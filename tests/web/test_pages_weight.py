"""What the first look at the inbox costs the line."""

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, expect

from tests.web.browsers import chromium, person
from tests.web.conftest import Mail, Served, letter

FIRST_LOAD = 60_000
"""Bytes, compressed, of everything the inbox fetches by itself."""
BODIES = "() => performance.getEntries().reduce((sum, each) => sum + (each.encodedBodySize ?? 0), 0)"

FETCHED = """name => new Promise(done => {
    const look = () => performance.getEntriesByType("resource").some(each => each.name.includes(name))
        ? done() : setTimeout(look, 50);
    look();
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
        await browser.new_context(base_url=served.url, storage_state=await someone.context.storage_state())
    ).new_page()
    await fresh.goto("/mail/inbox")
    await expect(fresh.locator("#message-list .row")).to_have_count(50)
    await expect(fresh.locator("link[href*='css/codes.css']")).to_be_attached()
    for name in ("js/codes.", "js/filing."):  # these come once the browser has nothing else to do
        await fresh.evaluate(FETCHED, name)
    weight = await fresh.evaluate(BODIES)
    assert 30_000 < weight < FIRST_LOAD, weight
    await fresh.context.close()
