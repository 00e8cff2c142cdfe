"""Receiving against the null sink: messages per second, and the server's CPU per message, in alternating rounds.

What counts for mailapp is a message stored durably, parsed, indexed, answered 250 AND pushed to one open inbox.
"""

import asyncio
import json
import subprocess
import sys
from dataclasses import dataclass

from bench import report
from bench.servers import ROOT, Server, add_account, data_directory, start_mailapp, start_null_sink
from bench.web import Stream, logged_in

READER = "reader@bench.example"


@dataclass(frozen=True, slots=True)
class Measured:
    """One round on one server."""

    rate: float
    cpu: float
    p95_ms: float
    accepted: int
    refused: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Case:
    """One row of the table."""

    kind: str
    connections: int
    messages: int


CASES = tuple(
    Case(kind, connections, messages)
    for kind, counts in (("4k", {1: 600, 10: 2500, 50: 3000}), ("100k", {1: 200, 10: 500, 50: 500}))
    for connections, messages in counts.items()
)


async def one_round(server: Server, case: Case, first: int, extra: tuple[str, ...] = ()) -> Measured:
    """Send a case's messages to a server, wait until it is quiet, and take its CPU time."""
    arguments = {
        "--port": server.smtp,
        "--to": READER,
        "--kind": case.kind,
        "--first": first,
        "--messages": case.messages,
        "--connections": case.connections,
    }
    before = server.cpu_ms()
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bench.load", *(str(one) for pair in arguments.items() for one in pair), *extra,
        cwd=ROOT, stdout=subprocess.PIPE,
    )  # fmt: skip
    output, _ = await asyncio.wait_for(process.communicate(), 300)
    await quiet(server)
    result = json.loads(output)
    done = result["accepted"]
    return Measured(
        rate=done / result["seconds"],
        cpu=(server.cpu_ms() - before) / max(1, done),
        p95_ms=result["p95_ms"],
        accepted=done,
        refused=tuple(result["first_refusals"]),
    )


async def quiet(server: Server, patience: float = 10.0) -> None:
    """Wait until the server uses less than 2 ticks in 0.2 s: what is left to push has been pushed."""
    for _ in range(int(patience / 0.2)):
        before = server.cpu_ms()
        await asyncio.sleep(0.2)
        if server.cpu_ms() - before < 20:
            return


async def case_rounds(case: Case, rounds: int, extra: tuple[str, ...] = ()) -> dict[str, object]:
    """Alternate ours and null, swapping who begins; one uncounted round each first. Fresh data for each case."""
    with data_directory() as data:
        add_account(data, READER)
        ours, null = start_mailapp(data), start_null_sink()
        try:
            stream = await Stream.open(ours.http, (await logged_in(ours.http, READER)).cookie)
            series: dict[str, list[Measured]] = {"ours": [], "null": []}
            first = 0
            for number in range(rounds + 1):
                order = [("ours", ours), ("null", null)]
                for name, server in order if number % 2 else reversed(order):
                    measured = await one_round(server, case, first, extra)
                    if number:
                        series[name].append(measured)
                    first += case.messages
                print(f"{case.kind} x{case.connections} round {number}", file=sys.stderr)
            pushed = sum(1 for tag in stream.seen if int(tag[1:]) < first)
            await stream.close()
        finally:
            ours.stop()
            null.stop()
    return summary(case, series, pushed, rounds)


def summary(case: Case, series: dict[str, list[Measured]], pushed: int, rounds: int) -> dict[str, object]:
    """Ratios are taken within each round, because a machine's mood lasts longer than one."""
    ours, null = series["ours"], series["null"]
    pairs = list(zip(ours, null, strict=True))
    return {
        "kind": case.kind,
        "connections": case.connections,
        "messages": case.messages,
        "ours_rate": [one.rate for one in ours],
        "null_rate": [one.rate for one in null],
        "rate_ratio": [a.rate / b.rate for a, b in pairs],
        "ours_cpu": [one.cpu for one in ours],
        "null_cpu": [one.cpu for one in null],
        "cpu_ratio": [a.cpu / b.cpu for a, b in pairs],
        "ours_p95_ms": [one.p95_ms for one in ours],
        "pushed": pushed,
        "expected": case.messages * (rounds + 1),
        "refused": [text for one in ours for text in one.refused],
    }


def _floats(result: dict[str, object], name: str) -> list[float]:
    values = result[name]
    assert isinstance(values, list)
    return values


def goal(result: dict[str, object]) -> str:
    """The issue's figure for a case, and whether the median meets it."""
    rate, cpu = (report.median(_floats(result, name)) for name in ("rate_ratio", "cpu_ratio"))
    match result["kind"], result["connections"]:
        case "4k", 50:
            return f"rate >= 1.0: {report.verdict(rate >= 1.0)}"
        case "4k", 10:
            return f"CPU <= 1.3: {report.verdict(cpu <= 1.3)}"
        case "100k", 10:
            return f"rate >= 1.2: {report.verdict(rate >= 1.2)}"
    return ""


def section(results: list[dict[str, object]], rounds: int) -> str:
    """The table of the page."""
    rows = [
        (
            one["kind"],
            one["connections"],
            report.spread(_floats(one, "ours_rate"), 0),
            report.spread(_floats(one, "null_rate"), 0),
            report.spread(_floats(one, "rate_ratio")),
            report.spread(_floats(one, "ours_cpu")),
            report.spread(_floats(one, "null_cpu")),
            report.spread(_floats(one, "cpu_ratio")),
            f"{report.median(_floats(one, 'ours_p95_ms')):.1f}",
            f"{one['pushed']}/{one['expected']}",
            goal(one),
        )
        for one in results
    ]
    headings = (
        "size", "connections", "mailapp msg/s", "null sink msg/s", "ratio", "mailapp CPU ms", "null CPU ms",
        "ratio", "dot to 250 p95 ms", "rows pushed", "goal",
    )  # fmt: skip
    text = (
        f"Median (lowest-highest) of {rounds} alternating rounds. mailapp: stored with synchronous=FULL, parsed, "
        "indexed and journalled before the 250, pushed to one open inbox. Null sink: stock aiosmtpd on stock asyncio, "
        "its handler answers at once and keeps nothing. CPU: user and system time of all threads."
    )
    refused = [f"Refused: `{text}`" for one in results for text in one["refused"]]  # type: ignore[attr-defined]
    return "\n\n".join(("## Receiving", text, report.table(headings, rows), *refused[:5]))


async def run(cases: list[Case], rounds: int, extra: tuple[str, ...] = ()) -> tuple[str, list[dict[str, object]]]:
    results = [await case_rounds(case, rounds, extra) for case in cases]
    return section(results, rounds), results
