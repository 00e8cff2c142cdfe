"""Queued mail for measurements: real submissions through flow/, while no server runs on the data directory."""

import asyncio
import sqlite3
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from bench import mailgen
from mailapp.events import Bus
from mailapp.flow.drafting import Drafting
from mailapp.flow.submission import Submission
from mailapp.mail.draft import Draft
from mailapp.store import accounts, settings
from mailapp.store.arrivals import MessageIds
from mailapp.store.database import Database

TEXT = 3_300
"""Characters of a letter, for about 4 KB as it travels."""
LETTERS = [one.partition(b"\r\n\r\n")[2].decode("utf-8", "replace")[:TEXT] for one in mailgen.pool("4k", count=8)]
MIB = 1024 * 1024


def recipient(number: int) -> str:
    return f"person{number}@elsewhere.example"


def letter(number: int) -> str:
    """The text of a message."""
    return LETTERS[number % len(LETTERS)]


async def fill(data: Path, senders: Sequence[str], numbers: range, release: float, recipients: int = 1) -> None:
    """Submit one message per number, released at a time in seconds since 1970. Recipients are number.0, number.1 ..."""
    (data / "spool").mkdir(mode=0o700, exist_ok=True)
    database, bus, ids = Database(data / "emails.db"), Bus(), MessageIds()
    await database.open()
    try:
        given: dict[str, Any] = {
            "hostname": "mail.bench.example",
            "spool_dir": data / "spool",
            "max_message_size": 35 * MIB,
        }
        drafting, submission = Drafting(database, bus, ids, **given), Submission(database, bus, ids, **given)
        await database.write(settings.set_, "hourly_limit", "1000000")
        found = [await database.read(accounts.by_address, each) for each in senders]
        ours = [replace(each, undo_send_s=0) for each in found if each is not None]

        async def one(number: int) -> None:
            to = ", ".join(recipient(number * 10 + each) for each in range(recipients))
            account = ours[number % len(ours)]
            draft = Draft(from_=account.address, to=to, subject=f"Letter n{number:012}", text=letter(number))
            saved = await drafting.save(account.id, f"fill-{number}", draft, None)
            await submission.submit(account, saved.draft_id, int(release * 1000))

        some = list(numbers)
        for at in range(0, len(some), 100):
            await asyncio.gather(*(one(number) for number in some[at : at + 100]))
        assert release > time.time(), "filling took longer than the time left before the release"
    finally:
        await database.close()


def release(data: Path, limit: int = -1) -> None:
    """What waits for its time is due now, `limit` of it at most; a server that runs notices within half a second."""
    db, now_ms = sqlite3.connect(data / "emails.db", isolation_level=None, timeout=10), int(time.time() * 1000)
    try:
        db.execute("BEGIN IMMEDIATE")
        ids = db.execute("SELECT id FROM queue_items WHERE state = 'waiting' ORDER BY id LIMIT ?", (limit,)).fetchall()
        db.executemany(f"UPDATE queue_items SET release_at = {now_ms} WHERE id = ?", ids)
        db.executemany(f"UPDATE queue_recipients SET next_at = {now_ms} WHERE item_id = ?", ids)
        db.execute("COMMIT")
    finally:
        db.close()
