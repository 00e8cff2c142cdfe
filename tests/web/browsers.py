"""Chromium for the pages' tests, and a TCP proxy that can cut what goes through it."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Literal

from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Page, Request, expect

from tests.chromium import chromium
from tests.conftest import PASSWORD
from tests.web.conftest import LIN

__all__ = ["FORGIVEN", "Person", "Proxy", "chromium", "log_in", "onlooker", "person", "visitor"]

expect.set_options(timeout=15_000)  # for a machine under load; who waits longer waits in vain
FORGIVEN = ("net::ERR_", "Failed to load resource", "htmx:sse:error", "htmx:error: Failed to fetch")
"""Console lines a cut connection is bound to cause."""
BLOCKED = "Service Worker registration blocked by Playwright"


@dataclass
class Person:
    """Someone in front of a page."""

    page: Page
    context: BrowserContext
    complaints: list[str] = field(default_factory=list)
    foreign: list[str] = field(default_factory=list)

    async def subjects(self) -> list[str]:
        found: list[str] = await self.page.locator("#message-list .row .subject").all_inner_texts()
        return found

    async def connected(self) -> None:
        """Wait until the stream has said something."""
        await expect(self.page.locator("#live[data-seq]")).to_be_attached()

    def blameless(self, forgiven: tuple[str, ...] = ()) -> None:
        """Nothing was said on the console, nothing was asked of another host."""
        assert [each for each in self.complaints if not any(word in each for word in forgiven)] == []
        assert self.foreign == []


async def person(
    browser: Browser, url: str, address: str = LIN, *, language: str = "zh-CN", offline: bool = False
) -> Person:
    """A new browser profile, logged in, before the inbox; with `offline` the service worker runs as well.

    It does not elsewhere: what it fetches escapes `page.route`, and when it takes a page over is a matter of luck.
    """
    workers: Literal["allow", "block"] = "allow" if offline else "block"
    context = await browser.new_context(
        base_url=url, locale=language, timezone_id="Asia/Shanghai", service_workers=workers
    )
    page = await context.new_page()
    someone = Person(page, context)

    def listen(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and message.text != BLOCKED:
            someone.complaints.append(message.text)

    def watch(request: Request) -> None:
        if not request.url.startswith((url, "data:", "blob:", "about:")):
            someone.foreign.append(request.url)

    page.on("console", listen)
    page.on("pageerror", lambda error: someone.complaints.append(str(error)))
    context.on("request", watch)
    await log_in(context, address)
    await page.goto("/mail/inbox")
    await someone.connected()
    return someone


async def onlooker(
    browser: Browser, url: str, size: tuple[int, int], language: str, scheme: str, address: str = LIN
) -> Page:
    """A page of somebody logged in, of a size, in a language and a colour scheme (dark or light)."""
    page = await visitor(browser, url, size, language, scheme)
    await log_in(page.context, address)
    return page


async def visitor(browser: Browser, url: str, size: tuple[int, int], language: str, scheme: str) -> Page:
    """The same of a stranger."""
    context = await browser.new_context(
        base_url=url,
        locale=language,
        color_scheme="dark" if scheme == "dark" else "light",
        viewport={"width": size[0], "height": size[1]},
    )
    return await context.new_page()


async def log_in(context: BrowserContext, address: str) -> None:
    """What the log-in page sends, without the page: it has tests of its own, and would cost each test half a second."""
    headers = {"Sec-Fetch-Site": "same-origin"}
    response = await context.request.post(
        "/login", form={"address": address, "password": PASSWORD}, headers=headers, max_redirects=0
    )
    assert response.status == 303


class Proxy:
    """Forwards TCP to a port; `cut` aborts what is open and takes nothing new until `mend`."""

    def __init__(self, port: int) -> None:
        self._target = port
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self.port = 0

    async def __aenter__(self) -> "Proxy":
        await self.mend()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.cut()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def mend(self) -> None:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", self.port)
        self.port = int(self._server.sockets[0].getsockname()[1])

    async def cut(self) -> None:
        if self._server is not None:
            self._server.close()
        for writer in list(self._writers):
            writer.transport.abort()
        for task in list(self._tasks):
            task.cancel()
        if self._server is not None:
            await self._server.wait_closed()
            self._server = None

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection("127.0.0.1", self._target)
        for source, sink in ((reader, back), (there, writer)):
            self._writers.add(sink)
            task = asyncio.create_task(self._pump(source, sink))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _pump(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while data := await source.read(65_536):
                sink.write(data)
                await sink.drain()
        with suppress(OSError):
            sink.close()
        self._writers.discard(sink)
