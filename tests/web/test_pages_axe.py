"""No page has a fault axe can find, at three widths, light and dark, in both languages; nothing scrolls sideways."""

from collections.abc import AsyncIterator

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, FilePayload, Page, expect

from mailapp.config import Config
from mailapp.events import Bus
from mailapp.mail.message import Person
from mailapp.store import correspondents
from mailapp.store.arrivals import MessageIds
from mailapp.store.database import Database
from mailapp.web.site import create_site
from tests.conftest import PASSWORD
from tests.web.browsers import chromium
from tests.web.conftest import LIN, Mail, Served, context_of, letter, serving

WIDTHS = [(390, 844), (820, 1180), (1440, 900)]
LOOKS = (
    (WIDTHS[0], "zh-CN", "light"),
    (WIDTHS[0], "en", "dark"),
    (WIDTHS[1], "zh-CN", "dark"),
    (WIDTHS[2], "en", "light"),
)
"""Every width, language and scheme, not every combination: axe takes a second a page."""

LONG = "Donaudampfschifffahrtsgesellschaftskapitänsmützenabzeichen und Rechtsschutzversicherungsgesellschaften"


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as browser:
        yield browser


async def faultless(page: Page, what: str) -> None:
    """Nothing axe can find, and nothing scrolls sideways."""
    found = await Axe().run(page)
    assert found.violations_count == 0, f"{what}: {found.generate_report()}"
    wide = await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0, f"{what} scrolls sideways by {wide} px"


@pytest.mark.parametrize(("size", "language", "scheme"), LOOKS)
async def test_every_page_is_accessible(
    mail: Mail, served: Served, browser: Browser, size: tuple[int, int], language: str, scheme: str
) -> None:
    message = letter("您的账单", "林老师好", html="<p>林老师好</p><img src='https://tracker.example/x.gif' alt=''>")
    message.add_attachment(b"%PDF-1.4", maintype="application", subtype="pdf", filename="账单.pdf")
    message_id = await mail.deliver(message)
    await mail.deliver(letter(LONG, LONG))
    width, height = size
    context = await browser.new_context(
        base_url=served.url,
        locale=language,
        color_scheme="dark" if scheme == "dark" else "light",
        viewport={"width": width, "height": height},
    )
    page = await context.new_page()
    await page.goto("/login")
    await faultless(page, "/login")
    await page.fill("[name=address]", LIN)
    await page.fill("[name=password]", PASSWORD)
    await page.press("[name=password]", "Enter")
    await page.wait_for_url("**/mail/inbox")
    paths = (
        "/mail/inbox",
        "/mail/trash",
        f"/messages/{message_id}",
        "/settings",
        "/tokens",
        "/api/docs",
        "/folders",
        "/no-such-page",
        "/compose",
    )
    for path in (*paths, f"/compose?reply={message_id}"):
        await page.goto(path)
        await faultless(page, path)
    await context.close()


@pytest.mark.parametrize(("language", "scheme"), [("zh-CN", "light"), ("en", "dark")])
async def test_a_letter_in_each_of_its_states_is_accessible(
    mail: Mail, served: Served, browser: Browser, language: str, scheme: str
) -> None:
    people = [Person("陈薇", "chenwei@foxmail.example"), Person(LONG[:60], "donau@dampf.example")]
    await mail.context.database.write(correspondents.wrote_to, mail.lin, people, 1)
    message_id = await mail.deliver(letter(LONG, "Dear Lin", html="<p>Dear <b>Lin</b></p>"))
    page = await _logged_in(browser, served, language, scheme)
    for width, height in WIDTHS:
        await page.set_viewport_size({"width": width, "height": height})
        await page.goto(f"/compose?reply={message_id}")
        await expect(page.locator("#rich-toolbar")).to_be_visible()
        await page.locator("#compose-to").focus()
        await page.keyboard.type("nonsense, donau@dampf.example, 陈")
        await expect(page.locator(".person")).to_have_count(1)
        await faultless(page, f"people at {width}")
        await page.keyboard.press("Escape")
        pdf: FilePayload = {"name": f"{LONG}.pdf", "mimeType": "application/pdf", "buffer": b"x"}
        await page.set_input_files("#compose-attach", files=[pdf])
        await expect(page.locator(".compose-file[data-id]")).to_be_visible()
        await page.click("#compose-send")
        await expect(page.locator("#compose-refused p")).to_be_visible()
        await faultless(page, f"a file and a refusal at {width}")
        await page.click(".later-menu summary")
        await faultless(page, f"send later at {width}")


@pytest.mark.parametrize(("size", "language", "scheme"), LOOKS)
async def test_the_set_up_page_is_accessible(
    database: Database, bus: Bus, config: Config, browser: Browser, size: tuple[int, int], language: str, scheme: str
) -> None:
    width, height = size
    pages = context_of(database, bus, config, MessageIds())
    token = await pages.signing_in.offer_setup()
    async with serving(create_site(pages), bus) as served:
        context = await browser.new_context(
            base_url=served.url,
            locale=language,
            color_scheme="dark" if scheme == "dark" else "light",
            viewport={"width": width, "height": height},
        )
        page = await context.new_page()
        await page.goto(f"/setup?token={token}")
        await faultless(page, "/setup")
        await page.fill("[name=local]", "lin")
        await page.fill("[name=domain]", "nonsense")
        await page.fill("[name=password]", "short")
        await page.click("form button.primary")
        await expect(page.locator(".field-error").first).to_be_visible()
        await faultless(page, "/setup refused")
        await context.close()


async def _logged_in(browser: Browser, served: Served, language: str, scheme: str) -> Page:
    context = await browser.new_context(
        base_url=served.url, locale=language, color_scheme="dark" if scheme == "dark" else "light"
    )
    page = await context.new_page()
    await page.goto("/login")
    await page.fill("[name=address]", LIN)
    await page.fill("[name=password]", PASSWORD)
    await page.press("[name=password]", "Enter")
    await page.wait_for_url("**/mail/inbox")
    return page


async def test_a_narrow_phone_scrolls_nowhere_sideways(mail: Mail, served: Served, browser: Browser) -> None:
    message_id = await mail.deliver(letter(LONG, LONG))
    context = await browser.new_context(base_url=served.url, viewport={"width": 320, "height": 568})
    page = await context.new_page()
    await page.goto("/login")
    await page.fill("[name=address]", LIN)
    await page.fill("[name=password]", PASSWORD)
    await page.press("[name=password]", "Enter")
    await page.wait_for_url("**/mail/inbox")
    for path in ("/mail/inbox", f"/messages/{message_id}", "/settings", "/compose", f"/compose?reply={message_id}"):
        await page.goto(path)
        wide = await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0, path
