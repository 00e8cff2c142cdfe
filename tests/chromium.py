"""One Chromium for all tests in front of a browser, on an event loop that outlives them: to start both takes a second.

Every test gets a new profile (browser context), so that nothing but the process is shared.
"""

import asyncio
import os
import shutil
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any, ClassVar

from playwright.async_api import Browser, async_playwright

NAMES = ("chromium-headless-shell", "chromium")
"""The shell is Chromium without windows: the same pages for half of the time a test takes."""
EXECUTABLE = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), "/usr/bin/chromium")
WHOLE = shutil.which("chromium") or EXECUTABLE
"""With windows, and with what they bring: PDFs are shown, notifications can be allowed."""
OFF = (
    # Chromium heeds the last --disable-features only: what Playwright turns off and pages could notice ...
    *("AvoidUnnecessaryBeforeUnloadCheckSync", "DestroyProfileOnBrowserClose", "HttpsUpgrades", "PaintHolding"),
    *("HttpsFirstBalancedModeAutoEnable", "ThirdPartyStoragePartitioning", "AvoidCorsURLLoaderRestartOnRedirect"),
    *("LensOverlay", "MediaRouter", "OptimizationHints", "NetworkTimeServiceQuerying", "AimEnabled"),
    "PreconnectToSearch",
    # ... and tool bars made of web pages, and renderers kept in store: a third of what a new window costs
    *("WebUIReloadButton", "WebUIToolbar", "WebUILocationBar", "InitialWebUI", "PreloadTopChromeWebUI"),
    *("WebUIOmniboxPopup", "WebUIOmniboxAimPopup", "WebUIOmniboxFullPopup", "SpareRendererForSitePerProcess"),
)


@asynccontextmanager
async def launched(executable: str = EXECUTABLE) -> AsyncIterator[Browser]:
    """A new Chromium."""
    args = ["--no-sandbox", f"--disable-features={','.join(OFF)}"]
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=executable, args=args)
        yield browser
        await browser.close()


class SharedChromium:
    """The loop and the Chromium on it, lent to one test after the other."""

    loops: ClassVar[dict[asyncio.AbstractEventLoop, "SharedChromium"]] = {}

    def __init__(self) -> None:
        self._runner = asyncio.Runner()
        self.loops[self._runner.get_loop()] = self
        self._stack = AsyncExitStack()
        self.browser: Browser | None = None
        self._lasting: set[asyncio.Task[Any]] = set()

    def lend(self) -> asyncio.Runner:
        """The loop for a test. Chromium runs there; one that crashed costs its test, not the next."""
        self._runner.run(self._start())
        return self._runner

    def take_back(self) -> None:
        """End whatever the test left running, as the end of a loop of its own would."""
        self._runner.run(self._cancel())

    def close(self) -> None:
        self._runner.run(self._stack.aclose())
        del self.loops[self._runner.get_loop()]
        self._runner.close()

    async def _start(self) -> None:
        if self.browser is None or not self.browser.is_connected():
            await self._stack.aclose()
            self.browser = await self._stack.enter_async_context(launched())
        self._lasting = asyncio.all_tasks()

    async def _cancel(self) -> None:
        left = asyncio.all_tasks() - self._lasting - {asyncio.current_task()}
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    """The Chromium of this event loop, or else a new one. Profiles opened in it are closed."""
    shared = SharedChromium.loops.get(asyncio.get_running_loop())
    if shared is None or shared.browser is None:
        async with launched() as browser:
            yield browser
        return
    before = set(shared.browser.contexts)
    yield shared.browser
    for context in set(shared.browser.contexts) - before:
        await context.close()
