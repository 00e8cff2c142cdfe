"""The load client: many connections, one process, no more work per message than the dialogue needs.

Run as its own process (`python -m bench.load --port P ...`); prints one JSON object. Each connection speaks
EHLO, then MAIL, RCPT, DATA and the content for message after message, waiting for every reply.
"""

import argparse
import asyncio
import json
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

import uvloop

from bench import mailgen

PER_CONNECTION = 900
"""Messages before a connection is closed and another opened, as sending systems do; servers end one at about 1,000."""

_STEPS = {"greeting": b"220", "ehlo": b"250", "mail": b"250", "rcpt": b"250", "data": b"354", "content": b"250"}


@dataclass
class Run:
    """What all connections share: letters to send, what came of them."""

    letters: list[bytes]
    recipients: list[bytes]
    total: int
    first: int
    reconnect: bool = False
    pipeline: bool = False
    taken: int = 0
    accepted: int = 0
    refused: list[str] = field(default_factory=list)
    times: list[float] = field(default_factory=list)
    """Seconds from the final dot to its reply."""
    open_connections: int = 0
    done: asyncio.Event = field(default_factory=asyncio.Event)

    def take(self) -> int | None:
        if self.taken >= self.total:
            return None
        self.taken += 1
        return self.first + self.taken - 1

    def content(self, number: int) -> bytes:
        letter = self.letters[number % len(self.letters)]
        return letter.replace(mailgen.PLACEHOLDER, mailgen.tag(number))


class Connection(asyncio.Protocol):
    """One SMTP connection driven by its replies."""

    def __init__(self, run: Run, port: int) -> None:
        self.run = run
        self.port = port
        self.step = "greeting"
        self.buffer = b""
        self.started = 0.0
        self.number: int | None = None
        self.left = 1 if run.reconnect else PER_CONNECTION

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)  # uvloop's is no subclass of it

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        while True:
            line, newline, rest = self.buffer.partition(b"\n")
            if not newline:
                return
            self.buffer = rest
            if line[3:4] != b"-":
                self.replied(line)

    def replied(self, line: bytes) -> None:
        step = self.step
        if step == "quit":
            self.transport.close()
            return
        if not line.startswith(_STEPS[step]):
            self.run.refused.append(f"{step}: {line.decode('utf-8', 'replace').strip()}")
            if step == "content":
                self.next_message()
            else:
                self.transport.close()
            return
        write = self.transport.write
        if step == "content":
            self.run.times.append(time.perf_counter() - self.started)
            self.run.accepted += 1
            self.next_message()
        elif step == "data":
            assert self.number is not None
            content = self.run.content(self.number)
            self.step = "content"
            self.started = time.perf_counter()
            self.transport.writelines((content, b".\r\n"))
        elif step == "mail":
            self.step = "rcpt"
            if not self.run.pipeline:
                assert self.number is not None
                write(self.run.recipients[self.number % len(self.run.recipients)])
        elif step == "rcpt":
            self.step = "data"
            if not self.run.pipeline:
                write(b"DATA\r\n")
        elif step == "ehlo":
            self.next_message()
        else:
            self.step = "ehlo"
            write(b"EHLO client.bench.example\r\n")

    def next_message(self) -> None:
        number = self.run.take() if self.left else None
        self.left -= 1
        if number is None:
            self.step = "quit"
            self.transport.write(b"QUIT\r\n")
            return
        self.number = number
        self.step = "mail"
        line = b"MAIL FROM:<bench@sender.example>\r\n"
        if self.run.pipeline:
            line += self.run.recipients[number % len(self.run.recipients)] + b"DATA\r\n"
        self.transport.write(line)

    def connection_lost(self, exc: Exception | None) -> None:
        if self.step != "quit":
            self.run.refused.append(f"connection lost at {self.step}: {exc}")
        elif self.run.taken < self.run.total:
            task = asyncio.get_running_loop().create_task(connect(self.run, self.port))
            _tasks.add(task)
            task.add_done_callback(_tasks.discard)
            return
        self.run.open_connections -= 1
        if not self.run.open_connections:
            self.run.done.set()


_tasks: set["asyncio.Task[None]"] = set()


async def connect(run: Run, port: int) -> None:
    """Open one connection; it drives itself from there."""
    await asyncio.get_running_loop().create_connection(lambda: Connection(run, port), "127.0.0.1", port)


async def load(run: Run, port: int, connections: int) -> float:
    """Send everything; returns the seconds from the first connect to the last reply."""
    started = time.perf_counter()
    run.open_connections = connections
    for _ in range(connections):
        await connect(run, port)
    await run.done.wait()
    return time.perf_counter() - started


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.load", description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--to", action="append", default=[], help="recipient; repeat to alternate")
    parser.add_argument("--kind", default="4k", help="4k, 100k or mixed")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--first", type=int, default=0, help="number of the first message")
    parser.add_argument("--messages", type=int, default=1000)
    parser.add_argument("--connections", type=int, default=10)
    parser.add_argument("--reconnect", action="store_true", help="a new connection for each message")
    parser.add_argument("--pipeline", action="store_true", help="MAIL, RCPT and DATA in one write (RFC 2920)")
    return parser.parse_args()


def main() -> None:
    given = arguments()
    recipients = [f"RCPT TO:<{each}>\r\n".encode() for each in given.to or ["reader@bench.example"]]
    letters = mailgen.pool(given.kind, given.seed)
    run = Run(letters, recipients, given.messages, given.first, given.reconnect, given.pipeline)
    seconds = uvloop.run(load(run, given.port, given.connections))
    times = sorted(run.times) or [0.0]
    cpu = Path("/proc/self/stat").read_text().rpartition(")")[2].split()
    json.dump(
        {
            "seconds": seconds,
            "accepted": run.accepted,
            "refused": len(run.refused),
            "first_refusals": run.refused[:3],
            "p50_ms": times[len(times) // 2] * 1e3,
            "p95_ms": times[int(len(times) * 0.95)] * 1e3,
            "client_cpu_ms": (int(cpu[11]) + int(cpu[12])) * 10 / max(1, run.accepted),
        },
        sys.stdout,
    )


if __name__ == "__main__":
    main()
