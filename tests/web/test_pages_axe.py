"""No page has a fault axe can find, small and large, light and dark, in both languages; nothing scrolls sideways."""

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, FilePayload, expect

from mailapp.config import Config
from mailapp.events import Bus
from mailapp.mail.message import Person
from mailapp.store import correspondents
from mailapp.store.arrivals import MessageIds
from mailapp.store.database import Database
from mailapp.web.site import create_site
from tests.web.browsers import chromium, onlooker, visitor
from tests.web.conftest import Mail, Served, context_of, letter, serving
from tests.web.faults import Look, faultless, faultless_everywhere

LOOKS: tuple[Look, ...] = (((390, 844), "en", "dark"), ((1440, 900), "zh-CN", "light"))
LONG = "Donaudampfschifffahrtsgesellschaftskapitänsmützenabzeichen und Rechtsschutzversicherungsgesellschaften"


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as browser:
        yield browser


@pytest.mark.parametrize(("size", "language", "scheme"), LOOKS)
async def test_every_page_is_accessible(
    mail: Mail, served: Served, browser: Browser, size: tuple[int, int], language: str, scheme: str
) -> None:
    message = letter("您的账单", "林老师好", html="<p>林老师好</p><img src='https://tracker.example/x.gif' alt=''>")
    message.add_attachment(b"%PDF-1.4", maintype="application", subtype="pdf", filename="账单.pdf")
    message_id = await mail.deliver(message)
    long_id = await mail.deliver(letter(LONG, LONG))
    page = await onlooker(browser, served.url, size, language, scheme)
    stranger = await visitor(browser, served.url, size, language, scheme)
    await stranger.goto("/login")
    await faultless_everywhere(stranger, "/login")
    await stranger.context.close()
    paths = (
        "/mail/inbox",
        "/mail/trash",
        f"/messages/{message_id}",
        "/settings",
        "/tokens",
        "/folders",
        "/no-such-page",
        "/compose",
        f"/messages/{long_id}",
        f"/compose?reply={long_id}",
    )
    for path in paths:
        await page.goto(path)
        await faultless_everywhere(page, path)
    await page.goto("/api/docs")
    await faultless(page, "/api/docs")  # every operation in the same few colours: seconds of axe
    await page.context.close()


@pytest.mark.parametrize(("size", "language", "scheme"), LOOKS)
async def test_a_letter_in_each_of_its_states_is_accessible(
    mail: Mail, served: Served, browser: Browser, size: tuple[int, int], language: str, scheme: str
) -> None:
    people = [Person("陈薇", "chenwei@foxmail.example"), Person(LONG[:60], "donau@dampf.example")]
    await mail.context.database.write(correspondents.wrote_to, mail.lin, people, 1)
    message_id = await mail.deliver(letter(LONG, "Dear Lin", html="<p>Dear <b>Lin</b></p>"))
    page = await onlooker(browser, served.url, size, language, scheme)
    await page.goto(f"/compose?reply={message_id}")
    await expect(page.locator("#rich-toolbar")).to_be_visible()
    await page.locator("#compose-to").focus()
    await page.keyboard.type("nonsense, donau@dampf.example, 陈")
    await expect(page.locator(".person")).to_have_count(1)
    await faultless_everywhere(page, "people")
    await page.keyboard.press("Escape")
    pdf: FilePayload = {"name": f"{LONG}.pdf", "mimeType": "application/pdf", "buffer": b"x"}
    await page.set_input_files("#compose-attach", files=[pdf])
    await expect(page.locator(".compose-file[data-id]")).to_be_visible()
    await page.click("#compose-send")
    await expect(page.locator("#compose-refused p")).to_be_visible()
    await faultless_everywhere(page, "a file and a refusal")
    await page.click(".later-menu summary")
    await faultless_everywhere(page, "send later")


@pytest.mark.parametrize(("size", "language", "scheme"), LOOKS)
async def test_the_set_up_page_is_accessible(
    database: Database, bus: Bus, config: Config, browser: Browser, size: tuple[int, int], language: str, scheme: str
) -> None:
    pages = context_of(database, bus, config, MessageIds())
    token = await pages.signing_in.offer_setup()
    async with serving(create_site(pages), bus) as served:
        page = await visitor(browser, served.url, size, language, scheme)
        await page.goto(f"/setup?token={token}")
        await faultless_everywhere(page, "/setup")
        await page.fill("[name=local]", "lin")
        await page.fill("[name=domain]", "nonsense")
        await page.fill("[name=password]", "short")
        await page.click("form button.primary")
        await expect(page.locator(".field-error").first).to_be_visible()
        await faultless_everywhere(page, "/setup refused")
        await page.context.close()
