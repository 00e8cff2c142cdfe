"""What deliveries feel while retention deletes 100,000 messages: final dot to 250 at 50 a second, with and without."""

import asyncio
import time
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from bench import mailgen, report
from bench.dialogue import Dialogue
from bench.search_fill import fill
from bench.servers import Server, add_account, data_directory, start_mailapp
from mailapp.flow.pairing import Pairing
from mailapp.flow.precedence import Precedence
from mailapp.flow.retention import RAN, day_of
from mailapp.store import retention, settings
from mailapp.store.database import Database, connect, transact
from mailapp.store.retention import Limits

PER_SECOND = 50
CONNECTIONS = 10
GOAL = 2.0
"""How many times as long the p95 may get."""
KEPT, OTHER = "kept@bench.example", "other@bench.example"
SETTLE_S = 2.0
STILL_NO_DAY = "1970-01-01"


@dataclass
class Felt:
    """Milliseconds from the final dot to the reply, and what went meanwhile."""

    replies: list[float] = field(default_factory=list)
    refused: int = 0
    gone: int = 0
    seconds: float = 0.0
    cpu_ms: float = 0.0


async def arrive(server: Server, seconds: float, first: int, felt: Felt) -> None:
    """Send 50 messages a second at their own times, whatever the server does, half of them to the account at work."""
    pool, ready = mailgen.pool("4k"), asyncio.Queue[Dialogue]()
    for _ in range(CONNECTIONS):
        ready.put_nowait(await Dialogue.connect(server.smtp))
    loop = asyncio.get_running_loop()
    start, tasks = loop.time(), []

    async def one(number: int) -> None:
        connection = await ready.get()
        content = pool[number % len(pool)].replace(mailgen.PLACEHOLDER, mailgen.tag(number))
        sent = await connection.send(content, [(KEPT, OTHER)[number % 2]])
        ready.put_nowait(connection)
        felt.replies.append((sent.replied_at - sent.dot_at) * 1e3)
        felt.refused += not sent.accepted

    for index in range(int(seconds * PER_SECOND)):
        await asyncio.sleep(start + index / PER_SECOND - loop.time())
        tasks.append(asyncio.create_task(one(first + index)))
    await asyncio.gather(*tasks)
    while not ready.empty():
        await ready.get_nowait().close()


def left(data: Path) -> int:
    """Messages of the fill that are still there: all but what arrived lately."""
    with closing(connect(data / "emails.db", read_only=True)) as db:
        lately = (time.time_ns() // 1_000_000 - retention.DAY_MS) << 12
        found = db.execute("SELECT count(*) FROM messages WHERE id < ?", (lately,)).fetchone()
        return int(found[0])


def prepare(data: Path, day: str) -> None:
    """Let the server believe that retention ran on this day last."""
    with closing(connect(data / "emails.db")) as db:
        transact(db, settings.set_, RAN, day)


async def phase(data: Path, seconds: float, first: int, felt: Felt, *, deleting: bool) -> None:
    prepare(data, STILL_NO_DAY if deleting else day_of(time.time()))
    server = start_mailapp(data)
    try:
        await arrive(server, SETTLE_S, first, Felt())
        before, cpu, began = left(data), server.exact_cpu_ms(), time.monotonic()
        await arrive(server, seconds, first + 10_000, felt)
        felt.gone += before - left(data)
        felt.cpu_ms += server.exact_cpu_ms() - cpu
        felt.seconds += time.monotonic() - began
    finally:
        server.stop()


async def filled(data: Path, messages: int) -> None:
    """Make the accounts, the mail and the rule, unless they are there. What is noted behind deliveries is noted too."""
    if (data / "emails.db").exists():
        return
    data.mkdir(mode=0o700, parents=True, exist_ok=True)
    for address in (KEPT, OTHER):
        add_account(data, address)
    fill(data / "emails.db", KEPT, messages, 0, messages)
    with closing(connect(data / "emails.db")) as db:
        transact(db, retention.put_for_all, "inbox", Limits(days=1))
    database = Database(data / "emails.db")
    await database.open()
    await Pairing(database, Precedence(), rests=0).catch_up()
    await database.close()


async def run(messages: int, rounds: int, seconds: float, data: Path | None) -> tuple[str, object]:
    """Fill (or take, or fill and keep, a data directory), then alternate."""
    if data is not None:
        await filled(data, messages)
        return await measure(data, messages, rounds, seconds)
    with data_directory() as fresh:
        await filled(fresh, messages)
        return await measure(fresh, messages, rounds, seconds)


async def measure(data: Path, messages: int, rounds: int, seconds: float) -> tuple[str, object]:
    without, during = Felt(), Felt()
    first = time.time_ns() // 1_000_000_000 * 100_000 % 10**11
    ratios = []
    for number in range(rounds):
        order = (False, True) if number % 2 == 0 else (True, False)
        p95 = {}
        for deleting in order:
            felt = during if deleting else without
            known = len(felt.replies)
            first += 50_000
            await phase(data, seconds, first, felt, deleting=deleting)
            p95[deleting] = report.percentile(felt.replies[known:], 0.95)
        ratios.append(p95[True] / p95[False])
    raw = {"without": without.replies, "during": during.replies, "ratios": ratios, "gone": during.gone}
    return section(without, during, ratios, messages, left(data)), raw


def section(without: Felt, during: Felt, ratios: list[float], messages: int, still: int) -> str:
    rows = []
    for title, felt in (("nothing is deleted", without), ("retention deletes", during)):
        p50, p95, p99 = (report.percentile(felt.replies, each) for each in (0.5, 0.95, 0.99))
        rate = max(felt.gone, 0) / felt.seconds if felt.seconds else 0
        times = f"{p50:.1f} / {p95:.1f} / {p99:.1f}"
        cpu = felt.cpu_ms / felt.seconds / 10 if felt.seconds else 0
        rows.append((title, len(felt.replies), times, felt.refused, f"{rate:.0f}", f"{cpu:.0f} %"))
    times_over = report.percentile(during.replies, 0.95) / (report.percentile(without.replies, 0.95) or 1)
    headings = ("meanwhile", "messages", "dot to 250, ms: p50 / p95 / p99", "refused", "deleted a second", "CPU")
    text = (
        f"{PER_SECOND} messages of 4 KB a second over {CONNECTIONS} connections, each at its own time; a rule is about"
        f" {messages:,} messages with full text, {still:,} of them still there at the end. Ratio of the p95:"
        f" {times_over:.2f} (by round {report.spread(ratios)}), goal at most {GOAL:.1f}:"
        f" {report.verdict(times_over <= GOAL and not during.refused)}."
    )
    return "\n\n".join(("## Retention", text, report.table(headings, rows)))
