"""Disk, clock and backups of the machine below; time asked of a real SNTP server on loopback."""

import asyncio
import os
import shutil
import struct
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mailapp.flow import check_machine
from mailapp.flow.check_choices import Choices
from mailapp.flow.check_finding import BAD, HINT, OK, WARN, Result
from mailapp.transport import clock as clocks
from tests.flow.checks import looking

MIB, GIB = 1 << 20, 1 << 30
EPOCH = 2_208_988_800


def said(result: Result) -> tuple[str, str]:
    return result.state, result.reason


@pytest.mark.parametrize(
    ("free", "total", "state", "reason"),
    [
        (100 * MIB, 10 * GIB, BAD, "full"),
        (1 * GIB, 10 * GIB, WARN, "low"),
        (30 * GIB, 1000 * GIB, WARN, "low"),
        (5 * GIB, 20 * GIB, OK, "room"),
    ],
)
async def test_room_is_judged_by_size_and_share(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, free: int, total: int, state: str, reason: str
) -> None:
    usage = type("usage", (), {"free": free, "total": total})
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
    async with looking(tmp_path) as (_, here):
        assert said(await check_machine.disk(here)) == (state, reason)


async def test_the_newest_whole_backup_counts(tmp_path: Path) -> None:
    async with looking(tmp_path) as (_, here):
        assert said(await check_machine.backup(here)) == (WARN, "none")
        here.backups.mkdir()
        assert said(await check_machine.backup(here)) == (WARN, "none")
        now = here.clock()
        for name, hours in (("old.backup", 300), ("new.backup", 1), (".being-written", 0)):
            file = here.backups / name
            file.write_text("x")
            os.utime(file, (now - hours * 3600, now - hours * 3600))
        result = await check_machine.backup(here)
        assert (said(result), result.values["hours"]) == ((OK, "fresh"), 1)
        later = replace(here, clock=lambda: now + 60 * 3600)
        assert said(await check_machine.backup(later)) == (WARN, "old")
        later = replace(here, clock=lambda: now + 200 * 3600)
        assert said(await check_machine.backup(later)) == (BAD, "old")


class _Sntp(asyncio.DatagramProtocol):
    def __init__(self, ahead: float, *, mode: int = 4, stratum: int = 2) -> None:
        self.ahead, self.mode, self.stratum = ahead, mode, stratum

    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def datagram_received(self, data: bytes, addr: Any) -> None:
        now = time.time() + self.ahead + EPOCH
        stamp = struct.pack("!II", int(now) & 0xFFFFFFFF, int(now % 1 * 2**32))
        head = struct.pack("!BBBB", 4 << 3 | self.mode, self.stratum, 0, 0) + bytes(20)
        self.transport.sendto(head + data[40:48] + stamp + stamp, addr)


@asynccontextmanager
async def _time(server: _Sntp) -> AsyncIterator[int]:
    transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(
        lambda: server, local_addr=("127.0.0.1", 0)
    )
    yield transport.get_extra_info("sockname")[1]
    transport.close()


@pytest.mark.parametrize(
    ("server", "state", "reason"),
    [
        (_Sntp(0), OK, "right"),
        (_Sntp(20), WARN, "behind"),
        (_Sntp(-20), WARN, "ahead"),
        (_Sntp(500), BAD, "behind"),
        (_Sntp(0, mode=3), HINT, "no_time"),
        (_Sntp(0, stratum=0), HINT, "no_time"),
    ],
)
async def test_the_clock_is_compared_with_the_server_that_is_named(
    tmp_path: Path, server: _Sntp, state: str, reason: str
) -> None:
    async with _time(server) as port, looking(tmp_path, choices=Choices(time_server="127.0.0.1")) as (_, here):
        assert said(await check_machine.clock(replace(here, time_port=port))) == (state, reason)


@pytest.mark.parametrize(
    ("kept", "state", "reason"), [(True, OK, "kept"), (False, HINT, "not_kept"), (None, HINT, "unknown")]
)
async def test_without_a_server_the_kernel_is_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kept: bool | None, state: str, reason: str
) -> None:
    monkeypatch.setattr(clocks, "is_kept", lambda: kept)
    async with looking(tmp_path) as (_, here):
        assert said(await check_machine.clock(here)) == (state, reason)


def test_the_kernel_can_be_asked() -> None:
    assert clocks.is_kept() in (True, False, None)


async def test_a_server_that_is_silent_is_not_waited_for() -> None:
    async with _time(_Sntp(0)) as port:
        pass
    with pytest.raises(clocks.NoTime):
        await clocks.offset("127.0.0.1", port, timeout=0.2)
