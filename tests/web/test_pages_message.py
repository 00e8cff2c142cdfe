"""A message on screen, in Chromium: the frame keeps to itself; many tabs share what connections there are."""

import re
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, Route, expect

from tests.web.browsers import chromium, person
from tests.web.conftest import Mail, Served, letter

HOSTILE = """
<h1 style="background:url(https://t.example/css.png)">Dear Lin</h1>
<img src="https://t.example/pixel.png" onerror="parent.document.title='owned'">
<script>parent.document.title = 'owned'</script>
<a href="javascript:parent.document.title='owned'">press</a>
<form action="/logout" method="post"><button id="out">press</button></form>
<iframe src="https://t.example/frame"></iframe><link rel="stylesheet" href="https://t.example/x.css">
"""


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as browser:
        yield browser


async def test_html_mail_asks_nobody_before_the_reader_says_so(mail: Mail, served: Served, browser: Browser) -> None:
    message_id = await mail.deliver(letter("Bill", "plain", html=HOSTILE))
    lin = await person(browser, served.url)
    asked: list[str] = []

    async def strangers(route: Route) -> None:
        asked.append(route.request.url)
        await route.fulfill(status=200, content_type="image/png", body="")

    await lin.context.route(re.compile("t[.]example"), strangers)
    await lin.page.click(f"#open-{message_id}")
    frame = lin.page.frame_locator("iframe.letter-frame")
    await expect(frame.locator("h1")).to_have_text("Dear Lin")
    assert "owned" not in await lin.page.title()
    assert asked == []
    lin.blameless()
    await lin.page.locator(".held-back-actions button").first.click()
    await expect(frame.locator("img")).to_have_attribute("src", "https://t.example/pixel.png")
    await expect(lin.page.locator(".held-back")).to_have_count(0)
    assert set(asked) == {"https://t.example/pixel.png"}
    assert "owned" not in await lin.page.title()


async def test_pages_work_without_scripts(mail: Mail, served: Served, browser: Browser) -> None:
    ids = [await mail.deliver(letter(f"Number {each}")) for each in range(60)]
    lin = await person(browser, served.url)
    context = await browser.new_context(
        base_url=served.url, java_script_enabled=False, storage_state=await lin.context.storage_state()
    )
    page = await context.new_page()
    await page.goto("/mail/inbox")
    await page.click("#older a")
    await expect(page.locator("#message-list .row")).to_have_count(10)
    await page.click(f"#open-{ids[5]}")
    await expect(page.locator("#subject")).to_have_text("Number 5")
    await page.click("#star-button")
    await expect(page.locator("#star-button")).to_have_attribute("aria-pressed", "true")
    await page.click("#delete-button")
    await expect(page).to_have_url(re.compile(r"/mail/inbox[?]undo=[0-9]+$"))  # the toast's undo, without scripts
    row = await mail.row(ids[5])
    assert row is not None
    assert row.flagged


async def test_back_and_forward_and_paging(mail: Mail, served: Served, browser: Browser) -> None:
    ids = [await mail.deliver(letter(f"Number {each}")) for each in range(60)]
    lin = await person(browser, served.url)
    await lin.page.evaluate("document.querySelector('#older').scrollIntoView()")
    await expect(lin.page.locator("#message-list .row")).to_have_count(60)
    assert await lin.subjects() == [f"Number {each}" for each in range(59, -1, -1)]
    await expect(lin.page.locator("li.day")).to_have_count(1)
    await lin.page.click(f"#open-{ids[3]}")
    await expect(lin.page.locator("#subject")).to_have_text("Number 3")
    await lin.page.click("#older-link")
    await expect(lin.page.locator("#subject")).to_have_text("Number 2")
    await lin.page.go_back()
    await expect(lin.page.locator("#subject")).to_have_text("Number 3")
    await lin.page.go_back()
    await expect(lin.page.locator("#subject")).to_have_count(0)
    await expect(lin.page.locator("#message-list .row")).to_have_count(60)
    lin.blameless()


async def test_hidden_tabs_give_way_where_connections_are_scarce(mail: Mail, served: Served, browser: Browser) -> None:
    lin = await person(browser, served.url)

    async def hurried(route: Route) -> None:
        answer = await route.fetch()
        script = await answer.text()
        assert "REST_AFTER=120_000" in script
        await route.fulfill(response=answer, body=script.replace("REST_AFTER=120_000", "REST_AFTER=50"))

    await lin.page.route(re.compile("js/mail[.]js"), hurried)
    await lin.page.reload()
    await lin.connected()
    others = [await lin.context.new_page() for _ in range(4)]
    for page in others:
        await page.goto("/mail/inbox")
        await expect(page.locator("#live[data-seq]")).to_be_attached()
    hide = "Object.defineProperty(document, 'hidden', {get: () => %s, configurable: true});"
    tell = "document.dispatchEvent(new Event('visibilitychange'))"
    await lin.page.evaluate(hide % "true" + tell)
    await expect(lin.page.locator("#live[data-resting]")).to_be_attached()
    message_id = await mail.deliver(letter("While away"))
    await expect(others[0].locator(f"#message-{message_id}")).to_be_visible()
    await expect(lin.page.locator("#count-inbox")).to_have_text("1")
    assert await lin.subjects() == [], "the tab rests; its numbers come from another tab"
    await lin.page.evaluate(hide % "false" + tell)
    await expect(lin.page.locator(f"#message-{message_id}")).to_be_visible()
    await expect(lin.page.locator("#reconnecting")).to_be_hidden()
    lin.blameless()


async def test_an_image_held_back_takes_the_room_the_mail_gave_it(mail: Mail, served: Served, browser: Browser) -> None:
    html = "<img src='https://cdn.example/hero.png' width='600' height='160'><p id='after'>Text below</p>"
    message_id = await mail.deliver(letter("Newsletter", "x", html=html))
    lin = await person(browser, served.url)
    await lin.page.click(f"#open-{message_id}")
    frame = lin.page.frame_locator("iframe.letter-frame")
    await expect(frame.locator("text=Text below")).to_be_visible()
    box = await frame.locator("img").bounding_box()
    assert box is not None
    assert round(box["height"]) == round(box["width"] * 160 / 600), (
        "as the picture will, where it is wider than the pane"
    )
