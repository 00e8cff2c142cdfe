"""A relay of our own for measurements, a process beside the server, and what it wrote down."""

import asyncio
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bench.servers import ROOT, Server, command, free_port, until_it_greets


@dataclass
class Sink:
    """A relay of our own and what it wrote down."""

    server: Server
    log: Path

    @classmethod
    def start(cls, log: Path, *options: str) -> "Sink":
        port = free_port()
        log.touch()
        process = subprocess.Popen([sys.executable, "-m", "bench.relay_sink", str(port), str(log), *options], cwd=ROOT)
        server = Server(process, port)
        until_it_greets(server)
        return cls(server, log)

    def taken(self) -> list[tuple[float, tuple[str, ...], int]]:
        """(time, recipients, number) of every message so far."""
        lines = (line.split() for line in self.log.read_text(encoding="ascii").splitlines())
        return [(float(at), tuple(to.split(",")), int(number)) for at, to, number in lines]

    async def has(self, numbers: range, patience: float = 120.0) -> list[float]:
        """Wait until every number came; the times they came at, in order."""
        deadline = time.monotonic() + patience
        while time.monotonic() < deadline:
            times = {number: at for at, _, number in self.taken() if number in numbers}
            if len(times) == len(numbers):
                return sorted(times.values())
            await asyncio.sleep(0.1)
        raise RuntimeError(f"the relay got {len(times)} of {len(numbers)} within {patience:.0f} s")

    async def has_more(self, number: int, patience: float = 30.0) -> None:
        """Wait until so many more came."""
        before, deadline = len(self.taken()), time.monotonic() + patience
        while len(self.taken()) < before + number:
            if time.monotonic() > deadline:
                raise RuntimeError("the relay gets nothing")
            await asyncio.sleep(0.01)

    def follow(self, numbers: range) -> Callable[[], int]:
        """Ask what it gives how many of these came since: it reads only what is new, for it is asked often."""
        place, came = self.log.stat().st_size, 0

        def count() -> int:
            nonlocal place, came
            with self.log.open("rb") as file:
                file.seek(place)
                whole = file.read().rpartition(b"\n")[0]
            place += len(whole) + 1 if whole else 0
            came += sum(int(line.rpartition(b" ")[2]) in numbers for line in whole.splitlines())
            return came

        return count


def use_relay(data: Path, sink: Sink) -> None:
    command(data, "relay", "set", "--host", "127.0.0.1", "--port", str(sink.server.smtp), "--security", "none")


async def bare_loop(sink: Sink, numbers: range) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bench.bare_loop", str(sink.server.smtp), str(len(numbers)), str(numbers.start), cwd=ROOT
    )
