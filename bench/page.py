"""The inbox page with 1,000 messages and with a million in the mailbox, messages and conversations, on one server."""

import gc
import re
import time
from dataclasses import dataclass, field

from bench import report
from bench.filler import fill
from bench.servers import Server, add_account, data_directory, start_mailapp
from bench.web import Web, logged_in

SMALL, LARGE = "small@bench.example", "large@bench.example"
SMALL_TALK, LARGE_TALK = "small.talk@bench.example", "large.talk@bench.example"
GOAL_MS, GOAL_RATIO = 5.0, 1.2
GOAL_TALK_MS = 12.0
"""p95 of the whole page with conversations, the next page too, at a million messages."""
_OLDER = re.compile(rb"[?]before=(\d+)")


@dataclass
class Page:
    """One page that is asked for again and again."""

    address: str
    web: Web
    path: str
    kind: str
    messages: int
    times: list[float] = field(default_factory=list)
    cpu: float = 0.0
    size: int = 0

    async def get(self) -> bytes:
        status, body = await self.web.get(self.path)
        if status != 200 or b"message-list" not in body:
            raise RuntimeError(f"{self.path} answered {status}: {body[:200]!r}")
        return body


async def run(large: int, requests: int) -> tuple[str, object]:
    """Round trips over keep-alive connections, in turns; and what of each the server computes."""
    with data_directory() as data:
        counts = {SMALL: 1_000, LARGE: large, SMALL_TALK: 1_000, LARGE_TALK: large}
        for each in counts:
            add_account(data, each)
        filled = {each: fill(data / "emails.db", each, n, threads="talk" in each) for each, n in counts.items()}
        server = start_mailapp(data)
        try:
            pages = [page for each, n in counts.items() for page in await _pages(server, each, n)]
            await _measure(server, pages, requests)
        finally:
            server.stop()
    raw = {f"{each.kind} of {each.messages}": {"round_trip_ms": each.times, "cpu_ms": each.cpu} for each in pages}
    return section(pages, filled), raw


async def _pages(server: Server, address: str, count: int) -> list[Page]:
    """The pages of one account: the first of its inbox; of conversations the next one too, below the long thread."""
    web = await logged_in(server.http, address)
    if "talk" not in address:
        return [Page(address, web, "/mail/inbox", "messages", count)]
    first = Page(address, web, "/mail/inbox", "conversations", count)
    older = _OLDER.search(await first.get())
    if older is None:
        raise RuntimeError("the inbox has no second page")
    path = f"/mail/inbox?before={older[1].decode()}"
    return [first, Page(address, web, path, "conversations, next page", count)]


async def _measure(server: Server, pages: list[Page], requests: int) -> None:
    gc.disable()
    for number in range(requests + 20):
        for page in pages:
            started = time.perf_counter()
            body = await page.get()
            taken = (time.perf_counter() - started) * 1e3
            page.size = len(body)
            if number >= 20:
                page.times.append(taken)
    gc.enable()
    # the server's own time: /proc counts in hundredths of a second, so a run of its own for each
    for page in pages:
        before = server.cpu_ms()
        for _ in range(requests):
            await page.get()
        page.cpu = (server.cpu_ms() - before) / requests


def section(pages: list[Page], filled: dict[str, float]) -> str:
    plain = {each.address: report.median(each.times) for each in pages if each.kind == "messages"}
    ratio = plain[LARGE] / plain[SMALL]

    def goal(page: Page) -> str:
        if page.address == SMALL:
            return f"server < {GOAL_MS:.0f} ms: {report.verdict(page.cpu < GOAL_MS)}"
        if page.address == LARGE:
            return f"<= {GOAL_RATIO} times: {report.verdict(ratio <= GOAL_RATIO)} ({ratio:.2f})"
        met = report.percentile(page.times, 0.95) < GOAL_TALK_MS
        return f"p95 < {GOAL_TALK_MS:.0f} ms: {report.verdict(met)}"

    rows = [
        (
            f"{page.messages:,}",
            page.kind,
            f"{report.median(page.times):.2f}",
            f"{report.percentile(page.times, 0.95):.2f}",
            f"{page.cpu:.2f}",
            f"{page.size / 1000:.0f}",
            f"{filled[page.address]:.0f}",
            goal(page),
        )
        for page in pages
    ]
    headings = ("in the mailbox", "list of", "p50 ms", "p95 ms", "server CPU ms", "page KB", "filled in s", "goal")
    text = (
        "`GET /mail/inbox` over keep-alive connections, in turns: the whole round trip as the client sees it,"
        " and what of it the server computes. Of the mailboxes with conversations the newest 10,000 messages are one"
        " thread (80 of 1,000), and every second of the others belongs to one of four."
    )
    return "\n\n".join(("## Inbox page", text, report.table(headings, rows)))
