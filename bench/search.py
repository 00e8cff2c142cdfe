"""Searching among a million messages over HTTP, beside LIKE on the same data, and what the index takes up."""

import sqlite3
import time
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

from bench import report
from bench.letters import PAIR, RARE
from bench.receive import quiet
from bench.search_fill import fill
from bench.servers import add_account, data_directory, start_mailapp
from bench.web import logged_in
from mailapp.store.database import connect

BIG, SMALL = "big@bench.example", "small@bench.example"
SMALL_COUNT = 1_000
SETTLE_S = 60.0
ASKED = 40
"""Requests per query; p95 is the third slowest."""
CASES = (
    ("rare word", RARE, BIG, 12),
    ("rare word of two characters everybody uses", PAIR, BIG, 12),
    ("common word", "订单", BIG, 80),
    ("two common words", "订单 发票", BIG, 80),
    ("common phrase", "附件中有详细说明", BIG, 80),
    ("phrase of two very common characters", "的人", BIG, 80),
    ("beginning of a common word", "inv", BIG, 80),
    ("from: and a common word", "from:s77 发票", BIG, 150),
    ("common word, few starred", "发票 is:starred", BIG, 150),
    ("common word, unread", "发票 is:unread", BIG, 150),
    ("common word, large", "发票 larger:5M", BIG, 150),
    ("common word in an empty folder", "发票 in:archive", BIG, 150),
    ("common word, attachment, a year old", "发票 has:attachment older_than:1y", BIG, 150),
    ("OR across operators", "(发票 OR is:starred) larger:5M", BIG, 150),
    ("small account: rare word", RARE, SMALL, 30),
    ("small account: common word", "发票", SMALL, 30),
    ("small account: two common words", "订单 发票", SMALL, 30),
)


async def run(count: int, data: Path | None) -> tuple[str, object]:
    """Fill (or take a data directory filled before, with both accounts) and ask."""
    if data is not None:
        return await _measure(data)
    with data_directory() as fresh:
        for each in (BIG, SMALL):
            add_account(fresh, each)
        for first in range(0, count, 100_000):
            fill(fresh / "emails.db", BIG, min(100_000, count - first), first, count)
        fill(fresh / "emails.db", SMALL, SMALL_COUNT, 0, SMALL_COUNT)
        return await _measure(fresh)


async def _measure(data: Path) -> tuple[str, object]:
    database = data / "emails.db"
    server = start_mailapp(data)
    try:
        webs = {each: await logged_in(server.http, each) for each in (BIG, SMALL)}
        await quiet(server, SETTLE_S)  # what is counted in the background after a filling, or an upgrade
        rows, raw = [], {}
        for name, query, address, goal in CASES:
            path, taken = f"/mail/inbox?q={quote(query)}", []
            for number in range(ASKED + 2):
                started = time.perf_counter()
                status, body = await webs[address].get(path)
                if status != 200:
                    raise RuntimeError(f"{path} answered {status}")
                if number >= 2:
                    taken.append((time.perf_counter() - started) * 1e3)
            found = body.partition(b'id="search-count"')[2].partition(b">")[2].partition(" ·".encode())[0].decode()
            p95 = report.percentile(taken, 0.95)
            raw[name] = {"query": query, "ms": taken}
            met = f"< {goal}: {report.verdict(p95 < goal)}"
            rows.append((name, f"`{query}`", found, f"{report.median(taken):.1f}", f"{p95:.1f}", met))
    finally:
        server.stop()
    headings = ("search", "query", "found", "p50 ms", "p95 ms", "goal ms")
    text = "Whole pages over one keep-alive connection, the first page with its count, time as the client sees it."
    parts = ["## Search", text, report.table(headings, rows), *_beside(database)]
    return "\n\n".join(parts), raw


def _beside(database: Path) -> list[str]:
    """LIKE on the same text, and sizes."""
    with closing(connect(database, read_only=True)) as db:
        count = db.execute("SELECT count(*) FROM messages").fetchone()[0]
        started = time.perf_counter()
        db.execute(
            "SELECT m.id FROM messages m JOIN content_chunks c ON c.key = m.content_id * 65536"
            " WHERE m.account_id = 1 AND CAST(c.bytes AS TEXT) LIKE ? ORDER BY m.id DESC LIMIT 51",
            (f"%{RARE}%",),
        ).fetchall()
        like = time.perf_counter() - started
        sizes = dict(
            db.execute(
                "SELECT name, sum(pgsize) FROM dbstat WHERE name LIKE 'search%'"
                " OR name = 'messages_by_id_searched' GROUP BY name"
            ).fetchall()
        )
        words = _sum(db, "SELECT sum(length(CAST(words_subject || words_people || words_body || words_files AS BLOB)))")
        text = db.execute("SELECT sum(length(bytes)) FROM content_chunks").fetchone()[0]
    index = sum(sizes.values())
    return [
        f"`LIKE '%{RARE}%'` over the same {count:,} letters: {like:.1f} s.",
        f"The index takes {index / 1e6:.0f} MB, the letters {text / 1e6:.0f} MB, the words kept beside them"
        f" {words / 1e6:.0f} MB: {index / text:.2f} times the letters.",
    ]


def _sum(db: sqlite3.Connection, select: str) -> int:
    return int(db.execute(f"{select} FROM contents").fetchone()[0])
