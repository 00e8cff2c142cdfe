"""The queue to a fast local relay, beside a bare aiosmtplib loop; and what an open inbox feels meanwhile."""

import asyncio
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from bench import report
from bench.latency import Case, Delays, deliver
from bench.queue_fill import fill
from bench.servers import ROOT, Server, add_account, command, data_directory, free_port, start_mailapp, until_it_greets
from bench.web import Stream, logged_in

SENDERS = tuple(f"reader{number}@bench.example" for number in range(8))
"""Several: one account may have 1,000 drafts, and what can be recalled counts."""
GOAL = 0.8
LEAD_S = 4.0
"""Seconds the server has to start before the queue is released."""


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


def rate(times: list[float]) -> float:
    """Messages per second from the first to the last."""
    return (len(times) - 1) / (times[-1] - times[0])


def use_relay(data: Path, sink: Sink) -> None:
    command(data, "relay", "set", "--host", "127.0.0.1", "--port", str(sink.server.smtp), "--security", "none")


async def ours(data: Path, sink: Sink, numbers: range, lead: float) -> float:
    """Queue the messages, start the server, and take the rate at which the relay got them."""
    await fill(data, SENDERS, numbers, time.time() + lead)
    server = await asyncio.to_thread(start_mailapp, data)
    try:
        return rate(await sink.has(numbers))
    finally:
        await asyncio.to_thread(server.stop)


async def bare(sink: Sink, numbers: range) -> float:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bench.bare_loop", str(sink.server.smtp), str(len(numbers)), str(numbers.start), cwd=ROOT
    )
    await asyncio.wait_for(process.wait(), 120)
    return rate(await sink.has(numbers))


async def inbox_meanwhile(data: Path, sink: Sink, messages: int, samples: int) -> tuple[Delays, Delays, float]:
    """Dot-to-event at an open inbox, in peace and while the queue runs; and how long the queue ran, in s."""
    case = Case("1 reader", 1, 1, 0)
    numbers = range(5_000_000, 5_000_000 + messages)
    release = time.time() + messages / 60 + samples / 5 + 20
    await fill(data, SENDERS, numbers, release)
    server = await asyncio.to_thread(start_mailapp, data)
    try:
        stream = await Stream.open(server.http, (await logged_in(server.http, SENDERS[0])).cookie)
        await deliver(server, case, {SENDERS[0]: [stream]}, 20, 1_000)
        calm = await deliver(server, case, {SENDERS[0]: [stream]}, samples, 2_000)
        await asyncio.sleep(max(0.0, release - time.time() + 0.1))
        busy = await deliver(server, case, {SENDERS[0]: [stream]}, samples, 3_000)
        await stream.close()
        times = await sink.has(numbers)
        return calm, busy, times[-1] - times[0]
    finally:
        await asyncio.to_thread(server.stop)


async def run(messages: int, rounds: int) -> tuple[str, object]:
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
                mine = await ours(data, sink, halves[0], messages / 60 + 15)
                theirs = await bare(sink, halves[1])
                print(f"relay round {number}: {mine:.0f} {theirs:.0f}", file=sys.stderr)
                pairs += [(mine, theirs)] if number else []
            calm, busy, seconds = await inbox_meanwhile(data, sink, 4 * messages, 30)
        finally:
            sink.server.stop()
    return section(messages, pairs, calm, busy, seconds), {"pairs": pairs, "calm": calm.events, "busy": busy.events}


def section(messages: int, pairs: list[tuple[float, float]], calm: Delays, busy: Delays, seconds: float) -> str:
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
    before, during = (report.percentile(one.events, 0.95) for one in (calm, busy))
    latency = report.table(
        ("inbox", "dot to event p50 ms", "p95 ms", "missing", "goal"),
        [
            ("in peace", f"{report.median(calm.events):.1f}", f"{before:.1f}", calm.missing, ""),
            (
                "while the queue runs",
                f"{report.median(busy.events):.1f}",
                f"{during:.1f}",
                busy.missing,
                f"at most doubled: {report.verdict(during <= 2 * before)}",
            ),
        ],
    )
    text = (
        f"{messages} messages of 4 KB lie in the queue and are released at once, to a stock aiosmtpd on this machine; "
        "the rate is taken there, from the first to the last. mailapp claims, marks in doubt, sends, and commits each "
        "recipient's result. The bare loop is one connection of aiosmtplib's sendmail, which keeps nothing. "
        f"Inbox: {len(calm.events)} and {len(busy.events)} mails of 4 KB, ten a second, the queue ran {seconds:.1f} s."
    )
    return "\n\n".join(("## Sending", text, rates, latency))
