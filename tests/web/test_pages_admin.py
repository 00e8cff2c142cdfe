"""The admin pages in Chromium: the second step, the walk-through, a test that is watched; no fault axe can find."""

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, Page, expect

from mailapp.flow.relay_dns import NoName
from tests.conftest import PASSWORD
from tests.relays import fake_relay
from tests.web.admins import SECRET, admin, given_relay, toward, trusting
from tests.web.browsers import chromium, onlooker, person
from tests.web.conftest import Mail, Served
from tests.web.faults import LOOKS, faultless_everywhere

REFUSED = ("status of 403", "status of 422")
"""What Chromium writes on its console when a page is a refusal."""


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as browser:
        yield browser


async def _resolve(name: str, type_: str) -> tuple[str, ...]:
    if name.startswith("s1."):
        return ("s1.domainkey.u12.wl.sendgrid.net",)
    raise NoName(name)


async def _open(page: Page, path: str) -> None:
    """An admin page, the second step made where it is asked for."""
    await page.goto(path)
    if await page.locator("form[action='/admin/session']").count():
        await page.fill("[name=password]", PASSWORD)
        await page.press("[name=password]", "Enter")
        await page.wait_for_url(f"**{path}")


async def test_an_admin_walks_from_the_inbox_to_a_relay_that_works(
    mail: Mail, served: Served, browser: Browser
) -> None:
    async with fake_relay(users={"lin": SECRET}) as relay:
        trusting(mail, relay, resolve=_resolve)
        someone = await person(browser, served.url, language="en")
        page = someone.page
        await page.click("a[href='/admin']")
        await page.fill("[name=password]", PASSWORD)
        await page.press("[name=password]", "Enter")
        await page.click("a[href='/admin/relays']")
        await page.click("a[href='/admin/relays/new?preset=custom']")
        fields = {**toward(relay), "username": "lin", "secret": SECRET}
        for name in ("host", "port", "username", "secret"):
            await page.fill(f"[name={name}]", fields[name])
        await page.select_option("[name=security]", "starttls")
        await page.press("[name=secret]", "Enter")
        await expect(page.locator(".saved")).to_be_visible()
        await page.fill("[name=to]", "ana@else.example")
        relay.stall("rcpt", times=1)
        await page.click("form.trial button.primary")
        await relay.reached("rcpt")
        await expect(page.locator("#dialogue li", has_text="RCPT TO:<ana@else.example>")).to_be_visible()
        await expect(page.locator("#relay-verdict")).to_have_text("Trying…")
        await expect(page.locator("form.trial button.primary")).to_be_disabled()
        await relay.down()
        await expect(page.locator(".verdict.bad")).to_be_visible()
        await relay.up()
        relay.clear()
        await page.click("form.trial button.primary")
        await expect(page.locator(".verdict.good")).to_be_visible()
        await relay.received(1)
        assert SECRET not in await page.content()
        someone.blameless(REFUSED)


async def test_the_walk_through_looks_records_up_in_place(mail: Mail, served: Served, browser: Browser) -> None:
    trusting(mail, resolve=_resolve)
    someone = await person(browser, served.url, language="en")
    page = someone.page
    await _open(page, "/admin/relays/new?preset=sendgrid")
    await page.fill("[name=records]", "em77.yuanye.example u12.wl.sendgrid.net")
    await page.click("form[action='/admin/domain-checks'] button")
    await expect(page.locator(".check-line")).to_have_count(4)
    await expect(page.locator(".check-line.good")).to_have_count(1)
    await expect(page.locator("#record-0")).to_have_text("u12.wl.sendgrid.net")
    assert page.url.endswith("/admin/relays/new?preset=sendgrid")
    someone.blameless(REFUSED)


@pytest.mark.parametrize(("size", "language", "scheme"), LOOKS)
async def test_every_admin_page_is_accessible(
    mail: Mail, served: Served, browser: Browser, size: tuple[int, int], language: str, scheme: str
) -> None:
    trusting(mail, resolve=_resolve)
    client = await admin(mail)
    await given_relay(client)
    long = "Donaudampfschifffahrtsgesellschaftskapitänsmützenabzeichen"
    locked = await given_relay(client, name=long, preset="custom", host=f"{'smtp.' * 20}example")
    page = await onlooker(browser, served.url, size, language, scheme)
    await page.goto("/admin")
    await faultless_everywhere(page, "second step")
    await _open(page, "/admin/relays")
    await faultless_everywhere(page, "list")
    mail.context.config.key_file.unlink()
    for path in ("/admin/relays", "/admin/relays/new?preset=sendgrid", f"/admin/relays/{locked}"):
        await page.goto(path)
        await faultless_everywhere(page, path)
    await page.goto("/admin/domain-checks?records=em77")
    await faultless_everywhere(page, "records")
    await page.goto(f"/admin/relays/{locked}")
    await page.fill("[name=port]", "smtp")
    await page.press("[name=port]", "Enter")
    await expect(page.locator("#port-error")).to_be_visible()
    await faultless_everywhere(page, "refused")
    await page.fill("[name=to]", "nobody")
    await page.click("form.trial button.primary")
    await expect(page.locator(".verdict.bad")).to_be_visible()
    await faultless_everywhere(page, "tried out")
    await page.context.close()
