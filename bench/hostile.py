"""Hostile letters: how long the server takes for each, and what somebody else on the same server feels meanwhile."""

import asyncio
import gc
import re
import time
from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from bench import report
from bench.dialogue import Dialogue
from bench.hostile_shapes import drafts, messages
from bench.servers import Server, add_account, data_directory, start_mailapp
from bench.web import Web, logged_in

READER, OTHER = "reader@bench.example", "other@bench.example"
GOAL_MS, ORDINARY_MS, STALL_MS = 300.0, 100.0, 60.0
ORDINARY = "an ordinary letter of 100 KB"
ROUNDS = 3
CPU_ROUNDS = 5
"""/proc counts in hundredths of a second."""
PAUSE_S = 0.002


@dataclass
class Shown:
    """One letter, looked at ROUNDS times; times are round trips in ms."""

    name: str
    page_ms: list[float] = field(default_factory=list)
    frame_ms: list[float] = field(default_factory=list)
    others_ms: list[float] = field(default_factory=list)
    """The worst round trip of somebody else's small page meanwhile."""
    cpu_ms: list[float] = field(default_factory=list)
    """Of the server, for the page and for the frame, with nobody else there."""
    how: str = ""


async def run() -> tuple[str, object]:
    """Deliver every letter by SMTP, then look at each as a browser does; beside it somebody asks for a small page."""
    with data_directory() as data:
        for each in (READER, OTHER):
            add_account(data, each)
        server = start_mailapp(data)
        try:
            reader, other = await logged_in(server.http, READER), await logged_in(server.http, OTHER)
            quiet = await _others(other, asyncio.sleep(1.0))
            shown = [await _look(server, reader, other, name, content) for name, content in messages()]
            saved = [await _save(reader, other, name, html) for name, html in drafts()]
        finally:
            server.stop()
    raw = {each.name: [each.page_ms, each.frame_ms, each.others_ms] for each in (*shown, *saved)}
    return "\n\n".join((_section(shown, quiet), _saves(saved))), raw


async def _look(server: Server, web: Web, other: Web, name: str, content: bytes) -> Shown:
    found = Shown(name)
    dialogue = await Dialogue.connect(server.smtp)
    sent = await dialogue.send(content, [READER])
    await dialogue.close()
    if not sent.accepted:
        raise RuntimeError(f"{name}: {sent.reply}")
    inbox = (await web.get("/mail/inbox"))[1].decode()
    newest = re.search(r'id="message-(\d+)"', inbox)
    if newest is None:
        raise RuntimeError(f"{name} was not delivered")
    gc.disable()
    for _ in range(ROUNDS):
        found.others_ms.append(await _others(other, _open(web, newest[1], found)))
    gc.enable()
    for path in (f"/messages/{newest[1]}", f"/messages/{newest[1]}/body")[: 2 if found.frame_ms else 1]:
        before = server.cpu_ms()
        for _ in range(CPU_ROUNDS):
            _expect((await web.get(path))[0])
        found.cpu_ms.append((server.cpu_ms() - before) / CPU_ROUNDS)
    return found


async def _open(web: Web, message_id: str, found: Shown) -> None:
    started = time.perf_counter()
    status, body = await web.get(f"/messages/{message_id}")
    found.page_ms.append((time.perf_counter() - started) * 1e3)
    _expect(status)
    found.how = "text"
    if b"letter-frame" in body:
        started = time.perf_counter()
        status, _ = await web.get(f"/messages/{message_id}/body")
        found.frame_ms.append((time.perf_counter() - started) * 1e3)
        _expect(status)
        found.how = "HTML"
    elif b'id="letter-' in body and b"caution" in body:
        found.how = "text, and says so"


async def _save(web: Web, other: Web, name: str, html: str) -> Shown:
    found = Shown(name)
    # before anything is timed: our own loop, which also measures how long others wait, stands still for 0.3 s meanwhile
    fields = {"to": "a@b.example", "subject": name, "html": html}
    forms = [urlencode({"key": f"{name.replace(' ', '-')}-{each}", **fields}).encode() for each in range(ROUNDS)]

    async def post(body: bytes) -> None:
        started = time.perf_counter()
        status, _ = await web.post_encoded("/drafts", body)
        found.page_ms.append((time.perf_counter() - started) * 1e3)
        if status not in (200, 422):
            raise RuntimeError(f"{name}: answered {status}")
        found.how = "saved" if status == 200 else "refused"

    gc.disable()
    for body in forms:
        found.others_ms.append(await _others(other, post(body)))
    gc.enable()
    return found


def _saves(saved: list[Shown]) -> str:
    rows = [
        (
            each.name,
            each.how,
            f"{report.median(each.page_ms):.0f}",
            f"{report.median(each.others_ms):.0f}",
            f"others < {STALL_MS:.0f} ms: {report.verdict(report.median(each.others_ms) < STALL_MS)}",
        )
        for each in saved
    ]
    text = "The same beside a compose page that saves HTML: the whole round trip, and how long others waited."
    return "\n\n".join(
        ("## Hostile drafts", text, report.table(("HTML", "is", "ms", "others waited ms", "goal"), rows))
    )


def _expect(status: int) -> None:
    if status != 200:
        raise RuntimeError(f"answered {status}")


async def _others(other: Web, work: Coroutine[Any, Any, object]) -> float:
    """The longest somebody else waited for a small page while `work` went on, in ms."""
    task = asyncio.ensure_future(work)
    worst = 0.0
    while True:
        started = time.perf_counter()
        await other.get("/healthz")
        worst = max(worst, (time.perf_counter() - started) * 1e3)
        if task.done():
            await task
            return worst
        await asyncio.sleep(PAUSE_S)


def _section(shown: list[Shown], quiet: float) -> str:
    rows = []
    for each in shown:
        goal = ORDINARY_MS if each.name == ORDINARY else GOAL_MS
        slowest = max(each.cpu_ms)
        stall = report.median(each.others_ms)
        rows.append(
            (
                each.name,
                each.how,
                f"{report.median(each.page_ms):.0f}",
                f"{report.median(each.frame_ms):.0f}" if each.frame_ms else "-",
                " + ".join(f"{one:.0f}" for one in each.cpu_ms),
                f"{stall:.0f}",
                f"server < {goal:.0f} ms: {report.verdict(slowest < goal)}"
                + ("" if stall < STALL_MS else f"; others < {STALL_MS:.0f} ms: **missed**"),
            )
        )
    headings = ("letter", "shown as", "page ms", "frame ms", "server CPU ms", "others waited ms", "goal")
    text = (
        "Each letter comes in by SMTP and is opened three times, the page and then the mail frame; round trips as the"
        " browser sees them, medians, and what the server computes for page and frame with nobody else there, which is"
        " what the goal is about. Meanwhile somebody else asks for /healthz every 2 ms: the longest of those round"
        f" trips, median of three (with nothing else going on: {quiet:.1f} ms)."
    )
    return "\n\n".join(("## Hostile letters", text, report.table(headings, rows)))
