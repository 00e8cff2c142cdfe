"""Mail as files in Chromium: a file is brought in, live; the mail is there; axe finds nothing."""

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, expect

from mailapp.flow.import_jobs import Job
from tests.web.browsers import chromium, person
from tests.web.conftest import Mail, Served
from tests.web.faults import WIDTHS, faultless
from tests.web.test_transfers import MBOX


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as browser:
        yield browser


async def test_a_file_is_brought_in_and_shown_while_it_comes(mail: Mail, served: Served, browser: Browser) -> None:
    someone = await person(browser, served.url)
    page = someone.page
    streams: list[str] = []
    page.on("request", lambda request: streams.append(request.url) if "/transfers/events" in request.url else None)
    await page.goto("/settings")
    await page.click("a[href='/transfers']")
    data = b"".join(MBOX % (number, number) for number in range(300))
    await page.set_input_files("#mail", files=[{"name": "旧邮件.mbox", "mimeType": "application/mbox", "buffer": data}])
    await page.click("#bring-in")
    await expect(page.locator(".import-end")).to_contain_text("300")
    async with page.expect_download() as download:
        await page.click("button[value='mbox']")
    assert (await download.value).suggested_filename.endswith(".mbox")
    job = mail.context.imports._jobs[mail.lin] = Job("另一个.zip", 100, done=10)
    await page.goto("/transfers")
    await expect(page.locator("progress")).to_have_attribute("value", "10")
    for width, height in WIDTHS:
        await page.set_viewport_size({"width": width, "height": height})
        await faultless(page, f"transfers at {width}")
    job.done = 55
    job.tell()
    await expect(page.locator("progress")).to_have_attribute("value", "55")
    job.tally.new, job.ended = 7, True
    job.tell()
    await expect(page.locator(".import-end")).to_contain_text("7")
    seen = len(streams)
    await page.goto("/transfers")
    await expect(page.locator(".import-end")).to_contain_text("7")
    assert len(streams) == seen, "what is over is not asked for again"
    await page.goto("/mail/archive")
    await expect(page.locator("#message-list .row").first).to_be_visible()
    someone.blameless()
