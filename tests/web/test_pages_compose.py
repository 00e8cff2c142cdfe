"""Writing in Chromium: drafts that keep themselves, chips, files, formatting, sending and taking it back."""

import asyncio
import re
from collections.abc import AsyncIterator
from typing import Any

import pytest
from playwright.async_api import Browser, FilePayload, Page, Route, expect

from mailapp.flow import preferences
from mailapp.mail.draft import Draft
from mailapp.mail.message import Person
from mailapp.store import correspondents, drafts, mailboxes, messages, queue
from mailapp.store.drafts import StoredDraft
from mailapp.store.messages import View
from tests.web.browsers import Person as Someone
from tests.web.browsers import chromium, person
from tests.web.conftest import LIN, Mail, Served, letter

PEOPLE = [Person("陈薇", "chenwei@foxmail.example"), Person("陈嘉禾", "chenjiahe@sanlian.example")]
RED = "rgb(217, 47, 35)"
PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c49444154789c63f8cfc0000003010100c9fe92ef"
    "0000000049454e44ae426082"
)


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as browser:
        yield browser


async def saved_drafts(mail: Mail) -> list[StoredDraft]:
    def read(db: Any) -> list[StoredDraft]:
        mailbox_id = mailboxes.by_role(db, mail.lin, "drafts")
        rows = messages.page(db, View(mail.lin, mailbox_id), None, 50)
        found = [drafts.by_message(db, mail.lin, each.id) for each in rows]
        return [each for each in found if each is not None]

    return await mail.context.database.read(read)


async def write(someone: Someone) -> Page:
    """Open an empty letter."""
    await someone.page.click("#sidebar [data-write]")
    await expect(someone.page.locator("#compose-to[role=combobox]")).to_be_focused()
    return someone.page


async def saved(page: Page) -> None:
    """Wait until what was typed is kept."""
    await expect(page.locator("#compose-saved")).to_have_text(re.compile(r"\d\d:\d\d"))


def file(name: str, size: int = 1) -> FilePayload:
    """Something to attach."""
    return {"name": name, "mimeType": "application/octet-stream", "buffer": b"x" * size}


async def sent(mail: Mail) -> list[Any]:
    return await mail.context.database.read(queue.items, mail.lin, None, 50, False)


async def test_a_letter_opens_over_the_list_keeps_itself_and_is_sent(
    mail: Mail, served: Served, browser: Browser
) -> None:
    lin = await person(browser, served.url)
    page = await write(lin)
    await page.keyboard.type("a@b.example, ")
    await expect(page.locator(".chip")).to_have_text("a@b.example")
    await page.fill("#compose-subject", "你好")
    await page.press("#compose-subject", "Enter")
    await expect(page.locator("#compose-text")).to_be_focused()
    await page.keyboard.type("第一行")
    await saved(page)
    (draft,) = await saved_drafts(mail)
    assert (draft.draft.to, draft.draft.subject, draft.draft.text) == ("a@b.example", "你好", "第一行")
    await expect(page.locator("#count-drafts")).to_have_text("1")
    await page.keyboard.press("Control+Enter")
    await expect(page.locator("#compose-form")).to_have_count(0)
    await expect(page.locator(".toast-left")).to_have_text(re.compile(r"\d+"))
    await expect(page.locator("#count-drafts")).to_have_text("")
    await page.click(".toast-action")
    await expect(page.locator("#compose-subject")).to_have_value("你好")
    await expect(page.locator("#compose-text")).to_have_value("第一行")
    await expect(page.locator(".toast")).to_have_count(0)
    await expect(page.locator("#count-drafts")).to_have_text("1")
    lin.blameless()


async def test_people_written_to_are_offered_and_chosen_by_keyboard(
    mail: Mail, served: Served, browser: Browser
) -> None:
    await mail.context.database.write(correspondents.wrote_to, mail.lin, PEOPLE, 1)
    lin = await person(browser, served.url)
    page = await write(lin)
    field = page.locator("#compose-to")
    await page.keyboard.type("chen")
    await expect(page.locator(".person")).to_have_count(2)
    await expect(field).to_have_attribute("aria-expanded", "true")
    chosen = await page.locator(".person").nth(1).get_attribute("data-text")
    await page.keyboard.press("ArrowDown")
    await expect(field).to_have_attribute("aria-activedescendant", "person-2")
    await page.keyboard.press("Enter")
    await expect(page.locator("input[name=to]")).to_have_value(str(chosen))
    await expect(page.locator("#people-list")).to_be_hidden()
    await page.keyboard.type("chen")
    await expect(page.locator(".person")).to_have_count(1)  # who is there already is not offered again
    await page.keyboard.press("Escape")
    await expect(page.locator("#people-list")).to_be_hidden()
    await expect(page.locator("#compose-form")).to_be_visible()
    await page.keyboard.press("Tab")
    await expect(page.locator(".chip.wrong")).to_have_text("chen")
    await page.click(".chip.wrong")
    await expect(field).to_have_value("chen")
    lin.blameless()


@pytest.mark.parametrize("separator", [",", ";", "，", "；", "、"])
async def test_addresses_part_at_every_separator(mail: Mail, served: Served, browser: Browser, separator: str) -> None:
    lin = await person(browser, served.url)
    page = await write(lin)
    await page.keyboard.insert_text(f'"Doe, John" <jd@a.example>{separator}b@b.example{separator}')
    await expect(page.locator(".chip")).to_have_text(["Doe, John", "b@b.example"])
    await expect(page.locator("input[name=to]")).to_have_value('"Doe, John" <jd@a.example>, b@b.example')


async def test_nothing_is_taken_or_sent_while_an_input_method_composes(
    mail: Mail, served: Served, browser: Browser
) -> None:
    await mail.context.database.write(correspondents.wrote_to, mail.lin, PEOPLE, 1)
    lin = await person(browser, served.url)
    page = await write(lin)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    await page.evaluate("""() => {
        const field = document.getElementById("compose-to");
        field.value = "chen,";
        field.dispatchEvent(new InputEvent("input", { bubbles: true, isComposing: true }));
        for (const options of [{ isComposing: true, ctrlKey: true }, { isComposing: true }, { keyCode: 229 }]) {
            field.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true, ...options }));
        }
    }""")
    await expect(page.locator(".chip")).to_have_count(0)
    assert not [each for each in asked if "/people" in each or "/submissions" in each]
    await page.evaluate("document.getElementById('compose-to').value = ''")


async def test_leaving_keeps_what_was_just_typed(mail: Mail, served: Served, browser: Browser) -> None:
    lin = await person(browser, served.url)
    page = await write(lin)
    await page.fill("#compose-text", "typed a moment ago")
    await page.goto("/settings")
    await page.goto("/mail/drafts")
    await page.click("#message-list .row-link")
    await expect(page.locator("#compose-text")).to_have_value("typed a moment ago")
    assert len(await saved_drafts(mail)) == 1


async def test_closing_keeps_the_letter_and_an_empty_one_leaves_nothing(
    mail: Mail, served: Served, browser: Browser
) -> None:
    lin = await person(browser, served.url)
    page = await write(lin)
    await page.keyboard.press("Escape")
    await expect(page.locator("#compose-form")).to_have_count(0)
    await expect(page.locator("#sidebar [data-write]")).to_be_focused()
    await write(lin)
    await page.fill("#compose-text", "one")
    await page.click("#compose-close")
    await expect(page.locator("#count-drafts")).to_have_text("1")
    assert [each.draft.text for each in await saved_drafts(mail)] == ["one"]
    lin.blameless()


async def test_closing_while_a_save_is_under_way_keeps_what_was_typed_since(
    mail: Mail, served: Served, browser: Browser
) -> None:
    lin = await person(browser, served.url)
    page = await write(lin)
    under_way, typed_on = asyncio.Event(), asyncio.Event()

    async def slow(route: Route) -> None:
        if not under_way.is_set():
            under_way.set()
            await typed_on.wait()
        await route.continue_()

    await page.route("**/drafts", slow)
    await page.fill("#compose-text", "first")
    await asyncio.wait_for(under_way.wait(), 15)
    await page.fill("#compose-text", "first and second")
    async with page.expect_response("**/drafts"):
        await page.keyboard.press("Escape")
    async with page.expect_response("**/drafts"):
        typed_on.set()
    await expect(page.locator("#compose-form")).to_have_count(0)
    assert [each.draft.text for each in await saved_drafts(mail)] == ["first and second"]
    lin.blameless()


async def test_discarding_can_be_undone(mail: Mail, served: Served, browser: Browser) -> None:
    lin = await person(browser, served.url)
    page = await write(lin)
    await page.fill("#compose-text", "one")
    await saved(page)
    await page.click(".compose-foot > [data-discard]")
    await expect(page.locator("#compose-form")).to_have_count(0)
    await page.click(".toast-action")
    await expect(page.locator("#compose-text")).to_have_value("one")
    assert len(await saved_drafts(mail)) == 1
    await page.click(".compose-foot > [data-discard]")
    await page.goto("/settings")
    await page.goto("/mail/inbox")
    await expect(page.locator("#count-drafts")).to_have_text("")


async def test_two_devices_lose_nothing(mail: Mail, served: Served, browser: Browser) -> None:
    made = await mail.context.drafting.save(mail.lin, "k", Draft(from_=LIN, to="a@b.example", text="both"), None)
    first, second = await person(browser, served.url), await person(browser, served.url)
    for each in (first, second):
        await each.page.goto(f"/compose?draft={made.draft_id}")
        await expect(each.page.locator("#compose-text")).to_have_value("both")
    await first.page.fill("#compose-text", "first")
    await first.page.keyboard.press("Escape")
    await expect(first.page.locator("#compose-form")).to_have_count(0)
    await second.page.fill("#compose-text", "second")
    notice = second.page.locator("#compose-conflict")
    await expect(notice).to_be_visible()
    await expect(notice.locator("a")).to_have_attribute("href", f"/compose?draft={made.draft_id}")
    assert {each.draft.text for each in await saved_drafts(mail)} == {"first", "second"}


async def test_files_show_their_size_and_too_large_ones_are_refused_before_the_upload(
    mail: Mail, served: Served, browser: Browser
) -> None:
    lin = await person(browser, served.url)
    page = await write(lin)
    await page.set_input_files("#compose-attach", files=[file("批注.pdf", 400_000)])
    await expect(page.locator(".compose-file[data-id] .attachment-size")).to_have_text("400 KB")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    await page.evaluate("""() => {
        const files = new DataTransfer();
        files.items.add(new File([new Uint8Array(30e6)], "film.mov"));
        const drop = new DragEvent("drop", { bubbles: true, cancelable: true, dataTransfer: files });
        document.getElementById("compose-text").dispatchEvent(drop);
    }""")
    await expect(page.locator("#compose-refused")).to_contain_text("film.mov")
    await expect(page.locator("#compose-refused")).to_contain_text("41.6 MB")
    assert not [each for each in asked if "attachments" in each]
    await page.click(".compose-file [data-detach]")
    await expect(page.locator(".compose-file")).to_have_count(0)
    (draft,) = await saved_drafts(mail)
    assert draft.attachments == ()
    lin.blameless()


async def test_send_waits_for_an_upload_and_a_promised_file_is_asked_for(
    mail: Mail, served: Served, browser: Browser
) -> None:
    lin = await person(browser, served.url)
    page = await write(lin)
    await page.keyboard.type("a@b.example ")
    await page.fill("#compose-text", "见附件")
    await page.click("#compose-send")
    await expect(page.locator("#compose-mentions [data-choose]")).to_be_focused()
    held: list[Route] = []

    async def hold(route: Route) -> None:
        held.append(route)

    await page.route("**/draft-attachments?*", hold)
    async with page.expect_request("**/draft-attachments?*"):
        await page.set_input_files("#compose-attach", files=[file("a.txt")])
    await page.click("#compose-send")
    await expect(page.locator("#compose-form")).to_be_visible()
    assert await sent(mail) == []
    await held[0].continue_()
    await expect(page.locator(".toast-action")).to_be_visible()
    (item,) = await sent(mail)
    row = await mail.row(item.message_id)
    assert row is not None
    assert row.attachment_count == 1


async def test_formatted_text_with_a_picture_is_sent_as_html_and_text(
    mail: Mail, served: Served, browser: Browser
) -> None:
    lin = await person(browser, served.url)
    page = await write(lin)
    await page.keyboard.type("a@b.example ")
    await page.click("#rich-switch")
    await expect(page.locator("#compose-rich")).to_be_focused()
    await page.keyboard.type("plain ")
    await page.keyboard.press("Control+b")
    await page.keyboard.type("bold")
    await page.keyboard.press("Control+b")
    await page.evaluate(
        """bytes => {
        const data = new DataTransfer();
        data.items.add(new File([new Uint8Array(bytes)], "dot.png", { type: "image/png" }));
        const paste = new ClipboardEvent("paste", { bubbles: true, cancelable: true, clipboardData: data });
        document.getElementById("compose-rich").dispatchEvent(paste);
    }""",
        list(PIXEL),
    )
    await expect(page.locator("#compose-rich img[data-cid]")).to_have_count(1)
    await expect(page.locator("#compose-rich b")).to_have_text("bold")
    await page.click("#compose-send")
    await expect(page.locator(".toast-action")).to_be_visible()
    (item,) = await sent(mail)
    await page.goto(f"/messages/{item.message_id}?view=/mail/sent")
    frame = page.frame_locator("iframe.letter-frame")
    await expect(frame.locator("b")).to_have_text("bold")
    assert await frame.locator("img").evaluate("image => image.decode().then(() => image.naturalWidth)") == 1
    lin.blameless()


async def test_pasted_html_brings_looks_but_no_scripts_and_asks_nobody(
    mail: Mail, served: Served, browser: Browser
) -> None:
    lin = await person(browser, served.url)
    page = await write(lin)
    await page.click("#rich-switch")
    await expect(page.locator("#compose-rich")).to_be_focused()
    await page.evaluate("""() => {
        const data = new DataTransfer();
        data.setData("text/html", `<p style="color:rgb(1, 2, 3)" class="x" onclick="document.title='owned'">red</p>
            <img src="https://t.example/pixel.gif" onerror="document.title='owned'">
            <script>document.title='owned'</script>
            <a href="javascript:document.title='owned'">press</a>
            <a href="https://t.example/" data-discard data-hx-get="/queue" data-hx-trigger="load">more</a><iframe src="https://t.example/"></iframe>`);
        data.setData("text/plain", "red");
        const paste = new ClipboardEvent("paste", { bubbles: true, cancelable: true, clipboardData: data });
        document.getElementById("compose-rich").dispatchEvent(paste);
    }""")
    pasted = page.locator("#compose-rich p")
    await expect(pasted).to_have_css("color", "rgb(1, 2, 3)")
    assert "owned" not in await page.title()
    await expect(page.locator("#compose-rich").get_by_text("more")).to_have_count(1)
    await expect(page.locator("#compose-rich :is([data-discard], [data-hx-get])")).to_have_count(0)
    await saved(page)
    (draft,) = await saved_drafts(mail)
    assert "color" in draft.draft.html
    for word in ("onclick", "script", "iframe", "class="):
        assert word not in draft.draft.html
    await page.keyboard.press("Control+z")
    await page.keyboard.press("Control+Shift+z")
    await expect(pasted).to_have_css("color", "rgb(1, 2, 3)")
    lin.blameless()


async def test_formatting_and_back_keeps_the_words_and_the_quotation(
    mail: Mail, served: Served, browser: Browser
) -> None:
    lin = await person(browser, served.url)
    page = await write(lin)
    text = "one\n\n> two\n> > three\n\nfour <b>"
    await page.fill("#compose-text", text)
    await page.click("#rich-switch")
    await expect(page.locator("#compose-rich blockquote blockquote")).to_have_text("three")
    await page.click("#rich-switch")
    assert (await page.input_value("#compose-text")).replace("> >", ">>") == text.replace("> >", ">>")


async def test_an_answer_to_html_is_formatted_and_its_signature_follows_the_address(
    mail: Mail, served: Served, browser: Browser
) -> None:
    await preferences.set_writing(mail.context.database, mail.lin, 10, {LIN: "Lin"})
    message_id = await mail.deliver(letter("Offer", html="<p>Dear <i>Lin</i></p>"), to="shop@yuanye.example")
    lin = await person(browser, served.url)
    page = lin.page
    await page.click(f"#open-{message_id}")
    await page.click("#reply-link")
    await expect(page.locator("#compose-rich blockquote i")).to_have_text("Lin")
    await expect(page.locator("#compose-from")).to_have_value("shop@yuanye.example")
    await expect(page.locator("#subject")).to_be_visible()
    await page.click("#rich-switch")
    await page.select_option("#compose-from", LIN)
    assert "-- \nLin\n" in await page.input_value("#compose-text")
    lin.blameless()


async def test_keys_write_answer_and_forward(mail: Mail, served: Served, browser: Browser) -> None:
    message_id = await mail.deliver(letter("Offer"))
    lin = await person(browser, served.url)
    page = lin.page
    await page.click(f"#open-{message_id}")
    await expect(page.locator("#subject")).to_be_visible()
    for key, subject in (("c", ""), ("r", "Re: Offer"), ("a", "Re: Offer"), ("f", "Fwd: Offer")):
        await page.locator("#subject").focus()
        await page.keyboard.press(key)
        await expect(page.locator("#compose-subject")).to_have_value(subject)
        await page.keyboard.press("Escape")
        await expect(page.locator("#compose-form")).to_have_count(0)
    assert await saved_drafts(mail) == []


async def test_writing_works_without_scripts(mail: Mail, served: Served, browser: Browser) -> None:
    lin = await person(browser, served.url)
    context = await browser.new_context(
        base_url=served.url, java_script_enabled=False, storage_state=await lin.context.storage_state()
    )
    page = await context.new_page()
    await page.goto("/mail/inbox")
    await page.click("#sidebar [data-write]")
    await page.fill("#compose-to", "a@b.example")
    await page.fill("#compose-cc", "c@d.example")
    await page.fill("#compose-subject", "plain")
    await page.fill("#compose-text", "one\ntwo")
    await page.set_input_files("#compose-attach", files=[file("a.txt")])
    await page.click(".plain-only [formaction='/drafts']")
    await expect(page.locator(".compose-file")).to_have_count(1)
    await page.click("#compose-send")
    await page.click("form[action='/recalls'] button")
    await expect(page.locator("#compose-text")).to_have_value("one\ntwo")
    await expect(page.locator(".compose-file")).to_have_count(1)
    await page.press("#compose-subject", "Enter")  # keeps the draft, and neither sends nor drops a file
    await expect(page.locator(".compose-file")).to_have_count(1)
    assert len(await saved_drafts(mail)) == 1
    await page.click("#compose-send")
    await expect(page.locator("form[action='/recalls']")).to_be_visible()
    assert [each.state for each in await sent(mail)].count("waiting") == 1


async def test_text_gets_a_colour_that_arrives_survives_the_draft_and_can_be_taken_away(
    mail: Mail, served: Served, browser: Browser
) -> None:
    lin = await person(browser, served.url, language="en")
    page = await write(lin)
    await page.keyboard.type("a@b.example ")
    await page.click("#rich-switch")
    await expect(page.locator("#compose-rich")).to_be_focused()
    await page.keyboard.type("mind the ")
    await page.click("[data-tool=colour]")
    await expect(page.locator("#colour-form .swatch")).to_have_count(8)
    await page.click("#colour-form [aria-label=Red]")
    await expect(page.locator("#compose-rich")).to_be_focused()
    await page.keyboard.type("date")
    await expect(page.locator("#compose-rich span")).to_have_css("color", RED)
    await page.keyboard.press("Control+z")
    await page.keyboard.press("Control+Shift+z")
    await expect(page.locator("#compose-rich span")).to_have_css("color", RED)
    await saved(page)
    (draft,) = await saved_drafts(mail)
    await page.goto(f"/compose?draft={draft.id}")
    red = page.locator("#compose-rich span", has_text="date")
    await expect(red).to_have_css("color", RED)
    await red.dblclick()
    await page.click("[data-tool=colour]")
    await page.click("#colour-form [data-colour='']")
    await expect(page.locator("#compose-rich span")).to_have_count(0)
    await page.click("[data-tool=colour]")
    await page.click("#colour-form [aria-label=Blue]")
    await page.click("#compose-send")
    await expect(page.locator(".toast-action")).to_be_visible()
    (item,) = await sent(mail)
    await page.goto(f"/messages/{item.message_id}?view=/mail/sent")
    coloured = page.frame_locator("iframe.letter-frame").locator("span", has_text="date")
    await expect(coloured).to_have_css("color", "rgb(31, 112, 218)")
    lin.blameless()


async def test_formatting_is_loaded_only_when_somebody_wants_it(mail: Mail, served: Served, browser: Browser) -> None:
    lin = await person(browser, served.url)
    asked: list[str] = []
    lin.page.on("request", lambda request: asked.append(request.url))
    page = await write(lin)
    assert not [each for each in asked if "squire" in each]
    await page.click("#rich-switch")
    await expect(page.locator("#compose-rich")).to_be_focused()
    assert len([each for each in asked if "squire" in each or "dompurify" in each]) == 2


async def test_a_press_before_the_last_script_arrived_still_opens_a_letter_that_works(
    mail: Mail, served: Served, browser: Browser
) -> None:
    lin = await person(browser, served.url)
    pressed = asyncio.Event()

    async def late(route: Route) -> None:
        await pressed.wait()
        await route.continue_()

    await lin.page.route("**/static/js/write.js*", late)
    await lin.page.goto("/mail/inbox", wait_until="commit")
    await lin.connected()
    await lin.page.evaluate("htmx.ajax('GET', '/compose', {target: '#compose-pane', swap: 'outerHTML', push: 'false'})")
    await expect(lin.page.locator("#compose-form")).to_be_attached()
    pressed.set()
    await expect(lin.page.locator("#compose-to[role=combobox]")).to_be_visible()
    lin.blameless()
