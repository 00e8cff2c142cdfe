"""The overview: true numbers, drawn without style attributes, pushed while somebody may see them."""

import asyncio
import re
from dataclasses import replace

import pytest

from mailapp.flow.machine import Disk
from mailapp.flow.traffic import DATABASE, SHOWN, STORED
from mailapp.store import traffic
from mailapp.web.charts import TICKS, Place, chart
from mailapp.web.context import EXTENSION
from mailapp.web.overview_views import days_left
from tests.flow.test_receiving_log import NOBODY, told
from tests.web.admins import english_admin
from tests.web.conftest import LIN, Mail, letter


@pytest.mark.parametrize("most", [0, 1, 3, 4, 5, 7, 41, 99, 100, 101, 12_345])
def test_the_axis_has_few_round_numbers_and_every_bar_fits(most: int) -> None:
    drawn = chart("t", "s", [Place("", "", most, 0, 0), Place("", "", 0, most, 0), Place("", "", 0, 0, most)])
    assert 2 <= len(drawn.ticks) <= TICKS + 1
    assert drawn.ticks[0] >= most
    assert drawn.ticks[-1] == 0
    blocks = [block for slot in drawn.slots for block in slot.blocks]
    assert len(blocks) == (3 if most else 0)
    assert all(block.y >= 0 and round(block.y + block.height, 2) == 100 for block in blocks)


def test_the_disk_is_full_when_the_line_through_what_was_read_says_so() -> None:
    disk = Disk(0, 1_000, 10_000)
    grows = {hour: {DATABASE: 100 + hour * 2} for hour in range(72)}
    assert days_left(grows, disk, 71) == pytest.approx(1_000 / 48)
    assert days_left({hour: {DATABASE: 500} for hour in range(72)}, disk, 71) == float("inf")
    assert days_left({hour: {DATABASE: hour} for hour in range(24)}, disk, 23) is None
    assert days_left({}, disk, 5) is None
    old = {hour: {DATABASE: 0} for hour in range(10)}
    assert days_left(old, disk, 10_000) is None


async def test_what_came_and_was_refused_stands_there_in_numbers(mail: Mail) -> None:
    for _ in range(3):
        mail.context.receiving.ended(told((LIN, ""), reply="250 2.0.0 Ok: 1f"))
    for _ in range(2):
        mail.context.receiving.ended(told(("shop@yuanye.example", NOBODY)))
    await mail.context.receiving.write()
    await mail.deliver(letter())
    await mail.context.tallying.catch_up()
    client = await english_admin(mail)
    html = await (await client.get("/admin")).get_data(as_text=True)
    assert '<dd class="figure-number">3</dd><dt>received in 24 hours</dt>' in html
    assert "3 received, 2 refused, 0 sent in all" in html
    assert "sanlian.example" in html
    assert "shop@yuanye.example" in html
    assert html.count('class="taken"') == 2 + 2  # a bar in each chart, a word in each legend
    assert "style=" not in html
    assert re.search(r"from the final dot to the disk \(250\)</th><td class=\"number\">[34]\.\d ms", html)


async def test_how_fast_mail_gets_to_open_pages_is_counted_once_for_each(mail: Mail) -> None:
    client = await mail.client()
    counted = mail.context.receiving.traffic
    async with client.request("/events?view=/mail/inbox") as connection:
        await connection.receive()
        await mail.deliver(letter())
        while b"Hello" not in await asyncio.wait_for(connection.receive(), 5):
            pass
        await mail.deliver(letter("Next"))
        while b"Next" not in await asyncio.wait_for(connection.receive(), 5):
            pass
        await connection.disconnect()
    shown = sum(number for kind, number in counted.now().items() if kind.startswith(SHOWN))
    assert shown >= 1  # the second frame's is counted when the third is asked for
    assert not [kind for kind in counted.now() if kind.startswith(STORED)]


async def test_numbers_are_pushed_when_they_are_written_and_stop_with_the_second_step(mail: Mail) -> None:
    now = [1_000_000.0]
    held = mail.site.extensions[EXTENSION]
    held.context = replace(mail.context, clock=lambda: now[0])
    client = await english_admin(mail)

    async def until(connection, words: bytes) -> bytes:
        while words not in (found := await asyncio.wait_for(connection.receive(), 10)):
            pass
        return found

    async with client.request("/admin/overview/events") as connection:
        assert b'<dd class="figure-number">0</dd>' in await until(connection, b"received in 24 hours")
        await mail.context.database.write(traffic.add, int(now[0] // 3600), {"in": 7})
        now[0] += 1_000
        mail.context.receiving.ended(told((LIN, ""), reply="250 2.0.0 Ok: 1f"))
        await mail.context.receiving.write()
        assert b"These numbers stand still now." in await until(connection, b"hx-partial")
        await connection.disconnect()
