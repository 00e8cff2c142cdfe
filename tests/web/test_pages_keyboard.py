"""Shortcuts in Chromium: filing, selecting, going, and silence while somebody types or composes."""

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, expect

from mailapp.store import mailboxes
from tests.web.browsers import chromium, person
from tests.web.conftest import Mail, Served, letter


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as browser:
        yield browser


async def folder_of(mail: Mail, message_id: int) -> int:
    row = await mail.row(message_id)
    assert row is not None
    return row.mailbox_id


async def test_keys_archive_what_has_the_focus_and_delete_what_is_ticked(
    mail: Mail, served: Served, browser: Browser
) -> None:
    ids = [await mail.deliver(letter(f"Number {each}")) for each in range(4)]
    lin = await person(browser, served.url)
    rows = lin.page.locator("#message-list .row")
    await expect(rows).to_have_count(4)
    await lin.page.locator(f"#open-{ids[3]}").focus()
    await lin.page.keyboard.press("e")
    await expect(rows).to_have_count(3)
    assert await folder_of(mail, ids[3]) == await mail.context.database.read(mailboxes.by_role, mail.lin, "archive")
    await expect(lin.page.locator(f"#open-{ids[2]}")).to_be_focused()  # the next one, so that it goes on
    await lin.page.keyboard.press("x")
    await lin.page.keyboard.press("j")
    await lin.page.keyboard.press("x")
    for key, mark in (("s", ".row .mark-star"), ("u", ".row:not(.unread)")):  # a flag goes on, then off, for all ticked
        await expect(lin.page.locator("#message-list .pick:checked")).to_have_count(2)
        await lin.page.keyboard.press(key)
        await expect(lin.page.locator(f"#message-list {mark}")).to_have_count(2)
        await expect(lin.page.locator("#message-list .pick:checked")).to_have_count(0)
        for each in ids[1:3]:  # by hand: the keys go on from a tick
            await lin.page.click(f"#message-{each} .pick")
    await lin.page.keyboard.press("s")
    await expect(lin.page.locator("#message-list .mark-star")).to_have_count(0)
    for each in ids[1:3]:
        await lin.page.click(f"#message-{each} .pick")
    await lin.page.keyboard.press("#")
    await expect(rows).to_have_count(1)
    trash = await mail.context.database.read(mailboxes.by_role, mail.lin, "trash")
    assert [await folder_of(mail, each) for each in ids[1:3]] == [trash, trash]
    lin.blameless()


async def test_keys_choose_a_folder_and_go_to_others(mail: Mail, served: Served, browser: Browser) -> None:
    message_id = await mail.deliver(letter("Proofs"))
    lin = await person(browser, served.url)
    await lin.page.locator(f"#open-{message_id}").focus()
    await lin.page.keyboard.press("v")
    await expect(lin.page.locator("#filing[open]")).to_be_visible()
    await lin.page.keyboard.press("Escape")
    await expect(lin.page.locator("#filing[open]")).to_have_count(0)
    for key, place in (("s", "starred"), ("d", "drafts"), ("a", "archive"), ("i", "inbox")):
        await lin.page.keyboard.press("g")
        await lin.page.keyboard.press(key)
        await lin.page.wait_for_url(f"**/mail/{place}")
    # beside an open message every key has its button in the bar or in the menu
    await lin.page.locator(f"#open-{message_id}").click()
    await expect(lin.page.locator(f"#reading-pane[data-id='{message_id}']")).to_be_attached()
    await lin.page.keyboard.press("l")
    await expect(lin.page.locator("#filing[open] [name=new]")).to_be_focused()
    await lin.page.keyboard.press("Escape")
    await expect(lin.page.locator("#filing[open]")).to_have_count(0)
    await lin.page.keyboard.press("!")
    await expect(lin.page.locator("#message-list .row")).to_have_count(0)
    assert await folder_of(mail, message_id) == await mail.context.database.read(mailboxes.by_role, mail.lin, "junk")
    lin.blameless()


async def test_no_key_fires_while_typing_or_composing(mail: Mail, served: Served, browser: Browser) -> None:
    message_id = await mail.deliver(letter("Stays"))
    lin = await person(browser, served.url)
    await lin.page.locator(f"#open-{message_id}").focus()
    for trait in ("isComposing", "ctrlKey", "metaKey", "altKey"):
        await lin.page.evaluate(
            "trait => document.activeElement.dispatchEvent("
            "new KeyboardEvent('keydown', {key: 'e', bubbles: true, [trait]: true}))",
            trait,
        )
    await lin.page.keyboard.press("/")
    await expect(lin.page.locator("#search-input")).to_be_focused()
    await lin.page.keyboard.type("e#x!")
    await expect(lin.page.locator("#search-input")).to_have_value("e#x!")
    inbox = await mail.context.database.read(mailboxes.by_role, mail.lin, "inbox")
    assert await folder_of(mail, message_id) == inbox
    lin.blameless()


async def test_each_act_of_the_last_seconds_is_taken_back_by_z_newest_first(
    mail: Mail, served: Served, browser: Browser
) -> None:
    ids = [await mail.deliver(letter(f"Number {each}")) for each in range(3)]
    lin = await person(browser, served.url)
    page, top = lin.page, lin.page.locator(f"#message-{ids[2]}")
    toast = page.locator(".toast")
    await page.locator(f"#open-{ids[2]}").focus()
    await page.keyboard.press("s")
    await expect(top.locator(".mark-star")).to_be_visible()
    await expect(toast).to_contain_text("已加星标")
    await page.keyboard.press("u")
    await expect(toast).to_contain_text("已标为已读")
    await expect(top).to_have_class("row")
    await expect(page.locator(f"#open-{ids[2]}")).to_be_focused()  # a notice takes no focus
    await page.keyboard.press("e")
    await expect(toast).to_contain_text("已归档")
    await expect(page.locator("#message-list .row")).to_have_count(2)
    await page.keyboard.press("z")
    await expect(top).to_have_count(1)
    await page.keyboard.press("z")
    await expect(top).to_have_class("row unread")
    await page.keyboard.press("z")
    await expect(top.locator(".mark-star")).to_have_count(0)
    # beside the open letter, which stays as it is read; opening it is told nobody
    await page.locator(f"#open-{ids[2]}").click()
    await expect(top).to_have_class("row")
    await expect(page.locator("#subject")).to_have_text("Number 2")
    await expect(page.locator(".toast-action")).to_have_count(0)
    await page.evaluate("document.querySelector('.reading-scroll').dataset.same = ''")
    await page.locator("#seen-button").press("Enter")
    await expect(top).to_have_class("row unread")
    await expect(page.locator("#seen-button")).to_be_focused()
    await page.locator(".toast-action").press("Enter")
    await expect(top).to_have_class("row")
    await expect(page.locator("#seen-button")).to_be_focused()  # not lost with the notice
    await expect(page.locator(".reading-scroll[data-same]")).to_be_attached()
    # the next letter goes on with the focus of the one that was filed, and has it again after one that is not written
    await page.locator(".reading-scroll").focus()
    await page.keyboard.press("e")
    await expect(page.locator("#subject")).to_have_text("Number 1")
    await expect(page.locator(".reading-scroll")).to_be_focused()
    await page.keyboard.press("r")
    await expect(page.locator("#compose-text, #compose-rich").locator("visible=true")).to_be_focused()
    await page.locator("#compose-close").press("Enter")
    await expect(page.locator(".reading-scroll")).to_be_focused()
    lin.blameless()
