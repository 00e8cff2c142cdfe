"""Reading in Chromium: pictures and PDFs painted, quotations opened, colours in the dark, paper, nothing that jumps."""

import zlib
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, Page, expect

from tests.chromium import WHOLE, launched
from tests.web.browsers import Person, chromium, onlooker, person
from tests.web.conftest import Mail, Served, letter
from tests.web.faults import Look, faultless, faultless_everywhere
from tests.web.papers import QUOTING, TRACKED, with_every_field, with_files, with_invitation

SIGHTS: tuple[Look, ...] = (((390, 844), "en", "dark"), ((1440, 900), "zh-CN", "light"))
LOOKS = 100
"""Times the paint of another process is looked at, 100 ms apart: it announces itself to nobody."""


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as browser:
        yield browser


async def colour_at(page: Page, x: float, y: float) -> tuple[int, int, int]:
    """The colour painted at a point of the page."""
    shot = await page.screenshot(clip={"x": x, "y": y, "width": 1, "height": 1})
    pixels = b""
    at = 8
    while at < len(shot):
        length, kind = int.from_bytes(shot[at : at + 4], "big"), shot[at + 4 : at + 8]
        pixels += shot[at + 8 : at + 8 + length] if kind == b"IDAT" else b""
        at += length + 12
    row = zlib.decompress(pixels)
    return row[1], row[2], row[3]


async def middle_of(page: Page, selector: str) -> tuple[int, int, int]:
    box = await page.locator(selector).bounding_box()
    assert box is not None
    return await colour_at(page, box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)


async def dark(browser: Browser, served: Served) -> Person:
    lin = await person(browser, served.url)
    await lin.page.emulate_media(color_scheme="dark")
    return lin


async def test_a_picture_of_the_letter_is_painted_where_it_stands(mail: Mail, served: Served, browser: Browser) -> None:
    message_id = await mail.deliver(with_files())
    lin = await person(browser, served.url)
    await lin.page.click(f"#open-{message_id}")
    image = lin.page.frame_locator("iframe.letter-frame").locator("img")
    await expect(image).to_have_js_property("complete", True)
    assert await image.evaluate("image => [image.naturalWidth, image.naturalHeight]") == [60, 40]
    box = await image.bounding_box()
    assert box is not None
    assert await colour_at(lin.page, box["x"] + 30, box["y"] + 20) == (0, 128, 0)
    lin.blameless()


async def test_a_press_shows_pictures_one_after_another(mail: Mail, served: Served, browser: Browser) -> None:
    message_id = await mail.deliver(with_files())
    lin = await person(browser, served.url)
    await lin.page.click(f"#open-{message_id}")
    await lin.page.locator("a[data-look=image]").first.click()
    viewer = lin.page.locator("#viewer")
    await expect(viewer.locator("img")).to_have_js_property("naturalWidth", 640)
    await expect(viewer.locator("h2")).to_have_text("封面.png")
    await expect(viewer.locator(".viewer-place")).to_have_text("2 / 3")
    assert await middle_of(lin.page, "#viewer img") == (15, 111, 92)
    await lin.page.keyboard.press("ArrowRight")
    await expect(viewer.locator("img")).to_have_js_property("naturalWidth", 300)
    await viewer.locator("[data-step='1']").click()
    await expect(viewer.locator("iframe")).to_be_attached()
    async with lin.page.expect_download() as saving:
        await viewer.locator(".viewer-save").click()
    assert (await saving.value).suggested_filename == "校样.pdf"
    await lin.page.keyboard.press("Escape")
    await expect(viewer).to_be_hidden()
    await expect(viewer.locator("iframe")).to_have_count(0)
    await expect(lin.page.locator("#subject")).to_be_visible()
    await lin.page.locator("a[data-look=image]").last.click()
    await expect(viewer.locator("img")).to_have_js_property("naturalWidth", 300)
    assert lin.complaints == []


@pytest.fixture
async def whole_browser() -> AsyncIterator[Browser]:
    """The one without windows knows no PDF."""
    async with launched(WHOLE) as browser:
        yield browser


async def test_a_pdf_is_painted_over_the_page(mail: Mail, served: Served, whole_browser: Browser) -> None:
    message_id = await mail.deliver(with_files())
    lin = await person(whole_browser, served.url)
    await lin.page.goto(f"/messages/{message_id}")
    await lin.page.click("a[data-look=pdf]")
    frame = lin.page.locator("#viewer iframe")
    await expect(frame).to_be_visible()
    assert await frame.get_attribute("sandbox") is None, "Chromium shows no PDF under the attribute"
    box = await frame.bounding_box()
    assert box is not None
    for _ in range(LOOKS):
        # the page of the PDF stands right of its list of pages
        if await colour_at(lin.page, box["x"] + box["width"] * 0.65, box["y"] + box["height"] * 0.3) == (255, 0, 0):
            break
        await lin.page.wait_for_timeout(100)
    else:
        pytest.fail("the PDF was not painted")


async def test_quotations_open_in_the_frame_without_scripts(mail: Mail, served: Served, browser: Browser) -> None:
    message_id = await mail.deliver(letter("Re: proof", "x", html=QUOTING))
    lin = await person(browser, served.url)
    await lin.page.click(f"#open-{message_id}")
    element = lin.page.locator("iframe.letter-frame")
    frame = lin.page.frame_locator("iframe.letter-frame")
    await expect(frame.locator("blockquote")).to_be_hidden()
    await expect(element).to_have_class("letter-frame sized settled")
    before = await element.evaluate("frame => frame.clientHeight")
    await frame.locator("summary").click()
    await expect(frame.locator("blockquote")).to_be_visible()
    await lin.page.wait_for_function(
        "old => document.querySelector('.letter-frame').clientHeight > old + 20", arg=before
    )
    await frame.locator("summary").press("Enter")
    await expect(frame.locator("blockquote")).to_be_hidden()
    await expect(lin.page.locator("#subject")).to_have_text("Re: proof")
    lin.blameless()


async def test_own_colours_stand_on_a_sheet_until_they_are_adapted(
    mail: Mail, served: Served, browser: Browser
) -> None:
    message_id = await mail.deliver(letter("News", "x", html=TRACKED))
    other = await mail.deliver(letter("More news", "x", html=TRACKED))
    lin = await dark(browser, served)
    await lin.page.click(f"#open-{message_id}")
    frame = lin.page.frame_locator("iframe.letter-frame")
    body = frame.locator("body")
    await expect(body).to_contain_text("News")
    assert await body.evaluate("body => getComputedStyle(body).filter") == "brightness(0.92)"
    box = await body.bounding_box()
    assert box is not None
    sheet = await colour_at(lin.page, box["x"] + 30, box["y"] + 4)
    assert min(sheet) > 220
    await lin.page.click(".more-menu summary")
    await lin.page.click(".only-dark button")
    await expect(frame.locator("html[data-adapted]")).to_be_attached()
    await expect(lin.page.locator("iframe.letter-frame.settled")).to_be_visible()
    assert max(await colour_at(lin.page, box["x"] + 30, box["y"] + 4)) < 60
    # remembered by the account, for the sender: in another browser too
    again = await dark(browser, served)
    await again.page.click(f"#open-{other}")
    await expect(again.page.frame_locator("iframe.letter-frame").locator("html[data-adapted]")).to_be_attached()
    await again.page.emulate_media(color_scheme="light")
    await again.page.click(".more-menu summary")
    await expect(again.page.locator(".only-dark")).to_be_hidden()
    lin.blameless()


async def test_a_style_sheet_dresses_the_letter_alone_and_its_own_dark_is_what_adapts_it(
    mail: Mail, served: Served, browser: Browser
) -> None:
    css = (
        "body{background:#eef3f8} .hide{display:none} .btn{background:#0b5;color:#fff} summary{display:none}"
        "@media (max-width:500px){.wide{display:none}} @media (min-width:501px){.narrow{display:none}}"
        "@media (prefers-color-scheme:dark){body{background:#101820} p{color:#eee!important}}"
    )
    html = (
        f"<style>{css}</style><body><p class=hide>Preheader</p><p>Hello</p><a class=btn href=https://x.example/>Open</a>"
        "<p class=wide>for wide</p><p class=narrow>for narrow</p>"
    )
    message_id = await mail.deliver(letter("News", "x", html=html))
    lin = await dark(browser, served)
    await lin.page.click(f"#open-{message_id}")
    frame = lin.page.frame_locator("iframe.letter-frame")
    await expect(frame.locator("text=Hello")).to_be_visible()
    await expect(frame.locator("text=Preheader")).to_be_hidden()
    await expect(frame.locator("text=for narrow")).to_be_hidden()
    paint = "one => [getComputedStyle(one).backgroundColor, getComputedStyle(one).color]"
    assert await frame.locator(".m-btn").evaluate(paint) == ["rgb(0, 187, 85)", "rgb(255, 255, 255)"]
    assert (await frame.locator("main").evaluate(paint))[0] == "rgb(238, 243, 248)"
    await lin.page.set_viewport_size({"width": 390, "height": 844})
    await expect(frame.locator("text=for narrow")).to_be_visible()
    await expect(frame.locator("text=for wide")).to_be_hidden()
    await lin.page.click(".more-menu summary")
    await lin.page.click(".only-dark button")
    await expect(frame.locator("main")).to_have_css("background-color", "rgb(16, 24, 32)")
    await expect(frame.locator("text=Hello")).to_have_css("color", "rgb(238, 238, 238)")
    assert await frame.locator("body").evaluate("body => getComputedStyle(body).filter") == "none"
    lin.blameless()


async def test_tables_made_for_wide_screens_are_read_on_a_phone(mail: Mail, served: Served, browser: Browser) -> None:
    cells = "<td width=400 style='width:400px'>Words that may break wherever there is a blank</td>" * 2
    html = f"<table width=800 style='min-width:800px'><tr>{cells}</tr></table>"
    message_id = await mail.deliver(letter("Receipt", "x", html=html))
    lin = await person(browser, served.url)
    await lin.page.set_viewport_size({"width": 390, "height": 844})
    await lin.page.click(f"#open-{message_id}")
    frame = lin.page.frame_locator("iframe.letter-frame")
    await expect(frame.locator("html[data-narrow]")).to_be_attached()
    assert await frame.locator("html").evaluate("html => [html.style.zoom, html.scrollWidth <= html.clientWidth]") == [
        "",
        True,
    ]
    await lin.page.set_viewport_size({"width": 1440, "height": 900})
    await expect(frame.locator("html[data-narrow]")).not_to_be_attached()
    lin.blameless()


async def test_mail_without_colours_takes_the_pages(mail: Mail, served: Served, browser: Browser) -> None:
    message_id = await mail.deliver(letter("Plain", "x", html="<p>Hello <b>Lin</b></p>"))
    lin = await dark(browser, served)
    await lin.page.click(f"#open-{message_id}")
    body = lin.page.frame_locator("iframe.letter-frame").locator("body")
    await expect(body).to_have_text("Hello Lin")
    assert await body.evaluate("body => [getComputedStyle(body).filter, getComputedStyle(body).color]") == [
        "none",
        "rgb(218, 216, 209)",
    ]


async def test_nothing_jumps_while_the_letter_finds_its_height(mail: Mail, served: Served, browser: Browser) -> None:
    message = letter("Long", "x", html="<p>A line of the letter.</p>" * 12)
    message.add_attachment(b"x", maintype="application", subtype="zip", filename="a.zip")
    message_id = await mail.deliver(message)
    lin = await person(browser, served.url)
    await lin.page.add_init_script(
        "window.shifts = 0;"
        "new PerformanceObserver(list => { for (const each of list.getEntries()) shifts += each.value; })"
        ".observe({ type: 'layout-shift', buffered: true });"
    )
    await lin.page.goto(f"/messages/{message_id}")
    await expect(lin.page.locator("iframe.letter-frame.settled")).to_be_visible()
    await expect(lin.page.locator(".attachment")).to_be_visible()
    height = await lin.page.locator("iframe.letter-frame").evaluate("frame => frame.clientHeight")
    assert height > 300
    assert await lin.page.evaluate("shifts") < 0.001


async def test_the_browsers_print_command_shows_the_letter_alone(mail: Mail, served: Served, browser: Browser) -> None:
    message_id = await mail.deliver(with_files())
    lin = await person(browser, served.url)
    await lin.page.click(f"#open-{message_id}")
    await expect(lin.page.locator("iframe.letter-frame.settled")).to_be_visible()
    await lin.page.emulate_media(media="print")
    for gone in ("#sidebar", "#list-pane", "#message-toolbar", ".answer-bar", ".attachment-save", ".attachments-all"):
        for each in await lin.page.locator(gone).all():
            await expect(each).to_be_hidden()
    for kept in ("#subject", ".message-from", "iframe.letter-frame", ".attachment >> nth=0"):
        await expect(lin.page.locator(kept)).to_be_visible()
    clipped = await lin.page.locator(".reading-scroll").evaluate("pane => pane.scrollHeight - pane.clientHeight")
    assert clipped <= 0
    frame = await lin.page.locator("iframe.letter-frame").evaluate(
        "frame => frame.contentDocument.documentElement.scrollHeight - frame.clientHeight"
    )
    assert frame <= 0, "the whole letter is printed"


async def test_print_in_the_menu_sends_the_letter_to_paper(mail: Mail, served: Served, browser: Browser) -> None:
    message_id = await mail.deliver(letter("Proof", "x", html=QUOTING))
    lin = await person(browser, served.url)
    printed: list[str] = []
    await lin.page.expose_function("told", lambda title: printed.append(title))
    await lin.page.click(f"#open-{message_id}")
    await lin.page.evaluate(
        """() => new MutationObserver(() => {
          const paper = document.getElementById("paper");
          if (!paper || paper.dataset.watched) return;
          paper.dataset.watched = "1";
          paper.addEventListener("load", () => {
            const title = paper.contentDocument.querySelector("h1").textContent;
            paper.contentWindow.print = () => told(title).then(() => { window.paperTold = true; });
          }, { capture: true });
        }).observe(document.body, { childList: true })"""
    )
    await lin.page.click(".more-menu summary")
    await lin.page.click("[data-print]")
    await expect(lin.page.locator("#paper")).to_be_attached()
    await lin.page.wait_for_function("() => window.paperTold")
    assert printed == ["Proof"]
    paper = lin.page.frame_locator("#paper")
    await expect(paper.locator("details.quoted")).to_have_attribute("open", "")
    assert [each for each in lin.complaints if "allow-modals" in each] == []


async def test_reading_works_without_scripts(mail: Mail, served: Served, browser: Browser) -> None:
    message_id = await mail.deliver(with_files())
    lin = await person(browser, served.url)
    context = await browser.new_context(
        base_url=served.url, locale="zh-CN", java_script_enabled=False, storage_state=await lin.context.storage_state()
    )
    page = await context.new_page()
    await page.goto(f"/messages/{message_id}")
    box = await page.locator("iframe.letter-frame").bounding_box()
    assert box is not None
    assert box["height"] > 300, "no script gives it its height"
    await expect(page.locator(".attachment").first).to_be_visible()
    await page.locator(".message-to").click()
    await expect(page.locator(".particulars-fields")).to_be_visible()
    async with context.expect_page() as opening:
        await page.locator("a[data-look=image]").first.click()
    assert (await opening.value).url.endswith("?inline=1")
    await page.locator(".more-menu summary").click()
    await page.locator(".menu-item", has_text="显示原文").click()
    await expect(page.locator("#source")).to_contain_text("Return-Path:")
    await context.close()


@pytest.mark.parametrize(("size", "language", "scheme"), SIGHTS)
async def test_every_state_of_reading_is_accessible(
    mail: Mail, served: Served, browser: Browser, size: tuple[int, int], language: str, scheme: str
) -> None:
    files = await mail.deliver(with_files())
    tracked = await mail.deliver(letter("News", "x", html=TRACKED + QUOTING))
    invited = await mail.deliver(with_invitation())
    fields = await mail.deliver(with_every_field())
    code = await mail.deliver(
        letter("Code", "def f(x):\n    return x\n" + f"foo({'x' * 300});\n\nOn Monday, Ann wrote:\n> a\n")
    )
    page = await onlooker(browser, served.url, size, language, scheme)
    for message_id in (files, tracked, invited, fields, code):
        await page.goto(f"/messages/{message_id}")
        await expect(page.locator(".letter-frame.settled, .letter").first).to_be_visible()
        for pressed in await page.locator(".message-to, .held-back-text, .letter .quoted > summary").all():
            await pressed.click()
            await faultless_everywhere(page, f"/messages/{message_id}")
    await page.goto(f"/messages/{fields}/original")
    await faultless_everywhere(page, "original")
    await page.goto(f"/messages/{files}")
    await page.locator("a[data-look=image]").first.click()
    await expect(page.locator("#viewer img")).to_be_visible()
    await faultless(page, "the viewer")
