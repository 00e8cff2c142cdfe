"""Scripts that wait for codes: from the final dot to the answer, and what a thousand of them cost."""

import asyncio
import json
import time
from dataclasses import dataclass
from random import Random

from bench import mailgen, report
from bench.dialogue import Dialogue
from bench.receive import READER, Case, Measured, one_round, quiet
from bench.servers import Server, add_account, command, data_directory, start_mailapp
from bench.web import Web
from mailapp.smtp.limits import raise_file_limit

WAIT_S = 300
SETTLE_S = 0.05
"""After a call is sent, until the mail: every call waits by then."""
OPENED_AT_ONCE = 50


@dataclass(frozen=True, slots=True)
class Goals:
    answer_ms: float = 15.0
    added_mb: float = 40.0
    slower: float = 0.10


GOALS = Goals()


@dataclass
class Delays:
    """Milliseconds from the final dot, and answers that were not the code that was sent."""

    answers: list[float]
    replies: list[float]
    wrong: int = 0


def shop(number: int) -> str:
    return f"shop{number}@bench.example"


def code_mail(number: int) -> tuple[bytes, str]:
    """A mail with a code of its own, and the code."""
    code = f"{100_000 + number * 7_919 % 900_000:06d}"
    rng = Random(number)
    top = mailgen.headers(rng, "Your verification code", "text/plain; charset=utf-8")
    body = f"Your verification code is {code}.\r\nIt expires in 10 minutes.\r\n"
    return (top + b"\r\n" + body.encode()).replace(mailgen.PLACEHOLDER, mailgen.tag(number)), code


class Caller(Web):
    """One connection that comes in with a token."""

    def __init__(self, port: int, token: str) -> None:
        super().__init__(port)
        self.fields = f"Authorization: Bearer {token}\r\n"

    async def wait(self, to: str) -> tuple[int, bytes, float]:
        """Status, body, and when the answer was there."""
        status, fields = await self._ask(self._head("GET", f"/api/v1/codes?to={to}&wait={WAIT_S}", self.fields))
        body = await self._body(fields)
        return status, body, time.perf_counter()


async def latency(server: Server, token: str, messages: int, others: int) -> Delays:
    """A call waits, a mail comes; beside `others` calls that wait for other addresses."""
    beside = await _open(server, token, others) if others else []
    caller, sender = Caller(server.http, token), await Dialogue.connect(server.smtp)
    delays = Delays([], [])
    for number in range(messages):
        call = asyncio.create_task(caller.wait(shop(0)))
        await asyncio.sleep(SETTLE_S)
        content, code = code_mail(number)
        sent = await sender.send(content, [shop(0)])
        status, body, at = await asyncio.wait_for(call, 30)
        delays.wrong += status != 200 or json.loads(body)["code"] != code
        delays.answers.append((at - sent.dot_at) * 1e3)
        delays.replies.append((sent.replied_at - sent.dot_at) * 1e3)
    await sender.close()
    caller.close()
    await _close(beside)
    return delays


Waiting = list[tuple["Caller", "asyncio.Task[tuple[int, bytes, float]]"]]
"""Calls that are open."""


async def _open(server: Server, token: str, count: int) -> Waiting:
    """So many calls that wait, each for an address of its own."""
    opened: Waiting = []
    for number in range(1, count + 1):
        caller = Caller(server.http, token)
        opened.append((caller, asyncio.create_task(caller.wait(shop(number)))))
        if number % OPENED_AT_ONCE == 0:
            await asyncio.sleep(SETTLE_S)
    await quiet(server)
    broken = [task for _, task in opened if task.done()]
    for task in broken:
        print(f"a call did not wait: {task.result()[:2]}")
    assert not broken, "calls that should wait were answered"
    return opened


async def _close(opened: Waiting) -> None:
    for caller, task in opened:
        task.cancel()
        caller.close()
    await asyncio.gather(*(task for _, task in opened), return_exceptions=True)


async def crowd(server: Server, token: str, waiting: int, rounds: int, messages: int) -> dict[str, list[float]]:
    """Memory of so many calls, and the rate of receiving beside them and beside none, in alternating rounds."""
    case, first = Case("4k", 10, messages), 10_000_000
    await one_round(server, case, first)
    found: dict[str, list[float]] = {"added": [], "alone": [], "beside": [], "alone_cpu": [], "beside_cpu": []}
    for _ in range(rounds):
        first += messages
        _note(found, "alone", await one_round(server, case, first))
        before = server.rss()
        opened = await _open(server, token, waiting)
        found["added"].append(server.rss() - before)
        first += messages
        _note(found, "beside", await one_round(server, case, first))
        await _close(opened)
        await quiet(server)
    return found


def _note(found: dict[str, list[float]], name: str, measured: Measured) -> None:
    assert not measured.refused, measured.refused
    found[name].append(measured.rate)
    found[f"{name}_cpu"].append(measured.cpu)


async def run(messages: int, waiting: int, rounds: int, flood: int) -> tuple[str, dict[str, object]]:
    raise_file_limit()
    with data_directory() as data:
        add_account(data, READER)
        command(data, "domain", "add", "bench.example", "--catch-all", READER)
        token = command(data, "token", "add", READER).strip()
        server = start_mailapp(data)
        try:
            await latency(server, token, 20, 0)
            alone = await latency(server, token, messages, 0)
            beside = await latency(server, token, messages, waiting)
        finally:
            server.stop()
    with data_directory() as data:
        add_account(data, READER)
        command(data, "domain", "add", "bench.example", "--catch-all", READER)
        token = command(data, "token", "add", READER).strip()
        server = start_mailapp(data)
        try:
            found = await crowd(server, token, waiting, rounds, flood)
        finally:
            server.stop()
    raw: dict[str, object] = {"alone_ms": alone.answers, "beside_ms": beside.answers, **found}
    return section(alone, beside, found, waiting, messages, flood), raw


def section(
    alone: Delays, beside: Delays, found: dict[str, list[float]], waiting: int, messages: int, flood: int
) -> str:
    rows = []
    for title, delays in (("1 call waits", alone), (f"beside {waiting:,} others", beside)):
        p95 = report.percentile(delays.answers, 0.95)
        met = report.verdict(p95 <= GOALS.answer_ms and not delays.wrong)
        rows.append(
            (
                title,
                f"{report.median(delays.replies):.1f} / {report.percentile(delays.replies, 0.95):.1f}",
                f"{report.median(delays.answers):.1f} / {p95:.1f}",
                delays.wrong,
                f"p95 <= {GOALS.answer_ms:.0f} ms: {met}",
            )
        )
    ratios = [b / a for a, b in zip(found["alone"], found["beside"], strict=True)]
    added = max(found["added"], default=0)
    crowd_row = (
        f"{waiting:,}",
        report.spread(found["added"], 1),
        report.spread(found["alone"], 0),
        report.spread(found["beside"], 0),
        report.spread(ratios),
        f"{report.median(found['alone_cpu']):.2f} / {report.median(found['beside_cpu']):.2f}",
        f"< {GOALS.added_mb:.0f} MB: {report.verdict(added < GOALS.added_mb)};"
        f" ratio >= {1 - GOALS.slower:.1f}: {report.verdict(report.median(ratios) >= 1 - GOALS.slower)}",
    )
    text = (
        f"{messages} mails with a code, one after the other, each to a call of `GET /api/v1/codes` that waits for it;"
        " caller and sender share one process and its clock. Beside: calls that wait for other addresses."
    )
    crowded = (
        f"Memory of so many waiting calls (MB, 10^6 bytes), and {flood:,} messages of 4 KB over 10 connections, with"
        " none and with all of them waiting, in alternating rounds."
    )
    headings = ("calls", "dot to 250 p50 / p95 ms", "dot to answer p50 / p95 ms", "wrong", "goal")
    columns = ("waiting", "added MB", "alone msg/s", "beside msg/s", "ratio", "CPU ms alone / beside", "goal")
    return "\n\n".join(
        ("## Waiting for codes", text, report.table(headings, rows), crowded, report.table(columns, [crowd_row]))
    )
