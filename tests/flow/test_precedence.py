"""What leaves gives way to what comes in, and is never held up for long."""

import asyncio
from pathlib import Path

import pytest

from mailapp.flow import precedence as module
from mailapp.flow.precedence import Precedence
from mailapp.store import settings
from tests.flow.posting import posting
from tests.relays import fake_relay


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LONGEST_S", 30.0)


@pytest.mark.usefixtures("patient")
async def test_where_nothing_comes_in_nobody_waits() -> None:
    precedence = Precedence()
    async with asyncio.timeout(1):
        await precedence.passed()


@pytest.mark.usefixtures("patient")
async def test_who_leaves_waits_until_the_last_that_comes_in_is_through() -> None:
    precedence, told = Precedence(), []

    async def leave() -> None:
        await precedence.passed()
        told.append("left")

    with precedence.taking():
        with precedence.taking():
            leaving = asyncio.create_task(leave())
        await asyncio.sleep(3 * module.SHOWN_S)
        told.append("in")
    told.append("through")
    await leaving
    assert told == ["in", "through", "left"]


async def test_what_never_ends_to_come_in_holds_nothing_up() -> None:
    precedence = Precedence()
    with precedence.taking():
        async with asyncio.timeout(5):
            await precedence.passed()


@pytest.mark.usefixtures("patient")
async def test_what_is_done_one_by_one_stops_in_the_middle_for_mail_that_comes_in() -> None:
    precedence, done = Precedence(), []
    begun = asyncio.Event()

    async def work() -> None:
        async for number in precedence.one_by_one(range(3)):
            done.append(number)
            begun.set()

    working = asyncio.create_task(work())
    await begun.wait()
    with precedence.taking():
        await asyncio.sleep(2 * module.SHOWN_S)
        assert done == [0]
    await working
    assert done == [0, 1, 2]


async def test_what_is_done_one_by_one_waits_once_and_not_for_each_where_mail_never_ends(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "LONGEST_S", 0.05)
    precedence = Precedence()
    with precedence.taking():
        async with asyncio.timeout(5):
            assert [number async for number in precedence.one_by_one(range(1_000))] == list(range(1_000))


def _noting(order: list[str]):  # type: ignore[no-untyped-def]
    """Makes a way to write that notes what is written first."""

    def noted(write):  # type: ignore[no-untyped-def]
        async def written(function, *args):  # type: ignore[no-untyped-def]
            order.append(function.__name__)
            return await write(function, *args)

        return written

    return noted


@pytest.mark.usefixtures("patient")
async def test_the_relay_writes_nothing_while_a_mail_is_being_delivered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    order: list[str] = []
    async with fake_relay() as relay, posting(tmp_path, relay, start=False) as post:
        item = await post.submit()
        write = post.database.write
        noted = _noting(order)
        for way in ("write", "write_later", "write_lightly"):
            monkeypatch.setattr(post.database, way, noted(getattr(post.database, way)))
        await post.start()
        assert post.loop is not None
        with post.loop._precedence.taking():
            for number in range(3):
                await write(settings.set_, "in", str(number))
                order.append("in")
        await post.recipient(item, "sent")
    assert order.index("due") > 2
    assert order.index("due") < order.index("mark_in_doubt") < order.index("settle")
