"""What a service manager hears of us."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from mailapp.config import load
from mailapp.supervision import Supervision


@pytest.fixture
def manager(tmp_path: Path) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(str(tmp_path / "notify"))
        listening.setblocking(False)
        yield listening


@asynccontextmanager
async def supervised(address: str, watchdog_s: float, health: Callable[[], list[str]]) -> AsyncIterator[None]:
    task = asyncio.create_task(Supervision(address, watchdog_s).run(health))
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def heard(manager: socket.socket) -> str:
    return (await asyncio.wait_for(asyncio.get_running_loop().sock_recv(manager, 4096), 5)).decode()


async def test_it_hears_when_we_are_ready_well_and_stopping(manager: socket.socket) -> None:
    async with supervised(manager.getsockname(), 0.02, list):
        assert await heard(manager) == "READY=1\nSTATUS=Receiving mail"
        assert await heard(manager) == "WATCHDOG=1"
        assert await heard(manager) == "WATCHDOG=1"
    said = []
    while not said or not said[-1].startswith("STOPPING"):
        said.append(await heard(manager))
    assert set(said[:-1]) <= {"WATCHDOG=1"}


async def test_while_something_is_not_alive_the_watchdog_hears_nothing_but_why(manager: socket.socket) -> None:
    ailing = ["smtp"]
    async with supervised(manager.getsockname(), 0.02, lambda: list(ailing)):
        await heard(manager)
        assert await heard(manager) == "STATUS=Not alive: smtp"
        ailing.clear()
        assert await heard(manager) == "STATUS=Receiving mail"
        assert await heard(manager) == "WATCHDOG=1"


async def test_a_manager_that_reads_nothing_or_is_gone_holds_nobody_up(manager: socket.socket, tmp_path: Path) -> None:
    with contextlib.suppress(BlockingIOError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as flood:
        flood.setblocking(False)
        while True:
            flood.sendto(b"x", manager.getsockname())
    rounds: list[int] = []
    for address in (manager.getsockname(), str(tmp_path / "nobody")):
        done = asyncio.Event()

        def health(done: asyncio.Event = done) -> list[str]:
            rounds.append(1)
            done.set()
            return []

        async with supervised(address, 0.02, health):
            await asyncio.wait_for(done.wait(), 5)
    assert len(rounds) >= 2


async def test_where_nobody_listens_it_ends_at_once() -> None:
    await asyncio.wait_for(Supervision("", 0).run(list), 5)


async def test_a_name_in_the_abstract_namespace_is_one() -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind("\0mailapp-test-supervision")
        listening.setblocking(False)
        async with supervised("@mailapp-test-supervision", 0, list):
            assert (await heard(listening)).startswith("READY=1")


@pytest.mark.parametrize(
    ("environ", "seconds"),
    [
        ({"WATCHDOG_USEC": "30000000"}, 30),
        ({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "1"}, 0),
        ({"WATCHDOG_USEC": "soon"}, 0),
        ({}, 0),
    ],
)
def test_the_watchdog_of_another_process_is_not_ours(environ: dict[str, str], seconds: float) -> None:
    assert load(environ).watchdog_s == seconds
