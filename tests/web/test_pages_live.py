"""What people see happen by itself, in Chromium."""

import asyncio
import re
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, Route, expect

from mailapp.web import streams
from tests.web.browsers import FORGIVEN, Proxy, chromium, person
from tests.web.conftest import ANN, LIN, Mail, Served, letter
from tests.web.faults import WIDTHS

WATCH_SHIFTS = """() => new Promise(ready => requestAnimationFrame(() => requestAnimationFrame(() => {
    window.watching?.disconnect();
    window.shifts = [];
    window.watching = new PerformanceObserver(list => window.shifts.push(...list.getEntries().map(each => each.value)));
    window.watching.observe({ type: "layout-shift" });
    ready();
})))"""
"""After what a new size of the window moved: that is no shift of ours."""


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as browser:
        yield browser


async def test_mail_appears_is_opened_and_read_in_another_browser(mail: Mail, served: Served, browser: Browser) -> None:
    lin, lin_too, ann = [await person(browser, served.url, each) for each in (LIN, LIN, ANN)]
    message_id = await mail.deliver(letter("第二版校样", "林老师好"))
    for each in (lin, lin_too):
        row = each.page.locator(f"#message-{message_id}")
        await expect(row).to_be_visible()
        await expect(row).to_have_class("row unread")
        await expect(each.page.locator("#count-inbox")).to_have_text("1")
        await expect(each.page).to_have_title(re.compile(r"^\(1\) [^(]+ · mailapp$"))
        await expect(each.page.locator("li.day")).to_have_count(1)
        await expect(each.page.locator(".welcome")).not_to_be_visible()
        await expect(each.page.locator("#announcer")).to_contain_text("第二版校样")
    await lin.page.click(f"#open-{message_id}")
    await expect(lin.page.locator("#subject")).to_have_text("第二版校样")
    await expect(lin.page).to_have_url(f"{served.url}/messages/{message_id}")
    for each in (lin, lin_too):
        await expect(each.page.locator(f"#message-{message_id}")).to_have_class("row")
        await expect(each.page.locator("#count-inbox")).to_have_text("")
    await expect(lin_too.page).to_have_title(re.compile(r"^[^(]+ · mailapp$"))
    await expect(lin.page.locator(f"#open-{message_id}")).to_have_attribute("aria-current", "true")
    assert await ann.subjects() == []
    assert "校样" not in await ann.page.content()
    for each in (lin, lin_too, ann):
        each.blameless()


async def test_a_new_row_moves_nothing_that_is_read(mail: Mail, served: Served, browser: Browser) -> None:
    ids = [await mail.deliver(letter(f"Number {each}")) for each in range(40)]
    lin = await person(browser, served.url)
    await lin.page.evaluate("document.querySelector('#list-scroll').scrollTop = 900")
    top = f"document.querySelector('#message-{ids[20]}').getBoundingClientRect().top"
    before = await lin.page.evaluate(top)
    new = await mail.deliver(letter("New"))
    await expect(lin.page.locator(f"#message-{new}")).to_be_attached()
    assert abs(await lin.page.evaluate(top) - before) <= 1
    await lin.page.evaluate("document.querySelector('#list-scroll').scrollTop = 0")
    await expect(lin.page.locator(".row.arriving")).to_have_count(0)
    for number, (width, height) in enumerate(WIDTHS):
        await lin.page.set_viewport_size({"width": width, "height": height})
        await lin.page.evaluate(WATCH_SHIFTS)
        new = await mail.deliver(letter(f"On top {number}"))
        await expect(lin.page.locator(f"#message-{new}:not(.arriving)")).to_be_attached()
        assert await lin.page.evaluate("shifts") == [], f"rows jump at {width} instead of gliding"
    lin.blameless()


async def test_deleting_and_taking_it_back(mail: Mail, served: Served, browser: Browser) -> None:
    ids = [await mail.deliver(letter(f"Number {each}")) for each in range(3)]
    lin, lin_too = await person(browser, served.url), await person(browser, served.url)
    await lin.page.click(f"#open-{ids[1]}")
    await lin.page.click("#delete-button")
    for each in (lin, lin_too):
        await expect(each.page.locator(f"#message-{ids[1]}")).to_have_count(0)
    await expect(lin.page.locator("#subject")).to_have_text("Number 0")
    await expect(lin.page).to_have_url(f"{served.url}/messages/{ids[0]}")
    await lin.page.click(".toast-action")
    for each in (lin, lin_too):
        await expect(each.page.locator(f"#message-{ids[1]}")).to_have_count(1)
        assert await each.subjects() == ["Number 2", "Number 1", "Number 0"]
        await expect(each.page.locator("li.day")).to_have_count(1)
        each.blameless()


async def test_a_star_is_everywhere_at_once(mail: Mail, served: Served, browser: Browser) -> None:
    message_id = await mail.deliver(letter("Shine"))
    lin, lin_too = await person(browser, served.url), await person(browser, served.url)
    inbox = await lin_too.page.locator("#list-title").inner_text()
    await lin_too.page.click("#sidebar [data-key=starred]")
    await expect(lin_too.page.locator("#list-title")).not_to_have_text(inbox)
    await lin.page.click(f"#open-{message_id}")
    await lin.page.click("#star-button")
    await expect(lin.page.locator("#star-button")).to_have_attribute("aria-pressed", "true")
    await expect(lin.page.locator(f"#message-{message_id} .mark-star")).to_be_visible()
    await expect(lin_too.page.locator(f"#message-{message_id}")).to_be_visible()
    await lin.page.click("#star-button")
    await expect(lin_too.page.locator(f"#message-{message_id}")).to_have_count(0)
    for each in (lin, lin_too):
        each.blameless()


async def test_twenty_mails_during_a_cut_are_there_once_in_order(mail: Mail, served: Served, browser: Browser) -> None:
    async with Proxy(served.port) as proxy:
        await mail.deliver(letter("Before"))
        lin = await person(browser, proxy.url)
        await proxy.cut()
        for number in range(20):
            await mail.deliver(letter(f"Number {number}"))
        await expect(lin.page.locator("#reconnecting")).to_be_visible()
        assert await lin.subjects() == ["Before"], "never an empty list"
        await proxy.mend()
        await expect(lin.page.locator("#message-list .row")).to_have_count(21)
        assert await lin.subjects() == [*(f"Number {each}" for each in range(19, -1, -1)), "Before"]
        await expect(lin.page.locator("#reconnecting")).to_be_hidden()
        await expect(lin.page.locator("#count-inbox")).to_have_text("21")
        lin.blameless(FORGIVEN)


async def test_a_hidden_tab_has_everything_when_it_is_looked_at(mail: Mail, served: Served, browser: Browser) -> None:
    lin = await person(browser, served.url)
    await lin.page.evaluate(
        "Object.defineProperty(document, 'hidden', {get: () => true, configurable: true});"
        "document.dispatchEvent(new Event('visibilitychange'))"
    )
    for number in range(20):
        await mail.deliver(letter(f"Number {number}"))
    await expect(lin.page.locator("#message-list .row")).to_have_count(20)
    await expect(lin.page).to_have_title(re.compile(r"^\(20\) [^(]+ · mailapp$"))
    assert await lin.subjects() == [f"Number {each}" for each in range(19, -1, -1)]
    lin.blameless()


async def test_a_first_connect_that_fails_is_tried_again(mail: Mail, served: Served, browser: Browser) -> None:
    lin = await person(browser, served.url)
    left = 2

    async def busy(route) -> None:  # type: ignore[no-untyped-def]
        nonlocal left
        left -= 1
        await (route.fulfill(status=503, body="<p>busy</p>") if left >= 0 else route.continue_())

    await lin.context.route(re.compile("/events"), busy)
    await lin.page.goto("/mail/inbox")
    message_id = await mail.deliver(letter("Late"))
    await expect(lin.page.locator(f"#message-{message_id}")).to_be_visible()
    assert left < 0
    assert await lin.page.locator("#live").inner_html() == ""
    lin.blameless(FORGIVEN)


async def test_logging_out_elsewhere_leads_to_login(mail: Mail, served: Served, browser: Browser) -> None:
    lin = await person(browser, served.url)
    cookies = {each["name"]: each["value"] for each in await lin.context.cookies()}
    await mail.context.signing_in.log_out(cookies["session"])
    await lin.page.wait_for_url("**/login?next=/mail/inbox")


async def test_too_much_to_catch_up_reloads_the_list(
    mail: Mail, served: Served, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mailapp.web.feed.REPLAY_LIMIT", 5)
    async with Proxy(served.port) as proxy:
        first = await mail.deliver(letter("First"))
        lin = await person(browser, proxy.url)
        await lin.page.click(f"#open-{first}")
        await expect(lin.page.locator("#subject")).to_have_text("First")
        await proxy.cut()
        await asyncio.gather(*(mail.deliver(letter(f"n{each}")) for each in range(9)))
        await proxy.mend()
        await expect(lin.page.locator("#message-list .row")).to_have_count(10)
        await expect(lin.page.locator("#subject")).to_have_text("First")
        await expect(lin.page.locator(f"#open-{first}")).to_have_attribute("aria-current", "true")
        await lin.connected()
        await mail.deliver(letter("After"))
        await expect(lin.page.locator("#message-list .row")).to_have_count(11)
        lin.blameless(FORGIVEN)


async def test_a_script_that_comes_late_finds_the_stream_and_misses_nothing(
    mail: Mail, served: Served, browser: Browser
) -> None:
    lin = await person(browser, served.url)
    asked, held = asyncio.Event(), asyncio.Event()

    async def late(route: Route) -> None:
        asked.set()
        await held.wait()
        await route.continue_()

    await lin.page.route(re.compile("js/mail[.]js"), late)
    await lin.page.reload(wait_until="commit")
    # whether hx-sse connects before the script comes depends on which file the browser got first: both must do
    await asyncio.wait_for(asked.wait(), 15)
    message_id = await mail.deliver(letter("Early"))
    held.set()
    await expect(lin.page.locator(f"#message-{message_id}")).to_be_visible()
    await lin.connected()
    await expect(lin.page.locator("#message-list .row")).to_have_count(1)


async def test_a_tab_beyond_the_limit_waits_and_then_follows(
    mail: Mail, served: Served, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streams, "STREAMS", 1)
    lin = await person(browser, served.url)
    await lin.connected()
    second = await lin.context.new_page()
    asked: list[str] = []
    second.on("request", lambda request: asked.append(request.url) if "/events" in request.url else None)
    await second.goto("/mail/inbox")
    await expect(second.locator("#reconnecting")).to_be_visible()
    await expect(second.locator(".welcome, #message-list").first).to_be_attached()
    await expect(lin.page.locator("#reconnecting")).to_be_hidden()
    assert 2 <= len(asked) <= 6
    await lin.page.close()
    await mail.deliver(letter("arrives in the tab that waited"))
    await expect(second.locator("#message-list .row")).to_have_count(1, timeout=20_000)
    await expect(second.locator("#reconnecting")).to_be_hidden()
    lin.blameless(FORGIVEN)
