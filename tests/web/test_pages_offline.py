"""The installed app in Chromium: a page of ours without a network, notifications from a tab in the background."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, expect

from tests.chromium import WHOLE, launched
from tests.web.browsers import Proxy, chromium, person
from tests.web.conftest import Mail, Served, letter


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as browser:
        yield browser


async def test_without_a_network_a_page_of_ours_says_so_and_no_mail_is_kept(
    mail: Mail, served: Served, browser: Browser
) -> None:
    await mail.deliver(letter("Confidential figures", "Nobody else."))
    lin = await person(browser, served.url, language="en", offline=True)
    await lin.page.evaluate("navigator.serviceWorker.ready.then(() => null)")
    await lin.page.goto("/mail/inbox")
    kept = await lin.page.evaluate(
        """async () => {
            const found = [];
            for (const name of await caches.keys()) {
                for (const request of await (await caches.open(name)).keys()) found.push(new URL(request.url).pathname);
            }
            return found;
        }"""
    )
    assert "/offline" in kept
    assert all(each == "/offline" or each.startswith("/static/") for each in kept)
    await lin.context.set_offline(True)
    await lin.page.goto("/mail/inbox")
    await expect(lin.page.get_by_role("heading")).to_have_text("The server cannot be reached")
    assert "Confidential" not in await lin.page.content()
    await expect(lin.page.locator(".button")).to_have_css("min-height", "36px")  # its styles are there too
    await lin.context.set_offline(False)
    await expect(lin.page.locator("#message-list .subject")).to_have_text("Confidential figures")


async def test_a_server_that_was_away_is_found_again_without_a_press(
    mail: Mail, served: Served, browser: Browser
) -> None:
    await mail.deliver(letter("Back again", "."))
    async with Proxy(served.port) as proxy:
        lin = await person(browser, proxy.url, language="en", offline=True)
        await lin.page.evaluate("navigator.serviceWorker.ready.then(() => null)")
        await lin.page.goto("/mail/inbox")
        await proxy.cut()
        await lin.page.goto("/mail/inbox")
        await expect(lin.page.get_by_role("heading")).to_have_text("The server cannot be reached")
        await proxy.mend()
        await expect(lin.page.locator("#message-list .subject")).to_have_text("Back again")


@pytest.fixture
async def whole_browser() -> AsyncIterator[Browser]:
    """The one without windows lets nobody notify."""
    async with launched(WHOLE) as browser:
        yield browser


async def test_a_tab_in_the_background_announces_new_mail_where_that_was_asked_for(
    mail: Mail, served: Served, whole_browser: Browser
) -> None:
    lin = await person(whole_browser, served.url, language="en", offline=True)
    # a browser without a screen shows no notification: what it is asked to show is what counts
    announced: asyncio.Queue[str] = asyncio.Queue()
    await lin.context.expose_function("announced", announced.put_nowait)
    await lin.context.add_init_script(
        "ServiceWorkerRegistration.prototype.showNotification = async (title, options) => announced(options.body);"
    )
    await lin.context.grant_permissions(["notifications"], origin=served.url)
    await lin.page.goto("/settings")
    button = lin.page.get_by_role("button", name="Announce new mail")
    await expect(button).to_have_attribute("aria-pressed", "false")
    await button.click()
    await expect(button).to_have_attribute("aria-pressed", "true")
    await lin.page.goto("/mail/inbox")
    await lin.connected()
    await lin.page.evaluate("navigator.serviceWorker.ready.then(() => null)")
    await mail.deliver(letter("Seen anyway", "."))  # looked at: nothing to announce
    await expect(lin.page.locator("#message-list .row")).to_have_count(1)
    await lin.page.evaluate("Object.defineProperty(document, 'hidden', {get: () => true, configurable: true})")
    await mail.deliver(letter("Proofs", "."))
    assert await asyncio.wait_for(announced.get(), 15) == "New message from 周婧: Proofs"
    lin.blameless()
