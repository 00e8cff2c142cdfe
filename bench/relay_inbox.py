"""What an open inbox feels while the queue runs: peace, 1,000 released, and the bare loop, in turn on one server."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from bench import mailgen, report
from bench.dialogue import Dialogue, Sent
from bench.latency import Delays
from bench.queue_fill import fill, release
from bench.servers import Server, start_mailapp
from bench.sinks import Sink, bare_loop
from bench.web import Stream, logged_in
from mailapp.store import tallies
from mailapp.store.database import connect

PER_SECOND = 20
PHASES = 6
"""In each round: so often the queue is released, between two times of peace."""
QUEUED = 1_000
"""Messages released in each of them."""
WARM = 20
LATER_S = 86_400.0
REST_S = 0.5
STATES = ("peace", "queue", "bare")


@dataclass
class Round:
    """Dot-to-event at an open inbox by state, and what the relay got a second while the queue ran."""

    delays: dict[str, Delays] = field(default_factory=lambda: {state: Delays([], [], []) for state in STATES})
    rates: list[float] = field(default_factory=list)

    def p95(self, state: str) -> float:
        return report.percentile(self.delays[state].events, 0.95)

    @property
    def ratio(self) -> float:
        return self.p95("queue") / self.p95("peace")


class Mails:
    """Mail to one account at an even pace, all numbered."""

    def __init__(self, port: int, to: str) -> None:
        self._port = port
        self._to = to
        self._pool = mailgen.pool("4k")
        self._number = 0

    async def until(self, done: Callable[[int], bool]) -> dict[bytes, Sent]:
        """Send PER_SECOND until `done`, which gets the number sent so far; what was sent, by its tag."""
        sent: dict[bytes, Sent] = {}
        connection = await Dialogue.connect(self._port)  # a new one each time: each takes 1,000 messages
        start = asyncio.get_running_loop().time()
        while not done(len(sent)):
            self._number += 1
            tag = mailgen.tag(self._number)
            content = self._pool[self._number % len(self._pool)].replace(mailgen.PLACEHOLDER, tag)
            sent[tag] = await connection.send(content, [self._to])
            due = start + len(sent) / PER_SECOND
            await asyncio.sleep(max(0.0, due - asyncio.get_running_loop().time()))
        await connection.close()
        return sent

    async def count(self, number: int) -> dict[bytes, Sent]:
        """Send so many."""
        return await self.until(lambda so_far: so_far >= number)


async def one_round(data: Path, sink: Sink, senders: tuple[str, ...], first: int) -> Round:
    """All states PHASES times each, mixed, so that what the machine does meanwhile meets all of them."""
    await fill(data, senders, range(first, first + PHASES * QUEUED), time.time() + LATER_S)
    server = await asyncio.to_thread(start_mailapp, data)
    try:
        await _counted(data)
        return await _measured(data, sink, server, senders[0], first)
    finally:
        await asyncio.to_thread(server.stop)


async def _measured(data: Path, sink: Sink, server: Server, to: str, first: int) -> Round:
    stream = await Stream.open(server.http, (await logged_in(server.http, to)).cookie)
    mails, sent, found = Mails(server.smtp, to), {state: dict[bytes, Sent]() for state in STATES}, Round()
    await mails.count(WARM)
    for start in range(first, first + PHASES * QUEUED, QUEUED):
        numbers = range(start, start + QUEUED)
        came = sink.follow(numbers)
        await asyncio.to_thread(release, data, QUEUED)
        during, rate = await _while_taking(sink, came, mails, numbers)
        found.rates.append(rate)
        sent["queue"] |= during
        await asyncio.sleep(REST_S)
        sent["peace"] |= await mails.count(len(during))
        theirs = range(numbers.start + 1_000_000_000, numbers.stop + 1_000_000_000)
        came = sink.follow(theirs)
        loop = await bare_loop(sink, theirs)
        sent["bare"] |= (await _while_taking(sink, came, mails, theirs))[0]
        await loop.wait()
        await asyncio.sleep(REST_S)
    await asyncio.sleep(1)  # for events that are late
    await stream.close()
    for state, some in sent.items():
        found.delays[state] = _delays(some, stream)
    return found


async def _while_taking(
    sink: Sink, came: Callable[[], int], mails: Mails, numbers: range
) -> tuple[dict[bytes, Sent], float]:
    """Mails whose dot lies between the relay's first message of these and its last; the rate it got them at."""
    limit = time.monotonic() + 60
    while not came() and time.monotonic() < limit:
        await asyncio.sleep(0.001)
    sent = await mails.until(lambda _: came() >= len(numbers) or time.monotonic() > limit)
    times = await sink.has(numbers)
    within = {tag: one for tag, one in sent.items() if one.wall - (one.replied_at - one.dot_at) < times[-1]}
    return within, rate(times)


def rate(times: list[float]) -> float:
    """Messages per second from the first to the last."""
    return (len(times) - 1) / (times[-1] - times[0])


def _delays(sent: dict[bytes, Sent], stream: Stream) -> Delays:
    delays = Delays([], [], [])
    for tag, one in sent.items():
        delays.replies.append((one.replied_at - one.dot_at) * 1e3)
        at = stream.seen.get(tag)
        if at is None:
            delays.missing += 1
        else:
            delays.events.append((at - one.dot_at) * 1e3)
    return delays


async def _counted(data: Path) -> None:
    """Wait until what was filled in is counted by address: that is done once, and not what is measured here."""
    db = connect(data / "emails.db", read_only=True)
    try:
        async with asyncio.timeout(60):
            while tallies.behind(db):
                await asyncio.sleep(0.1)
    finally:
        db.close()


def section(rounds: list[Round]) -> str:
    """What it was."""
    rows = []
    for number, one in enumerate(rounds, 1):
        cells = [_both(one.delays[state].events) for state in STATES]
        missing = sum(each.missing for each in one.delays.values())
        samples = len(one.delays["queue"].events)
        rows.append((number, samples, *cells, f"{one.ratio:.2f}", report.spread(one.rates, 0), missing))
    whole = {state: [each for one in rounds for each in one.delays[state].events] for state in STATES}
    ratio = report.percentile(whole["queue"], 0.95) / report.percentile(whole["peace"], 0.95)
    rates = [rate for one in rounds for rate in one.rates]
    missing = sum(each.missing for one in rounds for each in one.delays.values())
    rows.append(
        (
            "all",
            len(whole["queue"]),
            *(_both(whole[state]) for state in STATES),
            f"{ratio:.2f}",
            report.spread(rates, 0),
            missing,
        )
    )
    ratios = [one.ratio for one in rounds]
    text = (
        f"Inbox: {PER_SECOND} mails of 4 KB a second come to an open inbox, from the final dot to the event, p50 / p95 "
        f"in ms. {QUEUED} messages are released to the relay {PHASES} times a round; as many mails come in peace after "
        "each, and while the bare loop sends the same beside an idle queue (the machine's share). The account whose "
        "inbox is open is one of those whose mail the queue sends: its stream also carries how that fares. "
        f"p95 at most doubled: median of the rounds {report.spread(ratios)}, "
        f"{report.verdict(report.median(ratios) <= 2 and not missing)}."
    )
    headings = ("round", "mails", "in peace", "while the queue runs", "while the bare loop sends")
    return "\n\n".join((text, report.table((*headings, "p95 against peace", "relay msg/s", "missing"), rows)))


def _both(values: list[float]) -> str:
    return f"{report.median(values):.1f} / {report.percentile(values, 0.95):.1f}"
