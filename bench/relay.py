"""The queue to a fast local relay, beside a bare aiosmtplib loop; and what an open inbox feels meanwhile."""

import asyncio
import sys
import time
from pathlib import Path

from bench import relay_inbox, report
from bench.queue_fill import fill, release
from bench.servers import add_account, data_directory, start_mailapp
from bench.sinks import Sink, bare_loop, use_relay

SENDERS = tuple(f"reader{number}@bench.example" for number in range(8))
"""Several: one account may have 1,000 drafts, and what can be recalled counts."""
GOAL = 0.8
LATER_S = 86_400.0


async def ours(data: Path, sink: Sink, numbers: range) -> float:
    """Queue the messages, start the server, release them, and take the rate at which the relay got them."""
    await fill(data, SENDERS, numbers, time.time() + LATER_S)
    server = await asyncio.to_thread(start_mailapp, data)
    try:
        await asyncio.to_thread(release, data)
        return relay_inbox.rate(await sink.has(numbers))
    finally:
        await asyncio.to_thread(server.stop)


async def bare(sink: Sink, numbers: range) -> float:
    process = await bare_loop(sink, numbers)
    await asyncio.wait_for(process.wait(), 120)
    return relay_inbox.rate(await sink.has(numbers))


async def run(messages: int, rounds: int, inbox_rounds: int) -> tuple[str, object]:
    pairs: list[tuple[float, float]] = []
    with data_directory() as data:
        sink = Sink.start(data.parent / "relay.log")
        try:
            for each in SENDERS:
                add_account(data, each)
            use_relay(data, sink)
            for number in range(rounds + 1 if rounds else 0):
                first = 1_000_000 + number * 2 * messages
                halves = range(first, first + messages), range(first + messages, first + 2 * messages)
                mine = await ours(data, sink, halves[0])
                theirs = await bare(sink, halves[1])
                print(f"relay round {number}: {mine:.0f} {theirs:.0f}", file=sys.stderr)
                pairs += [(mine, theirs)] if number else []
            inboxes = []
            for number in range(inbox_rounds):
                inboxes.append(await relay_inbox.one_round(data, sink, SENDERS, 500_000_000 + number * 10_000_000))
                print(f"relay inbox {number}: {inboxes[-1].ratio:.2f}", file=sys.stderr)
        finally:
            sink.server.stop()
    raw = {
        "pairs": pairs,
        "inbox": [{state: delays.events for state, delays in one.delays.items()} for one in inboxes],
    }
    return section(messages, pairs, inboxes), raw


def section(messages: int, pairs: list[tuple[float, float]], inboxes: list[relay_inbox.Round]) -> str:
    text = (
        f"{messages} messages of 4 KB lie in the queue and are released at once, to a stock aiosmtpd on this machine; "
        "the rate is taken there, from the first to the last. mailapp claims, marks in doubt, sends, and commits each "
        "recipient's result. The bare loop is one connection of aiosmtplib's sendmail, which keeps nothing."
    )
    parts = [_rates(pairs)] if pairs else []
    parts += [relay_inbox.section(inboxes)] if inboxes else []
    return "\n\n".join(("## Sending", text, *parts))


def _rates(pairs: list[tuple[float, float]]) -> str:
    ratios = [mine / theirs for mine, theirs in pairs]
    met = report.verdict(report.median(ratios) >= GOAL)
    return report.table(
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
