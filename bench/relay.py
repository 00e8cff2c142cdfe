"""The queue to a fast local relay, beside a bare aiosmtplib loop; and what an open inbox feels meanwhile."""

import asyncio
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from bench import report
from bench.latency import Case, Delays, deliver
from bench.queue_fill import fill, release
from bench.servers import ROOT, Server, add_account, command, data_directory, free_port, start_mailapp, until_it_greets
from bench.web import Stream, logged_in

SENDERS = tuple(f"reader{number}@bench.example" for number in range(8))
"""Several: one account may have 1,000 drafts, and what can be recalled counts."""
GOAL = 0.8
SAMPLES = 40
"""Mails that come in meanwhile, in each round."""
QUEUED = 6_000
"""Messages queued in each of them."""
LATER_S = 86_400.0


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


def rate(times: list[float]) -> float:
    """Messages per second from the first to the last."""
    return (len(times) - 1) / (times[-1] - times[0])


def use_relay(data: Path, sink: Sink) -> None:
    command(data, "relay", "set", "--host", "127.0.0.1", "--port", str(sink.server.smtp), "--security", "none")


async def ours(data: Path, sink: Sink, numbers: range) -> float:
    """Queue the messages, start the server, release them, and take the rate at which the relay got them."""
    await fill(data, SENDERS, numbers, time.time() + LATER_S)
    server = await asyncio.to_thread(start_mailapp, data)
    try:
        await asyncio.to_thread(release, data)
        return rate(await sink.has(numbers))
    finally:
        await asyncio.to_thread(server.stop)


async def bare_loop(sink: Sink, numbers: range) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bench.bare_loop", str(sink.server.smtp), str(len(numbers)), str(numbers.start), cwd=ROOT
    )


async def bare(sink: Sink, numbers: range) -> float:
    process = await bare_loop(sink, numbers)
    await asyncio.wait_for(process.wait(), 120)
    return rate(await sink.has(numbers))


@dataclass
class Inbox:
    """Dot-to-event at an open inbox: in peace, while the queue runs, and while the bare loop does that work instead."""

    calm: Delays
    busy: Delays
    beside: Delays
    taken: list[float]
    """Mails a second the relay got while the queue ran."""

    def add(self, other: "Inbox") -> None:
        for mine, theirs in ((self.calm, other.calm), (self.busy, other.busy), (self.beside, other.beside)):
            mine.events += theirs.events
            mine.replies += theirs.replies
            mine.missing += theirs.missing
        self.taken += other.taken


async def inbox_meanwhile(data: Path, sink: Sink, numbers: range) -> Inbox:
    """One round. The queue must not run dry before the last of the mails is in."""
    case = Case("1 reader", 1, 1, 0)
    await fill(data, SENDERS, numbers, time.time() + LATER_S)
    server = await asyncio.to_thread(start_mailapp, data)
    loop: asyncio.subprocess.Process | None = None
    try:
        stream = await Stream.open(server.http, (await logged_in(server.http, SENDERS[0])).cookie)
        streams = {SENDERS[0]: [stream]}
        await deliver(server, case, streams, 20, numbers.start % 1_000_000)
        calm = await deliver(server, case, streams, SAMPLES, numbers.start % 1_000_000 + 100)
        await asyncio.to_thread(release, data)
        await sink.has_more(20)
        began, first = time.time(), len(sink.taken())
        busy = await deliver(server, case, streams, SAMPLES, numbers.start % 1_000_000 + 200)
        ended = time.time() - 1  # deliver() listens so long for latecomers
        taken = [at for at, _, _ in sink.taken()[first:] if at < ended]
        if taken[-1] < ended - 0.2:
            raise RuntimeError(f"the queue ran dry {ended - taken[-1]:.1f} s too early")
        await sink.has(numbers)
        loop = await bare_loop(sink, range(numbers.stop, numbers.stop + 100_000))
        await sink.has_more(20)
        beside = await deliver(server, case, streams, SAMPLES, numbers.start % 1_000_000 + 300)
        await stream.close()
        return Inbox(calm, busy, beside, [len(taken) / (ended - began)])
    finally:
        if loop is not None:
            loop.kill()
            await loop.wait()
        await asyncio.to_thread(server.stop)


async def run(messages: int, rounds: int, inbox_rounds: int) -> tuple[str, object]:
    pairs: list[tuple[float, float]] = []
    with data_directory() as data:
        sink = Sink.start(data.parent / "relay.log")
        try:
            for each in SENDERS:
                add_account(data, each)
            use_relay(data, sink)
            for number in range(rounds + 1):
                first = 1_000_000 + number * 2 * messages
                halves = range(first, first + messages), range(first + messages, first + 2 * messages)
                mine = await ours(data, sink, halves[0])
                theirs = await bare(sink, halves[1])
                print(f"relay round {number}: {mine:.0f} {theirs:.0f}", file=sys.stderr)
                pairs += [(mine, theirs)] if number else []
            inbox = Inbox(Delays([], [], []), Delays([], [], []), Delays([], [], []), [])
            for number in range(inbox_rounds):
                first = 500_000_000 + number * 10_000_000
                inbox.add(await inbox_meanwhile(data, sink, range(first, first + QUEUED)))
        finally:
            sink.server.stop()
    raw = {"pairs": pairs, "calm": inbox.calm.events, "busy": inbox.busy.events, "beside": inbox.beside.events}
    return section(messages, pairs, inbox), raw


def section(messages: int, pairs: list[tuple[float, float]], inbox: Inbox) -> str:
    ratios = [mine / theirs for mine, theirs in pairs]
    met = report.verdict(report.median(ratios) >= GOAL)
    rates = report.table(
        ("mailapp msg/s", "bare loop msg/s", "ratio", "goal"),
        [
            (
                report.spread([one[0] for one in pairs], 0),
                report.spread([one[1] for one in pairs], 0),
                report.spread(ratios),
                f"ratio >= {GOAL}: {met}",
            )
        ],
    )
    before, during = (report.percentile(one.events, 0.95) for one in (inbox.calm, inbox.busy))
    latency = report.table(
        ("inbox", "dot to 250 p50 / p95 ms", "dot to event p50 / p95 ms", "missing", "goal"),
        [
            (title, _both(delays.replies), _both(delays.events), delays.missing, goal)
            for title, delays, goal in (
                ("in peace", inbox.calm, ""),
                ("while the queue runs", inbox.busy, f"p95 at most doubled: {report.verdict(during <= 2 * before)}"),
                ("while the bare loop sends, mailapp's queue empty", inbox.beside, "the machine's share"),
            )
        ],
    )
    text = (
        f"{messages} messages of 4 KB lie in the queue and are released at once, to a stock aiosmtpd on this machine; "
        "the rate is taken there, from the first to the last. mailapp claims, marks in doubt, sends, and commits each "
        "recipient's result. The bare loop is one connection of aiosmtplib's sendmail, which keeps nothing. "
        f"Inbox: {len(inbox.busy.events)} mails of 4 KB, ten a second, in {len(inbox.taken)} rounds; the relay got "
        f"{report.spread(inbox.taken, 0)} messages a second meanwhile. The account whose inbox is open is one of "
        f"{len(SENDERS)} whose mail the queue sends: its stream also carries how that fares."
    )
    tables = [table for table, measured in ((rates, pairs), (latency, inbox.busy.events)) if measured]
    return "\n\n".join(("## Sending", text, *tables))


def _both(values: list[float]) -> str:
    return f"{report.median(values):.1f} / {report.percentile(values, 0.95):.1f}"
