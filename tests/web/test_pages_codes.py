"""Codes as people meet them, in Chromium: on screen at once, copied by one press, used in every window."""

import json
import re
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, Locator, Page, expect

from tests.web.browsers import Person, chromium, person
from tests.web.conftest import ANN, LIN, Mail, Served, letter
from tests.web.faults import faultless_everywhere

TEXT = "Your verification code is {}. It expires in 10 minutes."
LINK = "Click the link below to sign in to Notion:\n\nhttps://login.notion.example/magic?token=abcdef1234567890abcdef\n"
PHONE, DESKTOP = (390, 844), (1440, 900)


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as browser:
        yield browser


def code(value: str = "482913", sender: str = "GitHub <noreply@github.example>"):  # type: ignore[no-untyped-def]
    return letter("Your sign-in code", TEXT.format(value), sender=sender)


async def reader(browser: Browser, url: str, address: str = LIN, size: tuple[int, int] = DESKTOP) -> Person:
    """Somebody whose browser lets them copy, before a page that is ready for it."""
    someone = await person(browser, url, address)
    await someone.context.grant_permissions(["clipboard-read", "clipboard-write"])
    await someone.page.set_viewport_size({"width": size[0], "height": size[1]})
    return someone


def chip(page: Page, message_id: int) -> Locator:
    """The code in a row, without the twin that holds its room."""
    return page.locator(f"#message-{message_id} .code-chip:not(.room)")


async def copied(page: Page) -> str:
    return str(await page.evaluate("navigator.clipboard.readText()"))


async def ready(page: Page) -> None:
    """Wait until the script of the codes is there."""
    await expect(page.locator("html[data-codes=ready]")).to_be_attached()


async def test_a_code_comes_to_the_row_the_top_and_the_title_and_is_used_in_every_window(
    mail: Mail, served: Served, browser: Browser
) -> None:
    lin, lin_too, ann = [await reader(browser, served.url, each) for each in (LIN, LIN, ANN)]
    message_id = await mail.deliver(code())
    for each in (lin, lin_too):
        await expect(chip(each.page, message_id)).to_have_text(re.compile("482913$"))
        await expect(each.page.locator("#code-strip .code-strip")).to_contain_text("GitHub")
        await expect(each.page).to_have_title("482913 · GitHub")
    await ready(lin.page)
    await lin.page.click("#code-strip .code-strip")
    await expect(lin.page.locator(".code-strip .code-word")).to_have_text("已复制")
    assert await copied(lin.page) == "482913"
    await expect(lin.page.locator(".toast")).to_contain_text("482913")
    await expect(lin.page).not_to_have_title("482913 · GitHub")
    shown = chip(lin_too.page, message_id)
    await expect(shown).to_have_attribute("data-state", "used")
    await expect(lin_too.page.locator("#code-strip .code-strip")).to_have_count(0)
    await expect(lin.page.locator("#code-strip .code-strip")).to_have_count(0)  # three seconds later
    await lin.page.click(".toast-action")
    await expect(shown).to_have_attribute("data-state", "live")
    for each in (lin, lin_too):
        await expect(each.page.locator("#code-strip .code-strip")).to_have_count(1)
    assert "482913" not in await ann.page.content()
    for each in (lin, lin_too, ann):
        each.blameless()


async def test_the_chip_copies_and_does_not_open(mail: Mail, served: Served, browser: Browser) -> None:
    message_id = await mail.deliver(code())
    lin = await reader(browser, served.url)
    await lin.page.reload()
    await ready(lin.page)
    shown = chip(lin.page, message_id)
    await shown.click()
    await expect(shown).to_have_attribute("data-said", "已复制")
    assert await copied(lin.page) == "482913"
    assert lin.page.url.endswith("/mail/inbox")
    await expect(shown).not_to_have_attribute("data-said", "已复制")
    await expect(shown).to_have_css("text-decoration-line", "none")
    await expect(shown.locator(".code-text")).to_have_css("text-decoration-line", "line-through")
    lin.blameless()


async def test_c_copies_the_nearest_code_and_writes_where_there_is_none(
    mail: Mail, served: Served, browser: Browser
) -> None:
    first = await mail.deliver(code("111222"))
    await mail.deliver(code("333444"))
    lin = await reader(browser, served.url)
    await lin.page.reload()
    await ready(lin.page)
    await lin.page.keyboard.press("c")
    await expect(lin.page.locator(".toast")).to_contain_text("333444")
    assert await copied(lin.page) == "333444"
    await lin.page.locator(f"#open-{first}").focus()
    await lin.page.keyboard.press("c")
    await expect(lin.page.locator(".toast")).to_contain_text("111222")
    assert await copied(lin.page) == "111222"
    await expect(lin.page.locator("#code-strip .code-strip")).to_have_count(0)
    await expect(lin.page.locator("#compose-form")).to_have_count(0)
    await lin.page.keyboard.press("c")
    await expect(lin.page.locator("#compose-form")).to_be_visible()
    lin.blameless()


async def test_the_strip_makes_way_for_its_own_message_whose_card_copies(
    mail: Mail, served: Served, browser: Browser
) -> None:
    message_id = await mail.deliver(code())
    lin = await reader(browser, served.url)
    await lin.page.reload()
    await ready(lin.page)
    await expect(lin.page.locator(".code-strip")).to_be_visible()
    await lin.page.click(f"#open-{message_id}")
    card = lin.page.locator(f"#message-code-{message_id} .code-card")
    await expect(card).to_contain_text("还有")
    await expect(lin.page.locator(".code-strip")).not_to_be_visible()
    await card.locator("a.code-copy").press("Enter")
    await expect(card.locator(".code-word")).to_have_text("已复制")
    assert await copied(lin.page) == "482913"
    await expect(card).to_have_attribute("data-state", "used")
    await card.locator("summary").click()
    await card.get_by_role("button", name="标为未使用").click()
    await expect(card).to_have_attribute("data-state", "live")
    lin.blameless()


async def test_wrong_this_one_corrects_the_row_and_the_next_mail_of_the_sender(
    mail: Mail, served: Served, browser: Browser
) -> None:
    text = "Verification code for station {}: enter {} in the app."
    message_id = await mail.deliver(letter("Sign in", text.format(771204, 482913)))
    lin = await reader(browser, served.url)
    await lin.page.reload()
    shown = chip(lin.page, message_id)
    taken = await shown.get_attribute("data-code")
    right = "482913" if taken == "771204" else "771204"
    await lin.page.click(f"#open-{message_id}")
    card = lin.page.locator(f"#message-code-{message_id}")
    await card.locator("summary").click()
    await card.get_by_role("button", name=right, exact=True).click()
    await expect(shown).to_have_attribute("data-code", right)
    await expect(card.locator("[data-code]")).to_have_attribute("data-code", right)
    following = await mail.deliver(letter("Sign in", text.format(118820, 905512)))
    expected = "905512" if right == "482913" else "118820"
    await expect(chip(lin.page, following)).to_have_attribute("data-code", expected)
    await card.locator("summary").click()
    await card.get_by_role("button", name="这里没有验证码").click()
    await expect(card.locator(".code-card")).to_have_count(0)
    await expect(shown).to_have_count(0)
    lin.blameless()


async def test_a_code_lapses_on_an_open_page(mail: Mail, served: Served, browser: Browser) -> None:
    message_id = await mail.deliver(code())
    lin = await reader(browser, served.url)
    await lin.page.clock.install()
    await lin.page.reload()
    await ready(lin.page)
    await lin.page.clock.run_for(1_500)
    strip = lin.page.locator(".code-strip")
    await expect(strip.locator(".code-left")).to_have_text(re.compile(r"还有 (10:00|9:\d\d)"))
    value = float(await strip.locator(".life").get_attribute("value") or 0)
    await lin.page.clock.run_for(60_000)
    await expect(strip.locator(".code-age")).to_have_text("1 分钟前")
    assert value - 75 < await strip.locator(".life").evaluate("element => element.value") < value - 45
    await lin.page.clock.run_for(560_000)
    await expect(strip).to_have_count(0)
    await expect(chip(lin.page, message_id)).to_have_attribute("data-state", "old")


async def test_the_wall_is_live_copies_and_lets_used_ones_sink(mail: Mail, served: Served, browser: Browser) -> None:
    lin, ann = await reader(browser, served.url, size=PHONE), await reader(browser, served.url, ANN, PHONE)
    for each in (lin, ann):
        await each.page.click(".bottom-item[data-key=codes]")
        await expect(each.page.locator("#code-wall")).to_be_visible()
        await each.connected()
    first = await mail.deliver(code("111222"))
    second = await mail.deliver(code("333444", "招商银行 <noreply@cmb.example>"))
    now, over = lin.page.locator("#codes-now .wall-card"), lin.page.locator("#codes-over .wall-card")
    await expect(now).to_have_count(2)
    assert await ids_of(now) == [str(second), str(first)]
    await lin.page.click(f"#code-{first} .wall-code")
    await expect(lin.page.locator(f"#code-{first} .code-word")).to_have_text("已复制")
    assert await copied(lin.page) == "111222"
    await expect(over).to_have_count(1)
    assert await ids_of(now) == [str(second)]
    await lin.page.click(".toast-action")
    await expect(now).to_have_count(2)
    assert await ids_of(now) == [str(second), str(first)]
    await mail.context.filing.act(mail.lin, await trash(mail), [second])
    await expect(now).to_have_count(1)
    await expect(ann.page.locator(".wall-card")).to_have_count(0)
    await expect(ann.page.locator(".wall-none")).to_be_visible()
    for each in (lin, ann):
        each.blameless()


async def trash(mail: Mail):  # type: ignore[no-untyped-def]
    from mailapp.flow.filing import Act
    from mailapp.store import mailboxes

    return Act("move", await mail.context.database.read(mailboxes.by_role, mail.lin, "trash"))


async def ids_of(cards: Locator) -> list[str]:
    return [str(each) for each in await cards.evaluate_all("cards => cards.map(each => each.dataset.id)")]


async def test_while_one_is_expected_a_new_code_rings_and_comes_to_the_front(
    mail: Mail, served: Served, browser: Browser
) -> None:
    for number in range(12):
        await mail.deliver(code(str(100_000 + number)))
    lin = await reader(browser, served.url, size=PHONE)
    await lin.page.click(".bottom-item[data-key=codes]")
    await ready(lin.page)
    button = lin.page.locator("#expecting")
    await button.click()
    await expect(button).to_have_attribute("aria-pressed", "true")
    await expect(button).to_contain_text("正在等验证码")
    await lin.page.evaluate(
        "() => { document.body.dataset.tones = 0; const start = OscillatorNode.prototype.start;"
        " OscillatorNode.prototype.start ="
        " function (at) { document.body.dataset.tones++; return start.call(this, at); }; }"
    )
    await lin.page.evaluate("document.querySelector('#code-wall').scrollTop = 600")
    message_id = await mail.deliver(code("777888"))
    await expect(lin.page.locator("#codes-now .wall-card").first).to_have_attribute("data-id", str(message_id))
    await expect(lin.page.locator(f"#code-{message_id}")).to_be_in_viewport()
    await expect(lin.page.locator("body[data-tones='2']")).to_be_attached()
    await button.click()
    await expect(button).to_have_attribute("aria-pressed", "false")
    quiet = await mail.deliver(code("777999"))
    await expect(lin.page.locator(f"#code-{quiet}")).to_be_attached()
    await expect(lin.page.locator("body[data-tones='2']")).to_be_attached()
    lin.blameless()


async def test_a_hidden_tab_is_told_by_the_desktop_which_offers_to_copy(
    mail: Mail, served: Served, browser: Browser
) -> None:
    lin = await reader(browser, served.url)
    await lin.context.add_init_script(
        """
        localStorage.setItem("notify", "on");
        Object.defineProperty(document, "hidden", { get: () => true });
        Object.defineProperty(Notification, "permission", { get: () => "granted" });
        const showNotification = (title, options) => {
          const told = JSON.parse(document.body.dataset.notices ?? "[]");
          document.body.dataset.notices = JSON.stringify([...told, { title, ...options }]);
        };
        navigator.serviceWorker.getRegistration = async () => ({ showNotification });
        """
    )
    await lin.page.reload()
    await lin.connected()
    message_id = await mail.deliver(code())
    await expect(lin.page.locator("body[data-notices]")).to_be_attached()
    (notice,) = json.loads(await lin.page.locator("body").get_attribute("data-notices") or "")
    assert (notice["title"], notice["body"]) == ("482913 · GitHub", "Your sign-in code")
    assert notice["actions"] == [{"action": "copy", "title": "复制"}]
    assert notice["data"] == {"code": "482913", "id": str(message_id), "href": f"/messages/{message_id}"}
    await expect(lin.page).to_have_title("482913 · GitHub")
    await ready(lin.page)
    answer = {"copy": "482913", "id": str(message_id)}  # what the worker says when "copy" was pressed
    await lin.page.evaluate(
        "data => { navigator.serviceWorker.dispatchEvent(new MessageEvent('message', { data })); }", answer
    )
    await expect(chip(lin.page, message_id)).to_have_attribute("data-state", "used")
    assert await copied(lin.page) == "482913"
    lin.blameless()


async def test_without_scripts_codes_are_read_used_and_corrected(mail: Mail, served: Served, browser: Browser) -> None:
    message_id = await mail.deliver(code())
    lin = await reader(browser, served.url)
    state = await lin.context.storage_state()
    context = await browser.new_context(
        base_url=served.url, locale="zh-CN", java_script_enabled=False, storage_state=state
    )
    page = await context.new_page()
    await page.goto("/codes")
    await expect(page.locator("#codes-now .code-copy")).to_be_hidden()  # nothing says that it copies
    await page.goto("/mail/inbox")
    await expect(page.locator(".code-strip .code-copy")).to_be_hidden()
    await page.click(f"#message-{message_id} .code-chip:not(.room)")
    await expect(page).to_have_url(f"{served.url}/messages/{message_id}")
    card = page.locator(".code-card")
    assert re.sub(r"\s", "", await card.locator(".code-text").inner_text()) == "482913"
    await card.locator("summary").click()
    await card.get_by_role("button", name="标为已使用").click()
    await expect(page).to_have_url(f"{served.url}/messages/{message_id}")
    await expect(card).to_have_attribute("data-state", "used")
    await page.goto("/codes")
    await expect(page.locator("#codes-over .wall-card")).to_have_count(1)


@pytest.mark.parametrize(("size", "language", "scheme"), [(PHONE, "en", "light"), (DESKTOP, "zh-CN", "dark")])
async def test_pages_with_codes_have_no_fault(
    mail: Mail, served: Served, browser: Browser, size: tuple[int, int], language: str, scheme: str
) -> None:
    used = await mail.deliver(code("111222"))
    await mail.context.codes.use(mail.lin, used, used=True)
    linked = await mail.deliver(letter("Sign in to Notion", LINK, sender="Notion <noreply@notion.example>"))
    current = await mail.deliver(code())
    lin = await person(browser, served.url, language=language)
    await lin.page.emulate_media(color_scheme="dark" if scheme == "dark" else "light", reduced_motion="reduce")
    await lin.page.set_viewport_size({"width": size[0], "height": size[1]})
    paths = ("/mail/inbox", f"/messages/{used}", f"/messages/{linked}", f"/messages/{current}", "/codes", "/settings")
    for path in paths:
        await lin.page.goto(path)
        if path != "/settings":
            await ready(lin.page)
        await faultless_everywhere(lin.page, path)
