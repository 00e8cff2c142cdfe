"""From the final dot of DATA to the event at an open stream, and to the 250, with one reader and with 50 inboxes."""

import asyncio
from dataclasses import dataclass
from pathlib import Path

from bench import mailgen, report
from bench.dialogue import Dialogue
from bench.servers import Server, add_account, data_directory, start_mailapp
from bench.web import Stream, Web, logged_in

PER_SECOND = 10


@dataclass(frozen=True, slots=True)
class Case:
    """How many accounts are read, by how many streams each; goal is the p95 in ms the issue asks for."""

    title: str
    accounts: int
    streams: int
    goal: float


CASES = (
    Case("1 reader", 1, 1, 8.0),
    Case("50 open inboxes, 10 accounts", 10, 5, 25.0),
    Case("50 open inboxes, 1 account", 1, 50, 25.0),
)


@dataclass
class Delays:
    """Milliseconds from the final dot, and events that never came."""

    replies: list[float]
    events: list[float]
    last_events: list[float]
    """Per message: when the last of its readers had it."""
    missing: int = 0


def address(number: int) -> str:
    return f"reader{number}@bench.example"


async def deliver(server: Server, case: Case, streams: dict[str, list[Stream]], messages: int, first: int) -> Delays:
    """Send one message every 100 ms, each to one account in turn, and wait for its events."""
    pool = mailgen.pool("4k")
    connection = await Dialogue.connect(server.smtp)
    sent = {}
    start = asyncio.get_running_loop().time()
    for number in range(first, first + messages):
        await asyncio.sleep(start + (number - first) / PER_SECOND - asyncio.get_running_loop().time())
        to = address(number % case.accounts)
        content = pool[number % len(pool)].replace(mailgen.PLACEHOLDER, mailgen.tag(number))
        sent[number] = (await connection.send(content, [to]), to)
    await asyncio.sleep(1)
    await connection.close()
    delays = Delays([], [], [])
    for number, (one, to) in sent.items():
        delays.replies.append((one.replied_at - one.dot_at) * 1e3)
        came = [stream.seen.get(mailgen.tag(number)) for stream in streams[to]]
        there = [(at - one.dot_at) * 1e3 for at in came if at is not None]
        delays.events += there
        delays.missing += len(came) - len(there)
        delays.last_events += [max(there)] if there else []
    return delays


async def one_case(server: Server, case: Case, cookies: dict[str, str], messages: int, first: int) -> Delays:
    streams = {
        to: [await Stream.open(server.http, cookies[to]) for _ in range(case.streams)]
        for to in map(address, range(case.accounts))
    }
    await deliver(server, case, streams, 20, first)
    await asyncio.sleep(0.5)
    try:
        return await deliver(server, case, streams, messages, first + 20)
    finally:
        for each in (one for some in streams.values() for one in some):
            await each.close()


async def _prepared(data: Path) -> tuple[Server, dict[str, str]]:
    addresses = [address(number) for number in range(max(case.accounts for case in CASES))]
    for each in addresses:
        add_account(data, each)
    server = start_mailapp(data)
    cookies = {}
    for each in addresses:
        web: Web = await logged_in(server.http, each)
        cookies[each] = web.cookie
        web.close()
    return server, cookies


async def run(messages: int) -> tuple[str, object]:
    """All cases on one server, one after the other."""
    rows, raw = [], {}
    with data_directory() as data:
        server, cookies = await _prepared(data)
        try:
            for at, case in enumerate(CASES):
                delays = await one_case(server, case, cookies, messages, at * 100_000)
                p95 = report.percentile(delays.events, 0.95)
                met = p95 < case.goal and not delays.missing
                rows.append(
                    (
                        case.title,
                        f"{report.median(delays.replies):.1f} / {report.percentile(delays.replies, 0.95):.1f}",
                        f"{report.median(delays.events):.1f} / {p95:.1f}",
                        f"{report.percentile(delays.last_events, 0.95):.1f}",
                        delays.missing,
                        f"p95 < {case.goal:.0f} ms: {report.verdict(met)}",
                    )
                )
                raw[case.title] = {"reply_ms": delays.replies, "event_ms": delays.events, "missing": delays.missing}
        finally:
            server.stop()
    headings = ("open streams", "dot to 250 p50 / p95 ms", "dot to event p50 / p95 ms", "last reader p95 ms")
    text = f"{messages} messages of 4 KB, {PER_SECOND} a second; sender and readers share one process and its clock."
    return "\n\n".join(("## Latency", text, report.table((*headings, "missing", "goal"), rows))), raw
