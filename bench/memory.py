"""Resident memory of the process, and what a very large mail does to it and to everybody else meanwhile."""

import asyncio
import contextlib
import sys
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from bench import mailgen, report
from bench.dialogue import Dialogue
from bench.receive import READER, Case, one_round, quiet
from bench.servers import ROOT, Server, add_account, data_directory, start_mailapp, start_null_sink
from bench.web import Web

GOALS = {"idle": 60.0, "mixed": 90.0, "added": 130.0, "stall": 60.0}

NOOPS = 20
"""Commands on one connection before the next: the server ends one that only talks and sends nothing."""


@dataclass
class Probes:
    """What others felt, in ms, and the memory seen every 5 ms, in MB."""

    noop: list[float] = field(default_factory=list)
    healthz: list[float] = field(default_factory=list)
    delivery: list[float] = field(default_factory=list)
    rss: list[float] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Large:
    """One large mail: memory before, at its highest, after 5 s and 30 s; what others felt during it and without it."""

    kind: str
    reply: str
    seconds: float
    before: float
    peak: float
    after: float
    later: float
    during: Probes
    calm: Probes


@contextlib.asynccontextmanager
async def probing(server: Server) -> AsyncIterator[Probes]:
    """Other people at work beside whatever the body does: NOOPs, small deliveries, /healthz; and the sampler."""
    probes, small = Probes(), mailgen.pool("4k", count=8)
    second, web = await Dialogue.connect(server.smtp), Web(server.http)

    async def noops() -> None:
        while True:
            first = await Dialogue.connect(server.smtp)
            for _ in range(NOOPS):
                probes.noop.append(await first.noop() * 1e3)
                await asyncio.sleep(0.004)
            await first.close()

    async def pages() -> None:
        while True:
            started = time.perf_counter()
            await web.get("/healthz")
            probes.healthz.append((time.perf_counter() - started) * 1e3)
            await asyncio.sleep(0.01)

    async def deliveries() -> None:
        for number in range(10**9):
            content = small[number % 8].replace(mailgen.PLACEHOLDER, mailgen.tag(number + 900_000))
            sent = await second.send(content, [READER])
            probes.delivery.append((sent.replied_at - sent.dot_at) * 1e3)
            await asyncio.sleep(0.05)

    async def samples() -> None:
        while True:
            probes.rss.append(server.rss())
            await asyncio.sleep(0.005)

    tasks = [asyncio.create_task(one()) for one in (noops, pages, deliveries, samples)]
    try:
        yield probes
    finally:
        broken = [task for task in tasks if task.done()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await second.close()
        web.close()
    for task in broken:
        await task


async def send_large(kind: str, port: int) -> tuple[str, float]:
    """Send from a process of its own, as fast as it goes; the reply and the seconds it took."""
    arguments = (sys.executable, "-m", "bench.big", kind, str(port), READER)
    process = await asyncio.create_subprocess_exec(*arguments, cwd=ROOT, stdout=asyncio.subprocess.PIPE)
    output, _ = await asyncio.wait_for(process.communicate(), 120)
    reply, _, seconds = output.decode().strip().rpartition("|")
    return reply, float(seconds or 0)


async def large_mail(server: Server, null: Server, kind: str) -> Large:
    """A large mail with probes beside it, after the same mail to the null sink as the measure of the machine."""
    async with probing(server) as calm:
        await send_large(kind, null.smtp)
    await quiet(server)
    before = server.rss()
    server.forget_peak()
    async with probing(server) as during:
        reply, seconds = await send_large(kind, server.smtp)
        await asyncio.sleep(1)
    peak = max(server.peak(), *during.rss)
    await asyncio.sleep(4)
    after = server.rss()
    await asyncio.sleep(25)
    return Large(kind, reply, seconds, before, peak, after, server.rss(), during, calm)


async def run(messages: int) -> tuple[str, object]:
    with data_directory() as data:
        add_account(data, READER)
        server = start_mailapp(data)
        try:
            await asyncio.sleep(3)
            idle = server.rss()
            mixed = await one_round(server, Case("mixed", 10, messages), 0)
            await asyncio.sleep(5)
            after_mixed = server.rss()
        finally:
            server.stop()
    larges = []
    for kind in ("attachment", "html"):
        with data_directory() as data:
            add_account(data, READER)
            server, null = start_mailapp(data), start_null_sink()
            try:
                larges.append(await large_mail(server, null, kind))
            finally:
                server.stop()
                null.stop()
    text = section(idle, mixed.accepted, after_mixed, larges)
    if mixed.refused:
        text += f"\n\nNot accepted: {'; '.join(mixed.refused)}"
    raw = {"idle": idle, "after_mixed": after_mixed, "mixed_refused": mixed.refused}
    return text, raw | {one.kind: {"before": one.before, "peak": one.peak, "after": one.after} for one in larges}


def section(idle: float, accepted: int, after_mixed: float, larges: list[Large]) -> str:
    small = report.table(
        ("process", "RSS MB", "goal"),
        [
            ("idle, 3 s after its start", f"{idle:.0f}", f"< 60: {report.verdict(idle < GOALS['idle'])}"),
            (
                f"after {accepted:,} mixed messages",
                f"{after_mixed:.0f}",
                f"< 90: {report.verdict(after_mixed < GOALS['mixed'])}",
            ),
        ],
    )
    rows, stalls = [], []
    for one in larges:
        added = one.peak - one.before
        figures = (one.before, one.peak, added, one.after, one.later)
        goal = f"adds <= 130: {report.verdict(added <= GOALS['added'])}"
        rows.append((one.kind, one.reply[:30], f"{one.seconds:.1f}", *(f"{each:.0f}" for each in figures), goal))
        for name in ("noop", "healthz", "delivery"):
            felt, calm = getattr(one.during, name), getattr(one.calm, name)
            worst = max(felt, default=0)
            met = report.verdict(worst <= GOALS["stall"])
            parts = (f"{report.percentile(felt, 0.95):.1f}", f"{worst:.0f}", f"{max(calm, default=0):.0f}")
            stalls.append((one.kind, name, len(felt), *parts, f"max <= 60 ms: {met}"))
    large = report.table(("mail", "reply", "s", "before", "peak", "added", "after 5 s", "after 30 s", "goal"), rows)
    others = report.table(("mail", "probe", "samples", "p95 ms", "max ms", "max ms, mail to the sink", "goal"), stalls)
    text = (
        "MB are 10^6 bytes. The large mails are 30 MiB attached and 27 MiB of HTML, each to a fresh process, sent from "
        "another process as fast as it goes, while others send NOOP, ask /healthz and deliver 4 KB. The column before "
        "the goal is the same probing while the mail goes to the null sink instead: the machine's own noise."
    )
    return "\n\n".join(("## Memory and what others feel", text, small, large, others))
