"""Conversations on screen, in Chromium: they grow while they are read, on every size; without scripts; accessible."""

import re
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, expect

from mailapp.store import mailboxes
from tests.web.browsers import Person, chromium, person
from tests.web.conftest import Mail, Served, letter
from tests.web.faults import LOOKS, faultless_everywhere
from tests.web.talks import SUBJECT, message, reply, talk

SIZES = ((1440, 900), (820, 1180), (390, 844))


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as browser:
        yield browser


async def _read(mail: Mail, ids: list[int]) -> None:
    await mail.context.filing.set_seen(mail.lin, ids, True)


async def _open(lin: Person) -> list[str]:
    """Ids of the messages that stand open."""
    found: list[str] = await lin.page.locator(".item.opened").evaluate_all("all => all.map(one => one.dataset.id)")
    return found


@pytest.mark.parametrize("size", SIZES)
async def test_an_answer_appears_in_the_open_conversation_and_nothing_moves(
    mail: Mail, served: Served, browser: Browser, size: tuple[int, int]
) -> None:
    ids = await talk(mail)
    await _read(mail, ids)
    lin = await person(browser, served.url)
    await lin.page.set_viewport_size({"width": size[0], "height": size[1]})
    await lin.page.click(f"#open-{ids[3]}")
    await expect(lin.page.locator("#subject")).to_have_text(SUBJECT)
    await expect(lin.page.locator(".item")).to_have_count(4)
    assert await _open(lin) == [str(ids[3])]
    top = f"document.querySelector('#item-{ids[3]}').getBoundingClientRect().top"
    before = await lin.page.evaluate(top)
    new = await mail.deliver(message("five", "four", text="The newest of all."))
    await expect(lin.page.locator(f"#item-{new} .letter")).to_contain_text("The newest of all.")
    assert await lin.page.evaluate(top) == before
    assert await lin.page.locator(".item").evaluate_all("all => all.map(one => Number(one.dataset.id))") == [*ids, new]
    await expect(lin.page.locator("#reply-link")).to_have_attribute("href", re.compile(f"reply={new}"))
    await expect(lin.page.locator("#message-list .row")).to_have_count(1)
    await expect(lin.page.locator(f"#message-{new} .thread-count")).to_contain_text("5")
    await expect(lin.page.locator(f"#open-{new}")).to_have_attribute("aria-current", "true")
    # it lies in sight, so a moment later it is read
    await expect(lin.page.locator(f"#message-{new}")).to_have_class("row", timeout=6_000)
    await expect(lin.page.locator("#count-inbox")).to_have_text("")
    lin.blameless()


async def test_own_reply_and_other_windows_follow(mail: Mail, served: Served, browser: Browser) -> None:
    ids = await talk(mail)
    lin, lin_too = await person(browser, served.url), await person(browser, served.url)
    for each in (lin, lin_too):
        await each.page.click(f"#open-{ids[3]}")
        await expect(each.page.locator(".item")).to_have_count(4)
    own = await reply(mail, "four", text="Sent from elsewhere.")
    for each in (lin, lin_too):
        await expect(each.page.locator(f"#item-{own}")).to_contain_text("Sent from elsewhere.")
        await expect(each.page.locator(f"#message-{ids[3]} .thread-count")).to_contain_text("5")
        assert await each.page.locator("#message-list .row").count() == 1
        each.blameless()


async def test_rows_move_up_fall_back_and_keep_focus_and_place(mail: Mail, served: Served, browser: Browser) -> None:
    ids = await talk(mail)
    await _read(mail, ids)
    other = await mail.deliver(letter("Another"))
    lin = await person(browser, served.url)
    await lin.page.focus(f"#open-{ids[3]}")
    new = await mail.deliver(message("five", "four"))
    await expect(lin.page.locator(f"#message-{new}")).to_be_visible()
    shown = lin.page.locator("#message-list .row")
    order = "all => all.map(one => Number(one.dataset.id))"
    assert await shown.evaluate_all(order) == [new, other]
    assert await lin.page.evaluate("document.activeElement.id") == f"open-{new}"
    archive = await mail.context.database.read(mailboxes.by_role, mail.lin, "archive")
    await mail.context.filing.move(mail.lin, [new], archive)
    await expect(lin.page.locator(f"#message-{ids[3]}")).to_be_visible()
    assert await shown.evaluate_all(order) == [other, ids[3]]
    lin.blameless()


async def test_a_folded_message_is_opened_in_place_and_keeps_the_focus(
    mail: Mail, served: Served, browser: Browser
) -> None:
    ids = await talk(mail)
    await _read(mail, ids)
    lin = await person(browser, served.url)
    await lin.page.click(f"#open-{ids[3]}")
    await lin.page.click(f"#item-{ids[0]} .folded-line")
    await expect(lin.page.locator(f"#item-{ids[0]} .letter")).to_contain_text("This is one.")
    assert await _open(lin) == [str(ids[0]), str(ids[3])]
    assert await lin.page.evaluate("document.activeElement.id") == f"item-{ids[0]}"
    await expect(lin.page).to_have_url(f"{served.url}/messages/{ids[3]}")
    await expect(lin.page.locator(f"#item-{ids[0]} .item-acts a").first).to_be_visible()
    await expect(lin.page.locator(f"#item-{ids[3]} .item-acts")).to_be_hidden()
    await lin.page.click(f"#item-{ids[0]} .item-acts summary")
    for way in ("print", "original", "source?download=1"):
        await expect(lin.page.locator(f"#item-{ids[0]} .menu-item[href='/messages/{ids[0]}/{way}']")).to_be_visible()
    await lin.page.keyboard.press("Escape")
    await expect(lin.page.locator(f"#item-{ids[0]} .menu-list")).to_be_hidden()
    await lin.page.click(f"#item-{ids[0]} .item-acts a >> nth=0")
    await expect(lin.page.locator("#compose-pane")).to_contain_text("This is one.")
    lin.blameless()


async def test_deleting_a_conversation_and_taking_it_back(mail: Mail, served: Served, browser: Browser) -> None:
    ids = await talk(mail)
    other = await mail.deliver(letter("Another"))
    lin, lin_too = await person(browser, served.url), await person(browser, served.url)
    await lin.page.click(f"#open-{ids[3]}")
    await expect(lin.page.locator(".item")).to_have_count(4)
    await lin.page.click("#delete-button")
    for each in (lin, lin_too):
        await expect(each.page.locator(f"#message-{ids[3]}")).to_have_count(0)
        await expect(each.page.locator("#message-list .row")).to_have_count(1)
    await expect(lin.page.locator("#subject")).to_have_text("Another")
    await lin.page.click(".toast-action")
    for each in (lin, lin_too):
        await expect(each.page.locator(f"#message-{ids[3]} .thread-count")).to_contain_text("4")
        await expect(each.page.locator("#message-list .row")).to_have_count(2)
        await expect(each.page.locator(f"#message-{other}")).to_have_count(1)
        each.blameless()


async def test_it_begins_at_what_is_new(mail: Mail, served: Served, browser: Browser) -> None:
    ids = [await mail.deliver(message("0"))]
    ids += [await mail.deliver(message(str(n), "0")) for n in range(1, 30)]
    await _read(mail, ids)
    new = await mail.deliver(message("new", "0"))
    lin = await person(browser, served.url)
    await lin.page.click(f"#open-{new}")
    await expect(lin.page.locator(f"#item-{new} .message-head")).to_be_in_viewport()
    await expect(lin.page.locator(f"#item-{ids[0]}")).not_to_be_in_viewport()
    lin.blameless()


async def test_switched_off_in_one_window_every_list_shows_messages(
    mail: Mail, served: Served, browser: Browser
) -> None:
    ids = await talk(mail)
    lin, lin_too = await person(browser, served.url), await person(browser, served.url)
    await lin.page.goto("/settings")
    await lin.page.check("[name=conversations][value='0']", force=True)
    await lin.page.click("form:has([name=conversations]) .primary")
    await expect(lin.page.locator(".saved")).to_be_visible()
    await expect(lin_too.page.locator("#message-list .row")).to_have_count(3)
    await lin_too.page.click(f"#open-{ids[0]}")
    await expect(lin_too.page.locator("#subject")).to_have_text(SUBJECT)
    await expect(lin_too.page.locator(".item")).to_have_count(0)
    lin_too.blameless()


async def test_without_scripts_lines_lead_to_pages(mail: Mail, served: Served, browser: Browser) -> None:
    ids = await talk(mail)
    await _read(mail, ids)
    lin = await person(browser, served.url)
    context = await browser.new_context(
        base_url=served.url, java_script_enabled=False, storage_state=await lin.context.storage_state()
    )
    page = await context.new_page()
    await page.goto("/mail/inbox")
    await page.click(f"#open-{ids[3]}")
    await page.click(f"#item-{ids[1]} .folded-line")
    await expect(page).to_have_url(f"{served.url}/messages/{ids[1]}#item-{ids[1]}")
    await expect(page.locator(f"#item-{ids[1]} .letter")).to_contain_text("My own answer.")
    await expect(page.locator(f"#open-{ids[3]}")).to_have_attribute("aria-current", "true")
    await page.click("#delete-button")
    await expect(page).to_have_url(re.compile(r"/mail/inbox[?]undo=\d+$"))
    await expect(page.locator("#message-list .row")).to_have_count(0)


@pytest.mark.parametrize(("size", "language", "scheme"), LOOKS)
async def test_rows_and_pane_are_accessible_and_fit(
    mail: Mail, served: Served, browser: Browser, size: tuple[int, int], language: str, scheme: str
) -> None:
    long = "Donaudampfschifffahrtsgesellschaftskapitänsmütze 与一个很长很长的中文主题" * 2
    ids = [await mail.deliver(message("one", subject=long, sender=f"{long} <a@x.example>"))]
    ids.append(await mail.deliver(message("two", "one", subject=long, html="<p>Dear <b>Lin</b></p>", text=long)))
    await _read(mail, ids)
    ids.append(await mail.deliver(message("three", "two", subject=long)))
    lin = await person(browser, served.url, language=language)
    await lin.page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    await lin.page.set_viewport_size({"width": size[0], "height": size[1]})
    for path in ("/mail/inbox", f"/messages/{ids[1]}", f"/messages/{ids[2]}?view=/mail/starred"):
        await lin.page.goto(path)
        await faultless_everywhere(lin.page, path)
    lin.blameless()
