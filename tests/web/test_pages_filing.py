"""Filing by hand in Chromium: ticks, drag, swipe, the dialog, undo, and what another window shows."""

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, CDPSession, Page, expect

from mailapp.flow.filing import Act
from mailapp.flow.folders import Folders
from mailapp.store import mailboxes
from tests.conftest import PASSWORD
from tests.web.browsers import Person, chromium, person
from tests.web.conftest import LIN, Mail, Served, letter
from tests.web.faults import faultless

PHONE = {"width": 390, "height": 844}


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as browser:
        yield browser


async def _deliver(mail: Mail, number: int) -> list[int]:
    return [await mail.deliver(letter(f"Number {each}")) for each in range(number)]


async def _total(mail: Mail, role: str) -> int:
    held = await mail.context.database.read(mailboxes.of_account, mail.lin)
    return next(each.total for each in held if each.role == role)


async def _ready(page: Page) -> None:
    """Wait for the script that comes at the first sign of a hand."""
    await page.locator("#message-list .row").first.hover()
    await page.wait_for_function("document.querySelector('script[src*=\"js/filing\"]')")
    await expect(page.locator(".selection-count")).to_contain_text("0")


def _pick(page: Page, message_id: int) -> str:
    return f"#message-{message_id} .pick"


async def test_a_range_is_ticked_archived_and_brought_back_in_every_window(
    mail: Mail, served: Served, browser: Browser
) -> None:
    ids = await _deliver(mail, 8)
    lin, lin_too = await person(browser, served.url), await person(browser, served.url)
    page = lin.page
    await _ready(page)
    await expect(page.locator("#selection")).to_be_hidden()
    await page.click(_pick(page, ids[6]))
    await expect(page.locator("#selection")).to_be_visible()
    await page.click(_pick(page, ids[3]), modifiers=["Shift"])
    await expect(page.locator(".pick:checked")).to_have_count(4)
    await expect(page.locator(".selection-count")).to_have_text("已选 4 封")
    await page.click("#selection button[value=archive]")
    for each in (lin, lin_too):
        await expect(each.page.locator("#message-list .row")).to_have_count(4)
        await expect(each.page.locator("#count-archive")).to_have_text("4")
        await expect(each.page.locator("#count-inbox")).to_have_text("4")
    await expect(page.locator("#selection")).to_be_hidden()
    await expect(page.locator(".toast")).to_contain_text("已归档 4 封")
    await page.click(".toast-action")
    for each in (lin, lin_too):
        await expect(each.page.locator("#message-list .row")).to_have_count(8)
        assert await each.subjects() == [f"Number {number}" for number in reversed(range(8))]
        each.blameless()


async def test_a_tick_stays_while_its_row_changes_and_new_mail_comes(
    mail: Mail, served: Served, browser: Browser
) -> None:
    ids = await _deliver(mail, 3)
    lin = await person(browser, served.url)
    await _ready(lin.page)
    await lin.page.click(_pick(lin.page, ids[1]))
    await mail.context.filing.set_flagged(mail.lin, [ids[1]], True)
    await expect(lin.page.locator(f"#message-{ids[1]} .mark-star")).to_be_visible()
    await mail.deliver(letter("New"))
    await expect(lin.page.locator("#message-list .row")).to_have_count(4)
    await expect(lin.page.locator(".pick:checked")).to_have_count(1)
    await expect(lin.page.locator(_pick(lin.page, ids[1]))).to_be_checked()
    await lin.page.keyboard.press("Escape")
    await expect(lin.page.locator(".pick:checked")).to_have_count(0)
    lin.blameless()


async def test_everything_in_a_folder_is_deleted_and_undone(mail: Mail, served: Served, browser: Browser) -> None:
    await _deliver(mail, 60)
    lin, lin_too = await person(browser, served.url), await person(browser, served.url)
    page = lin.page
    await _ready(page)
    await page.click(_pick(page, int(await page.locator("#message-list .row").first.get_attribute("data-id") or 0)))
    await page.click(".pick-all .tick")
    await expect(page.locator(".selection-all")).to_contain_text("选中“收件箱”的全部 60 封")
    await page.click("[data-select-all]")
    await expect(page.locator(".selection-count")).to_have_text("已全部选中")
    await page.click("#selection button[formaction='/deletions']")
    for each in (lin, lin_too):
        await expect(each.page.locator("#message-list .row")).to_have_count(0)
        await expect(each.page.locator("#count-inbox")).to_have_text("")
    await expect(page.locator(".toast")).to_contain_text("已删除 60 封")
    assert await _total(mail, "trash") == 60
    await page.click(".toast-action")
    for each in (lin, lin_too):
        await expect(each.page.locator("#message-list .row")).to_have_count(60)
        await expect(each.page.locator("#count-inbox")).to_have_text("60")
        each.blameless()
    assert await _total(mail, "trash") == 0


async def test_rows_are_dragged_onto_folders_and_labels(mail: Mail, served: Served, browser: Browser) -> None:
    ids = await _deliver(mail, 5)
    folders = Folders(mail.context.filing)
    folder, label = await folders.add(mail.lin, "项目/校样"), await folders.add_label(mail.lin, "待办")
    lin = await person(browser, served.url)
    page = lin.page
    await _ready(page)
    await page.drag_and_drop(f"#open-{ids[0]}", f"#sidebar [data-key='{folder}']")
    await expect(page.locator(f"#message-{ids[0]}")).to_have_count(0)
    await expect(page.locator(f"#count-{folder}")).to_have_text("1")
    await page.click(_pick(page, ids[1]))
    await page.click(_pick(page, ids[2]))
    await page.drag_and_drop(f"#open-{ids[2]}", f"#sidebar [data-key='label-{label}']")
    for each in ids[1:3]:
        await expect(page.locator(f"#message-{each} .badge.label")).to_have_text("待办")
    await expect(page.locator(".pick:checked")).to_have_count(0)
    await page.drag_and_drop(f"#open-{ids[3]}", "#sidebar [data-key=starred]")
    await expect(page.locator(f"#message-{ids[3]} .mark-star")).to_be_visible()
    await page.drag_and_drop(f"#open-{ids[4]}", "#sidebar [data-key=sent]")
    await expect(page.locator("#message-list .row")).to_have_count(4)
    assert await _total(mail, "sent") == 0
    lin.blameless()


async def test_the_open_message_is_moved_and_labelled_in_the_dialog(
    mail: Mail, served: Served, browser: Browser
) -> None:
    ids = await _deliver(mail, 2)
    folder = await Folders(mail.context.filing).add(mail.lin, "项目")
    lin, lin_too = await person(browser, served.url), await person(browser, served.url)
    page = lin.page
    for each in (lin, lin_too):
        await each.page.click(f"#open-{ids[1]}")
        await expect(each.page.locator("#subject")).to_have_text("Number 1")
    await page.click(".more-menu summary")
    await page.click(".more-menu [value=label]")
    await expect(page.locator("#filing")).to_be_visible()
    await page.fill("#filing [name=new]", "待办")
    await page.press("#filing [name=new]", "Enter")
    await expect(page.locator("#filing")).to_be_hidden()
    for each in (lin, lin_too):
        await expect(each.page.locator(".message-labels .badge")).to_have_text("待办")
        await expect(each.page.locator("#folder-lists")).to_contain_text("待办")
    await page.click("#move-button")
    await expect(page.locator("#filing")).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(page.locator("#filing")).to_be_hidden()
    await page.click("#move-button")
    await page.click(f"#filing [value='{folder}']")
    await expect(page.locator("#filing")).to_be_hidden()
    await expect(page.locator("#subject")).to_have_text("Number 0")
    for each in (lin, lin_too):
        await expect(each.page.locator(f"#message-{ids[1]}")).to_have_count(0)
        each.blameless()


async def test_emptying_the_trash_asks_first_and_stands_on_cancel(mail: Mail, served: Served, browser: Browser) -> None:
    ids = await _deliver(mail, 3)
    await mail.context.filing.delete(mail.lin, ids)
    lin = await person(browser, served.url)
    page = lin.page
    await page.click("#sidebar [data-key=trash]")
    await expect(page.locator(".list-note")).to_contain_text("30 天后自动删除")
    await page.click(".list-note a")
    await expect(page.locator("#filing")).to_contain_text("彻底删除 3 封")
    await expect(page.locator("#filing .answers a")).to_be_focused()
    await faultless(page, "the question")
    await page.keyboard.press("Enter")
    await expect(page.locator("#filing")).to_be_hidden()
    assert await _total(mail, "trash") == 3
    await page.click(".list-note a")
    await page.click("#filing .button.danger")
    await expect(page.locator("#message-list .row")).to_have_count(0)
    assert await _total(mail, "trash") == 0
    lin.blameless()


async def _on_the_phone(browser: Browser, served: Served) -> tuple[Page, CDPSession]:
    context = await browser.new_context(
        base_url=served.url,
        locale="zh-CN",
        viewport=PHONE,
        has_touch=True,
        is_mobile=True,  # type: ignore[arg-type]
    )
    page = await context.new_page()
    await page.goto("/mail/inbox")
    await page.fill("[name=address]", LIN)
    await page.fill("[name=password]", PASSWORD)
    await page.tap("form[action='/login'] button.primary")
    await page.wait_for_url("**/mail/inbox")
    await expect(page.locator("#live[data-seq]")).to_be_attached()
    await page.wait_for_function("document.querySelector('script[src*=\"js/filing\"]')")
    await expect(page.locator(".selection-count")).to_contain_text("0")
    return page, await context.new_cdp_session(page)


async def _swipe(page: Page, touch: CDPSession, message_id: int, across: float, down: float = 0) -> None:
    box = await page.locator(f"#message-{message_id}").bounding_box()
    assert box is not None
    x, y = box["x"] + 190, box["y"] + 40
    await touch.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [{"x": x, "y": y}]})
    for step in range(1, 11):
        at = {"x": x + across * step / 10, "y": y + down * step / 10}
        await touch.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": [at]})
    await touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})


async def test_a_swipe_archives_or_deletes_and_a_scroll_does_neither(
    mail: Mail, served: Served, browser: Browser
) -> None:
    ids = await _deliver(mail, 20)
    page, touch = await _on_the_phone(browser, served)
    await _swipe(page, touch, ids[18], 170)
    await expect(page.locator(f"#message-{ids[18]}")).to_have_count(0)
    await expect(page.locator(".toast")).to_contain_text("已归档 1 封")
    await _swipe(page, touch, ids[17], -170)
    await expect(page.locator(f"#message-{ids[17]}")).to_have_count(0)
    await expect(page.locator(".toast")).to_contain_text("已删除 1 封")
    assert (await _total(mail, "archive"), await _total(mail, "trash")) == (1, 1)
    # Chromium takes a tap right behind a swipe for the end of that
    await expect(page.locator(".toast .toast-left")).to_have_text("9")
    await page.tap(".toast .toast-action")
    await expect(page.locator(f"#message-{ids[17]}")).to_have_count(1)
    await _swipe(page, touch, ids[16], 40)
    await expect(page.locator(".swipe-ground")).to_have_count(0)
    await _swipe(page, touch, ids[15], 30, -300)
    await page.wait_for_function("document.querySelector('#list-scroll').scrollTop > 100")
    await expect(page.locator("#message-list .row")).to_have_count(19)
    await expect(page.locator("#subject")).to_have_count(0)
    assert (await _total(mail, "archive"), await _total(mail, "trash")) == (1, 0)


async def test_on_the_phone_rows_are_ticked_anywhere_while_selecting(
    mail: Mail, served: Served, browser: Browser
) -> None:
    ids = await _deliver(mail, 4)
    page, _ = await _on_the_phone(browser, served)
    await page.tap(".select-button")
    for each in ids[:2]:
        await page.tap(f"#open-{each}")
    await expect(page.locator(".selection-count")).to_have_text("已选 2 封")
    await expect(page.locator("#subject")).to_have_count(0)
    await faultless(page, "selecting on the phone")
    await page.tap("#selection button[formaction='/deletions']")
    await expect(page.locator("#message-list .row")).to_have_count(2)
    await expect(page.locator("#selection")).to_be_hidden()
    await page.tap(f"#open-{ids[2]}")
    await expect(page.locator("#subject")).to_have_text("Number 2")


@pytest.mark.parametrize(("language", "scheme", "width"), [("zh-CN", "light", 1440), ("en", "dark", 820)])
async def test_filing_is_accessible_in_each_of_its_states(
    mail: Mail, served: Served, browser: Browser, language: str, scheme: str, width: int
) -> None:
    ids = await _deliver(mail, 55)
    folders = Folders(mail.context.filing)
    await folders.add(mail.lin, "项目/校样")
    label = await folders.add_label(mail.lin, "Donaudampfschifffahrtsgesellschaft")
    await mail.context.filing.act(mail.lin, Act("label", label), ids[-3:])
    lin: Person = await person(browser, served.url, language=language)
    page = lin.page
    await page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    await page.set_viewport_size({"width": width, "height": 900})
    await page.click(f"#open-{ids[-1]}")
    await expect(page.locator("#subject")).to_be_visible()
    await _ready(page)
    await page.click(_pick(page, ids[-2]))
    await page.click(".pick-all .tick")
    await expect(page.locator(".selection-all")).to_be_visible()
    await faultless(page, "all selected")
    await page.click(".selection-menu summary")
    await faultless(page, "the menu of the selection")
    for choice in ("move", "label"):
        if choice == "label":
            await page.click(".selection-menu summary")
        await page.click(f"#selection [value={choice}]")
        await expect(page.locator("#filing")).to_be_visible()
        await faultless(page, f"choosing to {choice}")
        await page.keyboard.press("Escape")
        await expect(page.locator("#filing")).to_be_hidden()
    await page.goto("/folders")
    await page.locator(".named-menu summary").first.click()
    await faultless(page, "/folders")
    await page.fill("#new-folder", "项目")
    await page.press("#new-folder", "Enter")
    await expect(page.locator("#new-folder-error")).to_be_visible()
    await faultless(page, "/folders refused")
    lin.blameless(("422",))
