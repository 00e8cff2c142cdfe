"""Opening messages for the first time: the reading pane and the frame; and memory while 30 MB leave as an archive."""

import gc
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random

from bench import mailgen, report
from bench.dialogue import Dialogue
from bench.hostile_shapes import ordinary
from bench.servers import Server, add_account, data_directory, start_mailapp
from bench.web import Web, logged_in

READER = "reader@bench.example"
PANE_MS, FRAME_MS = 15.0, 100.0
ARCHIVE_MB = 20.0
LONG = "HTML of 100 KB"
"""Has a goal of its own, for pane and frame together: its pane waits for the sanitiser, its frame no more."""
WARM = 10
"""Messages opened before anything is counted."""
_FRAGMENT = "HX-Request: true\r\nHX-Request-Type: partial\r\n"
_QUOTE = "<div class='gmail_quote'><div class='gmail_attr'>On Mon, Ann wrote:</div><blockquote class='gmail_quote'>"


@dataclass
class Opened:
    """One kind of message, each of them opened once; times are round trips in ms."""

    name: str
    size: float = 0.0
    pane_ms: list[float] = field(default_factory=list)
    frame_ms: list[float] = field(default_factory=list)
    pane_cpu_ms: list[float] = field(default_factory=list)
    """What of it the server computed: the goals are held against this."""
    frame_cpu_ms: list[float] = field(default_factory=list)


async def run(messages: int) -> tuple[str, object]:
    """Deliver messages of every kind and open each once, as a press on its row does."""
    with data_directory() as data:
        add_account(data, READER)
        server = start_mailapp(data)
        try:
            web = await logged_in(server.http, READER)
            opened = [await _kind(server, web, name, list(made)) for name, made in _kinds(messages)]
            archive = await _archive(server, web)
        finally:
            server.stop()
    raw = {each.name: [each.pane_ms, each.frame_ms, each.pane_cpu_ms, each.frame_cpu_ms] for each in opened}
    return _section(opened, archive), {"opened": raw, "archive": archive}


def _kinds(count: int) -> Iterator[tuple[str, Iterator[bytes]]]:
    rng = Random(7)
    count += WARM
    yield "plain text", (mailgen.plain(rng) for _ in range(count))
    yield "4 KB, text and HTML", (mailgen.small(rng) for _ in range(count))
    yield "newsletter, 15 to 40 KB", (mailgen.newsletter(rng) for _ in range(count))
    yield "an answer with 20 KB quoted", (_answer(number) for number in range(count))
    yield "100 KB with a PDF", (mailgen.large(rng) for _ in range(count))
    yield LONG, (_html(ordinary(100_000), number) for number in range(count))


def _answer(number: int) -> bytes:
    return _html(f"<p>Yes, let us do that.</p>{_QUOTE}{ordinary(20_000)}</blockquote></div>", number)


def _html(html: str, number: int) -> bytes:
    kind = "MIME-Version: 1.0\r\nContent-Type: text/html; charset=utf-8"
    return (
        f"From: A <a@b.example>\r\nSubject: letter {number}\r\n{kind}\r\n\r\n{html}".replace("\r\n", "\n")
        .replace("\n", "\r\n")
        .encode()
        + b"\r\n"
    )


async def _deliver(server: Server, web: Web, contents: list[bytes]) -> list[str]:
    """Ids of what was delivered, the oldest first."""
    dialogue = await Dialogue.connect(server.smtp)
    ids = []
    for content in contents:
        sent = await dialogue.send(content, [READER])
        found = re.search(r'id="message-(\d+)"', (await web.get("/mail/inbox"))[1].decode())
        if not sent.accepted or found is None:
            raise RuntimeError(f"not delivered: {sent.reply}")
        ids.append(found[1])
    await dialogue.close()
    if len(set(ids)) != len(contents):
        raise RuntimeError("the list did not show every message")
    return ids


async def _kind(server: Server, web: Web, name: str, contents: list[bytes]) -> Opened:
    ids = await _deliver(server, web, contents)
    found = Opened(name, sum(map(len, contents)) / len(contents))
    gc.disable()
    for number, message_id in enumerate(ids):
        body, taken, cpu = await _timed(server, web, f"/messages/{message_id}", _FRAGMENT)
        if number >= WARM:
            found.pane_ms.append(taken)
            found.pane_cpu_ms.append(cpu)
        if b"letter-frame" in body:
            _, taken, cpu = await _timed(server, web, f"/messages/{message_id}/body", "")
            if number >= WARM:
                found.frame_ms.append(taken)
                found.frame_cpu_ms.append(cpu)
    gc.enable()
    return found


async def _timed(server: Server, web: Web, path: str, fields: str) -> tuple[bytes, float, float]:
    """The body, the round trip and the server's CPU time, both in ms."""
    cpu, started = server.exact_cpu_ms(), time.perf_counter()
    status, body = await web.get(path, fields)
    taken = (time.perf_counter() - started) * 1e3
    if status != 200:
        raise RuntimeError(f"{path} answered {status}")
    return body, taken, server.exact_cpu_ms() - cpu


async def _archive(server: Server, web: Web) -> tuple[float, float, float]:
    """Megabytes of an archive, how much memory grew while it was sent, and the seconds it took."""
    content = b"".join(mailgen.big_attachment(1))
    (message_id,) = await _deliver(server, web, [content])
    await web.get(f"/messages/{message_id}", _FRAGMENT)
    server.forget_peak()
    before, started = server.rss(), time.perf_counter()
    status, body = await web.get(f"/messages/{message_id}/attachments.zip")
    if status != 200 or not body.startswith(b"PK"):
        raise RuntimeError(f"the archive answered {status}")
    return len(body) / 1e6, server.peak() - before, time.perf_counter() - started


def _section(opened: list[Opened], archive: tuple[float, float, float]) -> str:
    size, grown, seconds = archive
    headings = ("message", "KB", "pane ms", "frame ms", "pane CPU p50", "p95", "frame CPU p50", "p95", "goal")
    text = (
        "Each message opened for the first time, as a press on its row does: the reading pane with the row and the"
        " counts, then the document of its frame. Round trips (median) as the client sees them, and what the server"
        " computed meanwhile, in ms; the goals are held against that, because the machine does other things too."
    )
    memory = (
        f"An archive of {size:.0f} MB was sent in {seconds:.1f} s; resident memory grew by {grown:.0f} MB meanwhile"
        f" (< {ARCHIVE_MB:.0f} MB: {report.verdict(grown < ARCHIVE_MB)})."
    )
    return "\n\n".join(("## Reading", text, report.table(headings, [_row(each) for each in opened]), memory))


def _row(each: Opened) -> tuple[str, ...]:
    goals = []
    pane = report.percentile(each.pane_cpu_ms, 0.95)
    if each.name != LONG:
        goals.append(f"pane < {PANE_MS:.0f} ms: {report.verdict(pane < PANE_MS)}")
    if each.frame_ms:
        both = [a + b for a, b in zip(each.pane_cpu_ms, each.frame_cpu_ms, strict=True)]
        goals.append(f"both < {FRAME_MS:.0f} ms: {report.verdict(report.percentile(both, 0.95) < FRAME_MS)}")
    frame = each.frame_cpu_ms
    return (
        each.name,
        f"{each.size / 1000:.0f}",
        f"{report.median(each.pane_ms):.1f}",
        f"{report.median(each.frame_ms):.1f}" if frame else "-",
        f"{report.median(each.pane_cpu_ms):.1f}",
        f"{pane:.1f}",
        f"{report.median(frame):.1f}" if frame else "-",
        f"{report.percentile(frame, 0.95):.1f}" if frame else "-",
        "; ".join(goals),
    )
