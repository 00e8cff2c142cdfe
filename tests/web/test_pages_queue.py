"""Sent mail in Chromium: the status changes by itself, presses act, the bell rings and stops; axe finds nothing."""

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, expect

from mailapp.store import queue
from tests.web.browsers import chromium, onlooker, person
from tests.web.conftest import Mail, Served, letter
from tests.web.faults import faultless_everywhere
from tests.web.sent import accepted, answer, deferred, refused, send
from tests.web.test_pages_axe import LONG, LOOKS

DAY_MS = 86_400_000


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as browser:
        yield browser


async def test_a_status_changes_by_itself_wherever_it_is_shown(mail: Mail, served: Served, browser: Browser) -> None:
    sent = await send(mail, to="zhou@sanlian.example, wei@foxmail.example")
    reading, listing, outbox = [await person(browser, served.url, language="en") for _ in range(3)]
    await reading.page.goto(f"/messages/{sent.message_id}?view=/mail/sent")
    await listing.page.goto("/mail/sent")
    await outbox.page.goto("/queue")
    for each in (reading, listing, outbox):
        await each.connected()
    states = f"#delivery-status-{sent.message_id} .delivery-state"
    await expect(reading.page.locator(states)).to_have_text(["Sending", "Sending"])
    await answer(mail, sent, zhou=accepted(), wei=refused())
    for each in (reading, outbox):
        await expect(each.page.locator(states)).to_have_text(["Failed", "Accepted by the relay"])
    for each in (reading, listing):
        await expect(each.page.locator(f"#message-{sent.message_id} .badge")).to_have_text(["1 failed"])
        await expect(each.page.locator("#count-queue")).to_have_text("1")
        await expect(each.page.locator(".bell")).to_be_visible()
    await listing.page.click("#sidebar [data-key=queue]")
    await expect(listing.page.locator("#list-title")).to_have_text("Outbox")
    await expect(listing.page.locator(f"#delivery-status-{sent.message_id}")).to_be_visible()
    await expect(reading.page.locator("#count-queue")).to_have_text("")
    await expect(reading.page.locator(".bell")).to_be_hidden()
    await listing.page.click("#sidebar [data-key=sent]")
    await expect(listing.page.locator("#reading-pane")).to_be_visible()
    for each in (reading, listing, outbox):
        each.blameless()


async def test_the_outbox_follows_what_is_sent_and_taken_back(mail: Mail, served: Served, browser: Browser) -> None:
    lin = await person(browser, served.url, language="en")
    await lin.page.goto("/queue")
    await lin.connected()
    await expect(lin.page.locator(".queue-empty")).to_be_visible()
    sent = await send(mail, hold_s=60)
    await expect(lin.page.locator(".queue-item h3")).to_have_text("第二版校样")
    await expect(lin.page.locator(".delivery-wait")).to_contain_text("until then it can be taken back")
    await mail.context.submission.recall(mail.lin, sent.item_id)
    await expect(lin.page.locator(".queue-empty")).to_be_visible()
    lin.blameless()


async def test_opening_what_failed_stops_the_bell_also_where_it_was_fetched_ahead(
    mail: Mail, served: Served, browser: Browser
) -> None:
    sent = await send(mail)
    await answer(mail, sent, zhou=refused())
    lin = await person(browser, served.url, language="en")
    await lin.page.goto("/mail/sent")
    await lin.connected()
    await expect(lin.page.locator("#count-queue")).to_have_text("1")
    link = lin.page.locator(f"#open-{sent.message_id}")
    async with lin.page.expect_response(lambda response: "hx-preloaded" in response.request.headers):
        await link.hover()
    await expect(lin.page.locator("#count-queue")).to_have_text("1")
    await link.click()
    await expect(lin.page.locator(f"#delivery-status-{sent.message_id}")).to_be_visible()
    await expect(lin.page.locator("#count-queue")).to_have_text("")
    await expect(lin.page.locator(".bell")).to_be_hidden()
    lin.blameless()


async def test_a_star_set_elsewhere_shows_in_the_open_message(mail: Mail, served: Served, browser: Browser) -> None:
    message_id = await mail.deliver(letter("Shine"))
    lin = await person(browser, served.url, language="en")
    await lin.page.click(f"#open-{message_id}")
    star = lin.page.locator("#star-button")
    await expect(star).to_have_attribute("aria-pressed", "false")
    await mail.context.filing.set_flagged(mail.lin, [message_id], True)
    await expect(star).to_have_attribute("aria-pressed", "true")
    await mail.context.filing.set_seen(mail.lin, [message_id], False)
    await expect(lin.page.locator("#seen-button")).to_have_text("Read")
    await star.click()
    await expect(star).to_have_attribute("aria-pressed", "false")
    await expect(star).to_be_focused()
    row = await mail.row(message_id)
    assert row is not None
    assert not row.flagged
    lin.blameless()


async def test_holding_going_on_and_giving_up_are_one_press_each(mail: Mail, served: Served, browser: Browser) -> None:
    sent = await send(mail)
    await answer(mail, sent, zhou=deferred())
    lin = await person(browser, served.url, language="en")
    await lin.page.goto(f"/messages/{sent.message_id}?view=/mail/sent")
    await lin.connected()
    dom_id = f"delivery-status-{sent.message_id}"
    await lin.page.click(f"#hold-{dom_id}")
    await expect(lin.page.locator(f"#hold-{dom_id}")).to_have_text("Go on sending")
    await expect(lin.page.locator(f"#message-{sent.message_id} .badge")).to_have_text("On hold")
    await expect(lin.page.locator(f"#hold-{dom_id}")).to_be_focused()
    await lin.page.click(f"#hold-{dom_id}")
    await expect(lin.page.locator(f"#hold-{dom_id}")).to_have_text("Put on hold")
    await lin.page.click(f"#{dom_id} details summary")
    await lin.page.click(f"#stop-{dom_id}")
    await expect(lin.page.locator(f"#{dom_id} .delivery-state")).to_have_text("Cancelled")
    await expect(lin.page.locator(f"#{dom_id} form")).to_have_count(0)
    lin.blameless()


async def test_a_crowd_of_changes_still_reaches_the_one_that_is_read(
    mail: Mail, served: Served, browser: Browser
) -> None:
    many = [await send(mail, subject=f"Number {number}") for number in range(12)]
    lin = await person(browser, served.url, language="en")
    await lin.page.goto(f"/messages/{many[0].message_id}?view=/mail/sent")
    await lin.connected()
    # everything in one commit and one event: the message that is open is not among those pushed whole
    items = [each.item_id for each in many]

    def hold(db: object) -> None:
        for item_id in items:
            queue.hold(db, mail.lin, item_id, 1)  # type: ignore[arg-type]

    await mail.context.database.write(hold)
    await mail.context.queueing.cancel(mail.lin, items[-1])
    state = lin.page.locator(f"#delivery-status-{many[0].message_id} .delivery-head")
    await expect(state).to_contain_text("on hold")
    lin.blameless()


async def test_without_scripts_a_scheduled_message_gets_another_time(
    mail: Mail, served: Served, browser: Browser
) -> None:
    sent = await send(mail, at_ms=int(mail.context.clock() * 1000) + DAY_MS)
    lin = await person(browser, served.url, language="en")
    context = await browser.new_context(
        base_url=served.url, locale="en", java_script_enabled=False, storage_state=await lin.context.storage_state()
    )
    page = await context.new_page()
    await page.goto("/queue")
    await page.click(".delivery-wait summary")
    async with page.expect_navigation():
        await page.click(".time-form button")
    await expect(page.locator(".delivery-wait p")).to_contain_text("Goes out: ")
    await page.click("button[id^=now-]")
    await expect(page.locator(".delivery-state")).to_have_text("Sending")
    found = await mail.context.database.read(queue.get, mail.lin, sent.item_id)
    assert found is not None
    assert found.state == "cancelled", "another time makes another item"


@pytest.mark.parametrize(("size", "language", "scheme"), LOOKS)
async def test_status_and_outbox_are_accessible(
    mail: Mail, served: Served, browser: Browser, size: tuple[int, int], language: str, scheme: str
) -> None:
    many = await send(mail, to="a@x.example, b@x.example, c@x.example, d@x.example", subject=LONG)
    await answer(mail, many, a=refused(LONG), b=deferred("x" * 200), c=accepted())
    later = await send(mail, at_ms=int(mail.context.clock() * 1000) + DAY_MS)
    page = await onlooker(browser, served.url, size, language, scheme)
    for path in (
        "/mail/sent",
        f"/messages/{many.message_id}?view=/mail/sent",
        f"/messages/{later.message_id}",
        "/queue",
    ):
        await page.goto(path)
        await faultless_everywhere(page, path)
    await page.click(".delivery-wait summary")
    await faultless_everywhere(page, "changing the time")
    await page.context.close()
