"""A big mail goes out in pieces: what is kept in memory does not grow with it."""

import asyncio
import hashlib
import json
import sys
import tracemalloc
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from mailapp.transport.smtp_client import RelayTarget, connect
from tests.transport.conftest import SENDER, Dots

ROOT = Path(__file__).parent.parent.parent
MB = 1_000_000


class Generated:
    """A content of lines made when they are read; it takes no memory itself."""

    line = b".a line that begins with a dot, so that every one has to be changed on the way\r\n"

    def __init__(self, size: int) -> None:
        self.size = size

    def read(self, offset: int, length: int) -> bytes:
        length = min(length, self.size - offset)
        start = offset % len(self.line)
        return (self.line * (length // len(self.line) + 2))[start : start + length]

    def digest(self) -> str:
        whole = hashlib.sha256()
        for at in range(0, self.size, MB):
            whole.update(self.read(at, MB))
        return whole.hexdigest()


@pytest.fixture
async def lines() -> AsyncIterator[asyncio.StreamReader]:
    """What a relay in a process of its own prints: its memory does not count here."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.relays", "--tls", "none", "--keep", cwd=ROOT, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    yield process.stdout
    process.terminate()
    await process.wait()


async def test_20_mb_leave_in_pieces_and_arrive_whole(lines: asyncio.StreamReader) -> None:
    content = Generated(20 * MB // len(Generated.line) * len(Generated.line))
    async with asyncio.timeout(60):
        target = RelayTarget("big", "127.0.0.1", int(await lines.readline()), "none")
        session = await connect(target, hostname="mx.example")
        tracemalloc.start()
        try:
            (reply,) = await session.send(SENDER, ["bo@far.example"], content, utf8=False, before_dot=Dots())
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
        await session.close()
        taken = json.loads(await lines.readline())

    assert reply.ok
    assert peak < MB
    assert (taken["size"], taken["sha256"]) == (content.size, content.digest())
