"""Searching as people do it, in Chromium: typing, completing by keyboard, an input method, marks, live hits."""

import re
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, expect

from tests.web.browsers import Person, chromium, person
from tests.web.conftest import Mail, Served, letter
from tests.web.faults import faultless_everywhere


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as browser:
        yield browser


async def search(someone: Person, text: str) -> None:
    await someone.page.fill("#search-input", text)
    await someone.page.press("#search-input", "Enter")
    await expect(someone.page.locator("#search-count")).to_be_attached()
    await someone.connected()


async def test_a_search_is_typed_found_and_marked_and_new_hits_come_by_themselves(
    mail: Mail, served: Served, browser: Browser
) -> None:
    first = await mail.deliver(letter("电子發票", "附上", html="<p>您的<b>發</b>票</p>"))
    other = await mail.deliver(letter("别的"))
    lin = await person(browser, served.url)
    page = lin.page
    await page.keyboard.press("/")
    await expect(page.locator("#search-input")).to_be_focused()
    await page.keyboard.type("发票")
    await page.keyboard.press("Enter")
    await expect(page.locator(f"#message-{first} .subject mark")).to_have_text("發票")
    await expect(page.locator(f"#message-{other}")).to_have_count(0)
    await expect(page.locator("#search-count")).to_have_text(re.compile(r"^1 封 · \d+ 毫秒$"))
    await expect(page).to_have_url(f"{served.url}/mail/inbox?q=%E5%8F%91%E7%A5%A8")
    await lin.connected()
    second = await mail.deliver(letter("第二张发票"))
    await mail.deliver(letter("又是别的"))
    await expect(page.locator(f"#message-{second} .subject mark")).to_have_text("发票")
    await expect(page.locator("#search-count")).to_have_text(re.compile("^2 封"))
    assert len(await lin.subjects()) == 2
    await mail.context.filing.delete(mail.lin, [second])
    await expect(page.locator(f"#message-{second}")).to_have_count(0)
    await expect(page.locator("#search-count")).to_have_text(re.compile("^1 封"))
    await page.click(f"#open-{first}")
    await expect(page.locator("#subject mark")).to_have_text("發票")
    await expect(page.frame_locator("iframe.letter-frame").locator("mark")).to_have_count(2)
    await page.click(".search-close")
    await expect(page).to_have_url(f"{served.url}/mail/inbox")
    assert len(await lin.subjects()) == 3
    lin.blameless()


async def test_what_is_open_stays_in_its_search_until_another_is_opened(
    mail: Mail, served: Served, browser: Browser
) -> None:
    older, newer = await mail.deliver(letter("发票 一")), await mail.deliver(letter("发票 二"))
    lin = await person(browser, served.url)
    page = lin.page
    await search(lin, "发票 is:unread")
    await page.click(f"#open-{newer}")
    await expect(page.locator("#subject")).to_have_text("发票 二")
    await expect(page.locator("#search-count")).to_have_text(re.compile("^1 封"))
    await expect(page.locator(f"#message-{newer}[data-ceased] [aria-current]")).to_have_count(1)
    await expect(page.locator(f"#message-{newer}.unread")).to_have_count(0)
    await page.keyboard.press("j")
    await expect(page.locator("#subject")).to_have_text("发票 一")
    await expect(page.locator(f"#message-{newer}")).to_have_count(0)
    await expect(page.locator(f"#message-{older} [aria-current]")).to_have_count(1)
    await mail.context.filing.set_seen(mail.lin, [newer], False)
    await expect(page.locator(f"#message-{newer}.unread")).to_have_count(1)
    lin.blameless()


async def test_suggestions_are_chosen_by_keyboard(mail: Mail, served: Served, browser: Browser) -> None:
    await mail.deliver(letter("发票", sender="京东 <invoice@jd.example>"))
    lin = await person(browser, served.url)
    page = lin.page
    field = page.locator("#search-input")
    await page.keyboard.press("/")
    await page.keyboard.type("from:")
    await expect(page.locator("#search-list [aria-selected=true]")).to_contain_text("invoice@jd.example")
    await expect(field).to_have_attribute("aria-expanded", "true")
    await page.keyboard.press("Enter")
    await expect(field).to_have_value("from:invoice@jd.example ")
    await expect(page.locator(".search-token")).to_have_text("from:invoice@jd.example")
    await page.keyboard.type("is：")
    await expect(page.locator("#search-list [aria-selected=true]")).to_contain_text("unread")
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("ArrowUp")
    await page.keyboard.press("Tab")
    await expect(field).to_have_value("from:invoice@jd.example is:unread ")
    await page.keyboard.press("Escape")
    await expect(page.locator("#search-list")).to_be_hidden()
    await page.keyboard.press("Enter")
    await expect(page.locator("#search-count")).to_have_text(re.compile("^1 封"))
    # the newest messages found stand below while one types: one of them is opened, the list becomes the search
    await field.fill("发")
    await expect(page.locator(".search-hit mark")).to_have_text("发")
    await page.click(".search-hit")
    await expect(page.locator("#subject mark")).to_have_text("发")
    await expect(page.locator("#search-count")).to_have_text(re.compile("^1 封"))
    # what stands behind the cursor leaves it out of the search: it is opened all the same
    await field.fill("nowhere")
    await page.keyboard.press("Home")
    await page.keyboard.type("发 ")
    await page.click(".search-hit")
    await expect(page).to_have_url(re.compile(r"/messages/\d+$"))
    lin.blameless()


async def test_nothing_happens_while_an_input_method_composes(mail: Mail, served: Served, browser: Browser) -> None:
    await mail.deliver(letter("发票"))
    lin = await person(browser, served.url)
    page = lin.page
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    await page.keyboard.press("/")
    await expect(page.locator("#search-list")).to_be_visible()
    asked.clear()
    session = await lin.context.new_cdp_session(page)
    await session.send("Input.imeSetComposition", {"text": "fapiao", "selectionStart": 6, "selectionEnd": 6})
    await expect(page.locator("#search-input")).to_have_value("fapiao")
    await page.evaluate(
        """() => { const field = document.getElementById("search-input");
        for (const key of ["Enter", "/", "j", "ArrowDown"]) field.dispatchEvent(new KeyboardEvent("keydown",
            { key, keyCode: 229, isComposing: true, bubbles: true, cancelable: true }));
        document.getElementById("search").requestSubmit(); }"""
    )
    await expect(page.locator("#search-list")).to_be_hidden()
    await page.evaluate("() => new Promise(done => setTimeout(done, 200))")
    assert [each for each in asked if "/events" not in each] == []
    await session.send("Input.insertText", {"text": "发票"})
    await expect(page.locator("#search-input")).to_have_value("发票")
    await page.keyboard.press("Enter")
    await expect(page.locator("#search-count")).to_have_text(re.compile("^1 封"))
    # the same in any other field: Enter chooses characters, Escape gives them up
    await page.click(".save-menu > summary")
    for field in ("#search-name", "#compose-to"):
        await page.fill(field, "")
        await page.focus(field)
        asked.clear()
        await session.send("Input.imeSetComposition", {"text": "piao", "selectionStart": 4, "selectionEnd": 4})
        await page.keyboard.press("Enter")
        await page.keyboard.press("Escape")
        await page.evaluate("() => new Promise(done => setTimeout(done, 200))")
        await expect(page.locator(field)).to_be_focused()
        assert [each for each in asked if "/events" not in each] == [], field
        await session.send("Input.insertText", {"text": "票"})
        if field == "#search-name":
            await page.keyboard.press("Enter")
            await expect(page.locator("#saved-searches .folder")).to_have_text("票")
            await page.goto("/compose")
    lin.blameless()


async def test_a_search_is_saved_and_removed_from_the_side_bar(mail: Mail, served: Served, browser: Browser) -> None:
    await mail.deliver(letter("发票"))
    lin = await person(browser, served.url)
    page = lin.page
    await search(lin, "发票 is:unread")
    await page.click(".save-menu > summary")
    await page.fill("#search-name", "待报销")
    await page.keyboard.press("Enter")
    saved = page.locator("#saved-searches .folder")
    await expect(saved).to_have_text("待报销")
    await expect(saved).to_have_attribute("aria-current", "page")
    await expect(page.locator(".save-menu > summary")).to_be_focused()
    await page.click('#sidebar .folder[data-key="inbox"]')
    await expect(page.locator("#search-count")).to_have_count(0)
    await saved.click()
    await expect(page.locator("#search-input")).to_have_value("发票 is:unread")
    await page.click(".save-menu > summary")
    await page.click(".save-menu .menu-item")
    await expect(saved).to_have_count(0)
    await expect(page.locator(".save-menu > summary")).to_be_focused()
    await page.click(".toast .toast-action")
    await expect(saved).to_have_text("待报销")
    lin.blameless()


async def test_on_the_phone_the_bottom_bar_opens_the_field(mail: Mail, served: Served, browser: Browser) -> None:
    await mail.deliver(letter("发票"))
    lin = await person(browser, served.url)
    page = lin.page
    await page.set_viewport_size({"width": 390, "height": 800})
    await expect(page.locator("#search-input")).to_be_hidden()
    await page.click(".bottom-bar [data-search]")
    await expect(page.locator("#search-input")).to_be_focused()
    await search(lin, "发票")
    assert await lin.subjects() == ["发票"]
    await page.click(".search-close")
    await expect(page.locator("#search-input")).to_be_hidden()
    lin.blameless()


@pytest.mark.parametrize(("width", "scheme"), [(390, "light"), (1440, "light")])
async def test_the_search_is_accessible_in_every_state(
    mail: Mail, served: Served, browser: Browser, width: int, scheme: str
) -> None:
    await mail.deliver(letter("发票", html="<p>发票</p>"))
    lin = await person(browser, served.url)
    page = lin.page
    await page.set_viewport_size({"width": width, "height": 800})
    await page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    await page.keyboard.press("/")
    await page.keyboard.type("after:")
    await expect(page.locator("#search-list [aria-selected=true]")).to_be_visible()
    await faultless_everywhere(page, "suggestions")
    await page.keyboard.press("Escape")
    await search(lin, "发票 after:never")
    await expect(page.locator(".search-problems li")).to_have_count(1)
    await page.click(".save-menu > summary")
    await faultless_everywhere(page, "hits")
    await search(lin, "不存在的词")
    await faultless_everywhere(page, "nothing found")


async def test_it_works_without_scripts(mail: Mail, served: Served, browser: Browser) -> None:
    await mail.deliver(letter("发票"))
    await mail.deliver(letter("别的"))
    lin = await person(browser, served.url)
    plain = await browser.new_context(base_url=served.url, locale="zh-CN", java_script_enabled=False)
    await plain.add_cookies(await lin.context.cookies())  # type: ignore[arg-type]
    page = await plain.new_page()
    await page.goto("/mail/inbox")
    await page.fill("#search-input", "发票")
    await page.press("#search-input", "Enter")
    await expect(page.locator("#message-list .row")).to_have_count(1)
    await page.click(".save-menu > summary")
    await page.fill("#search-name", "票")
    await page.press("#search-name", "Enter")
    await expect(page.locator("#saved-searches .folder")).to_have_text("票")
