"""Switching folders and the next page at a million messages: few or most starred, labelled, in the trash."""

import gc
import sqlite3
import time
from contextlib import closing
from pathlib import Path

from bench import report
from bench.filler import fill
from bench.servers import Server, add_account, data_directory, start_mailapp
from bench.web import Web, logged_in

ADDRESS = "large@bench.example"
GOAL_MS = 12.0
FEW = 40
LISTS = ("inbox", "starred", "all", "archive", "trash", "label-1")
Times = dict[tuple[str, str], tuple[list[float], float]]
"""Round trips in ms and the server's CPU ms a page, by case and list."""


async def run(large: int, requests: int) -> tuple[str, object]:
    """Server time of the first page and of one from the middle of each list, few and most messages in it."""
    times: Times = {}
    with data_directory() as data:
        add_account(data, ADDRESS)
        fill(data / "emails.db", ADDRESS, large)
        for case, share in (("few", FEW / large), ("most", 0.9)):
            middle = _spread(data / "emails.db", share)
            server = start_mailapp(data)
            try:
                web = await logged_in(server.http, ADDRESS)
                for key in LISTS:
                    times[case, key] = await _measured(server, web, f"/mail/{key}", requests)
                    path = f"/mail/{key}?before={middle}"
                    times[case, f"{key}, next page"] = await _measured(server, web, path, requests)
            finally:
                server.stop()
    return section(large, times), {f"{case} {key}": taken for (case, key), taken in times.items()}


async def _measured(server: Server, web: Web, path: str, requests: int) -> tuple[list[float], float]:
    times: list[float] = []
    before = 0.0
    gc.disable()
    for number in range(requests + 5):
        if number == 5:
            before = server.cpu_ms()
        started = time.perf_counter()
        status, body = await web.get(path)
        if status != 200 or b"message-list" not in body:
            raise RuntimeError(f"{path} answered {status}: {body[:200]!r}")
        if number >= 5:
            times.append((time.perf_counter() - started) * 1e3)
    gc.enable()
    return times, (server.cpu_ms() - before) / requests


def _spread(database: Path, share: float) -> int:
    """Star, label and (half of that) throw away a share of all messages, the oldest; return an id in the middle."""
    with closing(sqlite3.connect(database, isolation_level=None)) as db:
        db.execute("PRAGMA synchronous = OFF")
        db.execute("BEGIN IMMEDIATE")
        account, total = db.execute("SELECT account_id, count(*) FROM messages").fetchone()
        db.execute("INSERT OR IGNORE INTO labels (id, account_id, name) VALUES (1, ?, 'bench')", (account,))
        upto = db.execute("SELECT id FROM messages ORDER BY id LIMIT 1 OFFSET ?", (int(total * share),)).fetchone()[0]
        half = db.execute("SELECT id FROM messages ORDER BY id LIMIT 1 OFFSET ?", (int(total * share / 2),)).fetchone()[
            0
        ]
        db.execute("UPDATE messages SET flagged = 1 WHERE id <= ? AND flagged = 0", (upto,))
        db.execute(
            "INSERT OR IGNORE INTO message_labels (message_id, label_id) SELECT id, 1 FROM messages WHERE id <= ?",
            (upto,),
        )
        trash = db.execute("SELECT id FROM mailboxes WHERE role = 'trash' AND account_id = ?", (account,)).fetchone()[0]
        db.execute(
            "UPDATE messages SET mailbox_id = ?, filed_at = ? WHERE id <= ?", (trash, time.time_ns() // 10**6, half)
        )
        db.execute(
            "UPDATE mailboxes SET total = (SELECT count(*) FROM messages WHERE mailbox_id = mailboxes.id),"
            " unread = (SELECT count(*) FROM messages WHERE mailbox_id = mailboxes.id AND seen = 0)"
        )
        db.execute("COMMIT")
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return int((upto + half) / 2)


def section(large: int, times: Times) -> str:
    rows = [
        (
            f"{key} ({case})",
            f"{report.median(taken):.2f}",
            f"{report.percentile(taken, 0.95):.2f}",
            f"{cpu:.1f}",
            report.verdict(report.percentile(taken, 0.95) < GOAL_MS),
        )
        for (case, key), (taken, cpu) in times.items()
    ]
    text = (
        f"The whole page over a keep-alive connection, {large:,} messages in one account; few: {FEW} of them are"
        " starred and labelled, half of those in the trash, all of them the oldest; most: nine tenths."
    )
    return "\n\n".join(
        ("## Folders", text, report.table(("list", "p50 ms", "p95 ms", "server CPU ms", "p95 < 12 ms"), rows))
    )
