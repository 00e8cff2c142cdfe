"""Hostile letters in Chromium: nothing runs, nothing is asked for before consent, nothing leaves its frame."""

import asyncio
import re
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from email.message import EmailMessage
from html import escape
from itertools import islice
from pathlib import Path

import pytest
from playwright.async_api import Browser, BrowserContext, Page, Request, Route, expect

from mailapp.mail.sanitize import sanitize
from mailapp.resources import root
from tests.hostile import addresses, markup, styles
from tests.mail.attacks import ATTACKS
from tests.web.browsers import chromium, person
from tests.web.conftest import LIN, Mail, Served, letter

JUDGE = (Path(__file__).parent / "hostile.js").read_text(encoding="utf-8")
CORPUS = [*addresses.EVERYTHING, *styles.ATTRIBUTES, *styles.COVERS, *styles.SHEETS, *styles.SIZES]
LOADING = len(CORPUS)
"""So many of them try to load something."""
CORPUS += [*ATTACKS, *markup.EVERYTHING]
ENDS = "\n<!-- --></style></script></title></textarea></xmp></noscript></svg></math></select></table></div>\n"
"""Between two of them in one letter: ends what the first may have left open."""
CANARY = "window.alert = window.confirm = window.prompt = () => console.error('RAN in ' + location.href)"
FRAMES_AT_ONCE = 150
IN_ONE = 4
BARE = "http://bare.example"


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as browser:
        yield browser


@dataclass
class Watched:
    """A page with everything it says and asks for written down."""

    page: Page
    said: list[str] = field(default_factory=list)
    asked: list[tuple[str, str]] = field(default_factory=list)
    """(kind of resource, URL) of every request that is not the letter itself."""
    documents: dict[str, str] = field(default_factory=dict)
    """What is served in place of the network, by URL."""


async def watched(context: BrowserContext, origin: str) -> Watched:
    """A new page of which only own mail frames at `origin` reach the network."""
    page = await context.new_page()
    found = Watched(page)

    async def route(route: Route, request: Request) -> None:
        if request.url in found.documents:
            await route.fulfill(body=found.documents[request.url], content_type="text/html; charset=utf-8")
        else:
            found.asked.append((request.resource_type, request.url))
            await route.abort()

    frames = re.escape(origin) + r"/messages/\d+/body(\?images=1(&q=x)?)?$"
    await context.route(re.compile(f"^(?!{frames})"), route)
    await context.add_init_script(CANARY)
    page.on("console", lambda message: found.said.append(message.text))
    page.on("dialog", lambda dialog: asyncio.ensure_future(dialog.dismiss()))
    context.on("page", lambda popup: found.said.append(f"a window opened: {popup.url}"))
    return found


def _sandbox() -> str:
    """The attributes of the mail frame as our own template writes them."""
    template = (root() / "templates/partials/message/one.html").read_text(encoding="utf-8")
    found = re.search(r'<iframe class="letter-frame"[^>]*?(sandbox="[^"]*")', template)
    assert found
    return found[1]


def _host(frames: list[tuple[str, str]], more: str) -> str:
    """A page of frames: (case, path) each."""
    return "<!doctype html><title>host</title>" + "".join(
        f'<iframe width="300" data-case="{escape(case)}" data-path="{path.partition("?")[0]}" src="{path}" {more}>'
        "</iframe>"
        for case, path in frames
    )


def _some() -> list[list[str]]:
    return [CORPUS[at : at + IN_ONE] for at in range(0, len(CORPUS), IN_ONE)]


def _groups(paths: list[str]) -> Iterator[list[tuple[str, str]]]:
    cases = zip((" | ".join(each[:80] for each in some) for some in _some()), paths, strict=False)
    while group := list(islice(cases, FRAMES_AT_ONCE)):
        yield group


async def _deliver_all(mail: Mail) -> list[int]:
    letters = [letter(f"Number {number}", "plain", html=ENDS.join(some)) for number, some in enumerate(_some())]
    return list(await asyncio.gather(*map(mail.deliver, letters)))


async def test_nothing_runs_loads_or_covers_in_the_mail_frame(mail: Mail, served: Served, browser: Browser) -> None:
    ids = await _deliver_all(mail)
    lin = await person(browser, served.url)
    look = await watched(lin.context, served.url)
    sandbox = _sandbox()
    host = f"{served.url}/host"
    for frames in _groups([f"/messages/{each}/body" for each in ids]):
        look.documents[host] = _host(frames, f'{sandbox} data-sheets="1"')
        await look.page.goto(host)
        assert await look.page.evaluate(JUDGE) == []
    assert look.asked == []
    assert look.said == [], "a script or a load the policy had to stop is one the sanitiser let through"
    for frames in _groups([f"/messages/{each}/body?images=1&q=x" for each in ids[: LOADING // IN_ONE]]):
        look.documents[host] = _host(frames, f'{sandbox} data-sheets="1"')
        await look.page.goto(host)
        assert await look.page.evaluate(JUDGE) == []
    assert {kind for kind, _ in look.asked} == {"image"}, "consent is to pictures"
    assert all("evil.example" in url or url.startswith("http") for _, url in look.asked)
    assert not [each for each in look.said if "ERR_FAILED" not in each]


async def test_the_sanitiser_alone_stops_every_script_and_request(browser: Browser) -> None:
    context = await browser.new_context()
    look = await watched(context, BARE)
    paths = []
    for number, some in enumerate(_some()):
        found = [sanitize(html, lambda _cid: None, remote=False) for html in some]
        sheets = "".join(f"<style>{one.css}</style><style>{one.dark}</style>" for one in found)
        safe = "\n".join(one.html for one in found)
        look.documents[f"{BARE}/{number}"] = f"<!doctype html><title>letter</title>{sheets}<body>{safe}"
        paths.append(f"/{number}")
    frames = [each for group in _groups(paths) for each in group]
    look.documents[BARE + "/"] = _host(frames, 'data-sheets="0"')
    await look.page.goto(BARE + "/")
    assert await look.page.evaluate(JUDGE) == []
    assert look.asked == []
    assert look.said == []


async def test_these_tests_notice_what_gets_through(browser: Browser) -> None:
    context = await browser.new_context()
    look = await watched(context, BARE)
    controls = {
        "runs": "<img src=x onerror=alert(1)>",
        "asks": "<img src=https://evil.example/x>",
        "covers": "<p style='position:fixed'>x",
        "loads": "<p style='background:url(https://evil.example/y)'>x",
        "leads": "<a href='javascript:alert(1)' target=_blank rel=noopener>x</a>",
        "grows": "<p style='height:9999999px'>x",
        "htmx": "<p hx-get=/logout>x",
    }
    for name, html in controls.items():
        look.documents[f"{BARE}/{name}"] = f"<!doctype html><body>{html}"
    look.documents[BARE + "/"] = _host([(name, f"/{name}") for name in controls], "")
    await look.page.goto(BARE + "/")
    problems = "\n".join(await look.page.evaluate(JUDGE))
    for expected in (
        "runs: IMG onerror", "covers: P position", "loads: P backgroundImage", "leads to javascript:", "grows to",
        "htmx: P hx-get",
    ):  # fmt: skip
        assert expected in problems
    assert {url for _, url in look.asked} >= {"https://evil.example/x", "https://evil.example/y"}
    assert any("RAN in" in each for each in look.said)


HX = "<p hx-get=/logout hx-trigger=load onclick=alert(1)>x</p><img src=https://evil.example/x onerror=alert(1)>"


async def test_htmx_and_markup_in_headers_text_and_names_are_inert(
    mail: Mail, served: Served, browser: Browser
) -> None:
    message = EmailMessage()
    message["From"] = f'"{HX}" <zhou@sanlian.example>'
    message["To"] = f'"{HX}" <{LIN}>'
    message["Subject"] = HX
    message.set_content(f'{HX}\n\nhttps://evil.example/"onmouseover=alert(1)//\n> {HX}\n')
    message.add_attachment(b"x", maintype="application", subtype="x-y", filename=f"{HX.replace('/', '')}.txt")
    plain = await mail.deliver(message)
    rich = await mail.deliver(letter(HX, "x", html=f"<div data-hx-get='/logout' hx-trigger='load'>{HX}</div>"))
    lin = await person(browser, served.url)
    await lin.context.add_init_script(CANARY)
    await lin.page.reload()
    await lin.connected()
    asked: list[str] = []
    lin.context.on("request", lambda request: asked.append(request.url))
    for message_id in (plain, rich):
        await lin.page.click(f"#open-{message_id}")
        await expect(lin.page.locator(f"#reading-pane[data-id='{message_id}']")).to_be_visible()
        await expect(lin.page.locator("#subject")).to_contain_text("hx-get=/logout")
        planted = await lin.page.evaluate(
            """() => document.querySelectorAll(
              '[hx-get="/logout"], [data-hx-get], [onclick], [onmouseover], img[src*=evil]').length"""
        )
        assert planted == 0
    frame = lin.page.frame_locator("iframe.letter-frame")
    await expect(frame.locator("body")).to_contain_text("x")
    assert await frame.locator("[hx-get], [data-hx-get], [hx-trigger], [onclick]").count() == 0
    assert not [each for each in asked if "logout" in each or "evil" in each]
    assert await lin.context.cookies(), "nobody was logged out"
    lin.blameless()


async def test_a_letter_cannot_cover_the_page_nor_reach_it(mail: Mail, served: Served, browser: Browser) -> None:
    cover = "".join(f'<div style="{each}">cover</div>' for each in styles.OVERLAYS)
    message_id = await mail.deliver(letter("Cover", "x", html=cover + "<p>the end</p>"))
    lin = await person(browser, served.url)
    await lin.page.click(f"#open-{message_id}")
    await expect(lin.page.frame_locator("iframe.letter-frame").locator("text=the end")).to_be_attached()
    held = await lin.page.evaluate(
        """() => {
          const frame = document.querySelector("iframe.letter-frame"), box = frame.getBoundingClientRect();
          const pane = document.querySelector("#reading-pane").getBoundingClientRect();
          const on = selector => {
            const at = document.querySelector(selector).getBoundingClientRect();
            return document.elementFromPoint(at.x + at.width / 2, at.y + at.height / 2)?.closest(selector) !== null;
          };
          return {
            inside: box.left >= pane.left && box.right <= pane.right + 1,
            height: box.height < 200_000,
            covered: ["#delete-button", "#subject", ".list-head", ".message-from"].filter(each => !on(each)),
          };
        }"""
    )
    assert held == {"inside": True, "height": True, "covered": []}
    reached = await lin.page.evaluate(
        """() => {
          const frame = document.querySelector("iframe.letter-frame");
          return [frame.contentWindow.eval === undefined, [...frame.sandbox].includes("allow-scripts"),
                  [...frame.sandbox].some(each => each.startsWith("allow-top") || each === "allow-forms")];
        }"""
    )
    assert reached[1:] == [False, False]
    await lin.page.click("#delete-button")
    await expect(lin.page.locator(f"#message-{message_id}")).to_have_count(0)
    lin.blameless()


async def test_a_picture_of_another_message_is_not_shown_by_its_content_id(
    mail: Mail, served: Served, browser: Browser
) -> None:
    other = EmailMessage()
    other["From"], other["To"], other["Subject"] = "a@b.example", LIN, "Other"
    other.set_content("<img src=cid:secret>", subtype="html")
    other.add_related(b"GIF89a", "image", "gif", cid="<secret>")
    await mail.deliver(other)
    spies = "".join(
        f'<img alt="{each}" src="{each}">'
        for each in (
            "cid:secret",
            "cid:../1/attachments/1/x",
            "cid:%2e%2e/x",
            "cid:secret?x",
            "CID:SECRET",
            "mid:x/secret",
        )
    )
    message_id = await mail.deliver(letter("Spy", "x", html=spies))
    lin = await person(browser, served.url)
    asked: list[str] = []
    lin.context.on("request", lambda request: asked.append(request.url))
    await lin.page.click(f"#open-{message_id}")
    await expect(lin.page.frame_locator("iframe.letter-frame").locator("img")).to_have_count(6)
    assert not [each for each in asked if "attachments" in each]
