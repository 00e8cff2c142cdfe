"""The pictures of the README: the demo's mail in Chromium. `bin/test --pictures docs/pictures` takes them anew."""

import asyncio
import smtplib
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.async_api import Browser, expect

from mailapp.app import App
from mailapp.demo import feeder, samples
from tests.conftest import make_account
from tests.web.browsers import chromium, person

DESK, PHONE = (1440, 900), (390, 844)
HELD_BACK = ("24-hostile", "26-gbk", "10-bounce")
"""Letters that show how we cope, not how the inbox looks."""


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as browser:
        yield browser


@pytest.fixture
def directory(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """Where the pictures go: nowhere that lasts unless asked."""
    asked = request.config.getoption("--pictures")
    directory = Path(asked) if asked else tmp_path
    directory.mkdir(parents=True, exist_ok=True)
    return directory


@pytest.fixture
async def accounts(app: App) -> None:
    for position, (address, name) in enumerate(feeder.DEMO_ACCOUNTS):
        await make_account(app.database, address, name=name, admin=position == 0, catch_all=position == 0)


def _bring(port: int, address: str, name: str) -> None:
    """The demo's letters to one of its readers: those of earlier days, then those that came just now."""
    letters = [each for each in (*samples.history(), *samples.arrivals()) if each.name not in HELD_BACK]
    now = datetime.now(UTC).astimezone()
    with smtplib.SMTP("127.0.0.1", port, timeout=10) as client:
        for number, letter in enumerate(letters, 42):
            content = samples.build(letter, address, name, number, now)
            client.sendmail(letter.reverse_path, [letter.recipient(address)], content)


@pytest.mark.parametrize(
    ("name", "language", "size", "opened"),
    [
        ("inbox.png", "en", DESK, "Seven essays"),
        ("inbox.zh-CN.png", "zh-CN", DESK, "科技周刊"),
        ("phone.png", "en", PHONE, ""),
        ("phone.zh-CN.png", "zh-CN", PHONE, ""),
    ],
)
async def test_the_readme_shows_the_inbox_as_it_is(
    app: App,
    accounts: None,
    browser: Browser,
    directory: Path,
    name: str,
    language: str,
    size: tuple[int, int],
    opened: str,
) -> None:
    address, reader = feeder.DEMO_ACCOUNTS[0]
    await asyncio.to_thread(_bring, app.smtp.addresses[0][1], address, reader)
    someone = await person(browser, f"http://127.0.0.1:{app.http_port}", address, language=language)
    page = someone.page
    await page.emulate_media(reduced_motion="reduce")
    await page.set_viewport_size({"width": size[0], "height": size[1]})
    await page.reload()
    await someone.connected()
    rows = page.locator("#message-list .row")
    assert await rows.count() > 10
    if opened:
        await rows.filter(has_text=opened).first.click()
        letter = page.frame_locator("article iframe").locator("body")
        await expect(letter).not_to_be_empty()
    await page.evaluate("document.fonts.ready")
    taken = await page.screenshot(path=directory / name)
    assert len(taken) > 30_000, "a picture of next to nothing"
    someone.blameless()
