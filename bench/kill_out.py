"""kill -9 while the queue runs: every recipient gets the message, twice only where we say that it may be so."""

import asyncio
import sqlite3
import time
from collections import Counter
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from random import Random, SystemRandom

from bench import report
from bench.queue_fill import fill, recipient
from bench.relay import SENDERS
from bench.servers import add_account, data_directory, start_mailapp
from bench.sinks import Sink, use_relay

QUEUED = 200
"""Messages that lie in the queue when a round begins."""
RECIPIENTS = 2
PAUSE_MS = "20"
"""The relay waits up to this before it writes a message down, and again before its 250: kills meet every phase."""
LONGEST_S = 0.8


@dataclass(frozen=True, slots=True)
class Round:
    after: float
    """Seconds from the first sign of health to the kill."""
    open_before: int
    open_after: int
    in_doubt: int
    """Recipients marked in doubt when the process was gone."""


@dataclass(frozen=True, slots=True)
class Verdict:
    messages: int
    lost: list[str]
    twice: int
    unannounced: list[str]
    """Recipients that got it twice and were never marked: must be none."""
    announced: int
    """Recipients marked as possibly sent twice."""
    unfinished: int


def _ask(database: Path, sql: str) -> int:
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as db:
        return int(db.execute(sql).fetchone()[0])


def open_items(database: Path) -> int:
    return _ask(database, "SELECT count(*) FROM queue_items WHERE state IN ('waiting', 'active')")


def in_doubt(database: Path) -> int:
    return _ask(database, "SELECT count(*) FROM queue_recipients WHERE in_doubt = 1")


def judge(database: Path, sink: Sink, numbers: range) -> Verdict:
    """Compare what the relay wrote down with what was queued and what the database says about it."""
    got = Counter(address for _, to, _ in sink.taken() for address in to)
    wanted = [recipient(number * 10 + each) for number in numbers for each in range(RECIPIENTS)]
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as db:
        marked = {row[0] for row in db.execute("SELECT address FROM queue_recipients WHERE doubled = 1")}
        unfinished = db.execute("SELECT count(*) FROM queue_recipients WHERE state <> 'sent'").fetchone()[0]
    return Verdict(
        messages=len(numbers),
        lost=[each for each in wanted if not got[each]],
        twice=sum(1 for each in wanted if got[each] > 1),
        unannounced=[each for each in wanted if got[each] > 1 and each not in marked],
        announced=len(marked),
        unfinished=unfinished,
    )


async def rounds_on(data: Path, sink: Sink, count: int, seed: int, queued: int = QUEUED) -> tuple[list[Round], Verdict]:
    """Fill up to `queued`, start, kill at a random moment, `count` times; then let it finish."""
    rng = Random(seed) if seed else SystemRandom()
    for each in SENDERS:
        add_account(data, each)
    use_relay(data, sink)
    database, rounds, first = data / "emails.db", [], 0
    for _ in range(count):
        missing = queued - open_items(database)
        release = time.time() + missing / 80 + 1.5
        await fill(data, SENDERS, range(first, first + missing), release, RECIPIENTS)
        first += missing
        before = open_items(database)
        server = await asyncio.to_thread(start_mailapp, data)
        after = rng.uniform(0, LONGEST_S)
        await asyncio.sleep(max(0.0, release - time.time()) + after)
        await asyncio.to_thread(server.kill)
        rounds.append(Round(after, before, open_items(database), in_doubt(database)))
    server = await asyncio.to_thread(start_mailapp, data)
    try:
        deadline = time.monotonic() + 120
        while open_items(database) and time.monotonic() < deadline:
            await asyncio.sleep(0.2)
    finally:
        await asyncio.to_thread(server.stop)
    return rounds, judge(database, sink, range(first))


async def run(rounds: int, seed: int) -> tuple[str, object]:
    with data_directory() as data:
        sink = Sink.start(data.parent / "relay.log", "--pause", PAUSE_MS)
        try:
            done, verdict = await rounds_on(data, sink, rounds, seed)
        finally:
            sink.server.stop()
    met = not (verdict.lost or verdict.unannounced or verdict.unfinished)
    text = (
        f"{QUEUED} messages of 4 KB to {RECIPIENTS} recipients each lie in the queue; a relay that pauses up to "
        f"{PAUSE_MS} ms before and after it takes a message; SIGKILL at a random moment, restart on the same data, "
        f"fill up, again: {rounds} rounds, {verdict.messages} messages. Every recipient got the message, twice only "
        f"where it was marked: {report.verdict(met)}. Lost: {len(verdict.lost)}. Sent twice: {verdict.twice}, without "
        f"a mark: {len(verdict.unannounced)}. Marked as possibly sent twice: {verdict.announced}. Not sent in the end: "
        f"{verdict.unfinished}."
    )
    rows = [
        (number, f"{one.after:.2f}", one.open_before, one.open_after, one.in_doubt)
        for number, one in enumerate(done, 1)
    ]
    headings = ("round", "killed after s", "queued before", "queued after", "recipients in doubt")
    return "\n\n".join(("## kill -9 while the queue runs", text, report.table(headings, rows))), [
        [one.after, one.open_before, one.open_after, one.in_doubt] for one in done
    ]
