"""The receiving log, the guided test and the overview in Chromium: cured by a press, watched live, faultless."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, expect

from mailapp.store import receiving_log, traffic
from tests.conftest import DOMAIN
from tests.flow.test_receiving_log import NOBODY, told
from tests.web.browsers import chromium, onlooker, person
from tests.web.conftest import LIN, Mail, Served
from tests.web.faults import faultless, fits
from tests.web.test_pages_admin import REFUSED, _open
from tests.web.test_receiving import written
from tests.web.test_receiving_test import entrance, send

LOOKS = ((390, 844, "zh-CN", "dark"), (1440, 900, "en", "light"))
"""With axe, which takes a second a page; the other widths are only looked at for what sticks out."""
NARROW = (320, 820)


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as browser:
        yield browser


async def test_a_refused_message_is_found_understood_and_cured(mail: Mail, served: Served, browser: Browser) -> None:
    await written(mail, told((f"linn@{DOMAIN}", NOBODY)), told((LIN, ""), reply="250 2.0.0 Ok: 1f"))
    someone = await person(browser, served.url, language="en")
    page = someone.page
    await _open(page, "/admin/receiving")
    await page.click("text=Refused: there is no linn@")
    await expect(page.locator("#told h1")).to_have_text("The message from hr@xinghe.example did not come in")
    await expect(page.locator(".told-row[aria-current]")).to_contain_text("linn@")
    assert "/admin/receiving/" in page.url
    await written(mail, told(peer="198.51.100.7"))
    await expect(page.locator(".told-row")).to_have_count(3)  # by itself, and the one that is open stays marked
    await expect(page.locator(".told-row[aria-current]")).to_contain_text("linn@")
    await page.click("#make-address")
    await expect(page.locator(".saved")).to_contain_text(f"linn@{DOMAIN} is made.")
    someone.blameless(REFUSED)


async def test_a_mail_is_watched_from_the_connection_to_the_screen(
    mail: Mail, served: Served, browser: Browser
) -> None:
    someone = await person(browser, served.url, language="en")
    page = someone.page
    async with entrance(mail) as port:
        await page.goto("/receiving")
        await page.click("text=Test it: send a mail")
        address = await page.locator("#test-address").inner_text()
        await expect(page.locator(".test-step.waiting")).to_have_count(6)
        for _ in range(500):
            if mail.context.receiving.watching:
                break
            await asyncio.sleep(0.01)
        await asyncio.to_thread(send, port, address)
        await expect(page.locator(".test-step.done")).to_have_count(6)
        await expect(page.locator("#test-shown .test-ms")).to_contain_text("ms")
        await expect(page.locator("#test-verdict")).to_have_text("It arrived.")
        await page.click("#test-shown a")
        await page.wait_for_url("**/messages/*")
    someone.blameless()


async def test_the_overview_moves_by_itself(mail: Mail, served: Served, browser: Browser) -> None:
    someone = await person(browser, served.url, language="en")
    page = someone.page
    await _open(page, "/admin")
    await expect(page.locator(".figure-number").first).to_have_text("0")
    await written(mail, told((LIN, ""), reply="250 2.0.0 Ok: 1f"))
    await expect(page.locator(".figure-number").first).to_have_text("1")
    await expect(page.locator(".chart rect.taken")).to_have_count(2)
    someone.blameless(REFUSED)


async def _paths(mail: Mail) -> list[str]:
    """Every page, with long names and something in each."""
    long = f"{'donaudampfschifffahrt-' * 2}kapitaen@{DOMAIN}"
    taken = told((LIN, ""), (long, NOBODY), reply="250 2.0.0 Ok: 1f", sender=f"{'langer-' * 8}name@xinghe.example")
    ids = await written(mail, told(), taken, *(told((long, NOBODY), sender=f"a{n}@b.example") for n in range(3)))
    hour = int(mail.context.clock() // 3600)
    for each in range(hour - 60, hour):
        counted = {"in": each % 30, "refused": each % 4, "sent": each % 11, "failed": 1, "codes": 2}
        await mail.context.database.write(traffic.add, each, counted)
        await mail.context.database.write(traffic.gauge, each, {"database": each * 1_000_000_000})
    sites = {(hour // 24, f"{'lang-' * number}er.example"): 9 - number for number in range(8)}
    await mail.context.database.write(traffic.count_senders, sites)
    assert await mail.context.database.read(receiving_log.latest) == ids[0]
    return [
        "/admin",
        "/admin/receiving",
        f"/admin/receiving/{ids[0]}",
        "/admin/refused-addresses",
        "/receiving",
        f"/receiving/{ids[-2]}",
        "/receiving/test",
    ]


@pytest.mark.parametrize(("width", "height", "language", "scheme"), LOOKS)
async def test_every_page_of_receiving_is_accessible(
    mail: Mail, served: Served, browser: Browser, width: int, height: int, language: str, scheme: str
) -> None:
    paths = await _paths(mail)
    page = await onlooker(browser, served.url, (width, height), language, scheme)
    await _open(page, "/admin/receiving")
    for path in paths:
        if language == "en" and path in (paths[1], *paths[4:]):
            continue  # looked at on the phone
        await page.goto(path)
        await faultless(page, f"{path} {width} {language} {scheme}")
        for other in NARROW:
            await page.set_viewport_size({"width": other, "height": 700})
            await fits(page, f"{path} {other} {language}")
        await page.set_viewport_size({"width": width, "height": height})
    await page.context.close()
