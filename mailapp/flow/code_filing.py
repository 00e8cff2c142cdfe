"""Mail with a code goes to the archive by itself, for accounts that want that: once it is used, or an hour old."""

import sqlite3
import time
from collections.abc import Callable

from mailapp.events import Bus, Changed
from mailapp.flow.repeating import repeat
from mailapp.store import changes, codes, filings, mailboxes
from mailapp.store.database import Database

EVERY_S = 30.0
"""Seconds between two looks."""
USED_MS = 60_000
"""How long a used one stays where it is: taking that back must not be a search."""
OLD_MS = 3_600_000
LATEST_MS = 48 * 3_600_000
"""What is older lay there before somebody chose this, or was brought back."""
AT_ONCE = 100
"""Messages of one transaction."""


class CodeFiling:
    """One per process."""

    def __init__(self, database: Database, bus: Bus, clock: Callable[[], float] = time.time) -> None:
        self._database = database
        self._bus = bus
        self._clock = clock

    async def run(self) -> None:
        """File now and every EVERY_S, until cancelled."""
        await repeat(self.file, EVERY_S, "filing mail with codes")

    async def file(self) -> int:
        """Move all that is due; return how many messages."""
        filed = 0
        while done := await self._database.write(_file_due, int(self._clock() * 1000)):
            for account_id, (seq, number) in done.items():
                filed += number
                self._bus.publish(Changed(account_id, seq))
        return filed


def _file_due(db: sqlite3.Connection, now_ms: int) -> dict[int, tuple[int, int]]:
    """Move up to a batch of what is due; (seq of the change, number) by account."""
    found: dict[int, list[int]] = {}
    due = codes.due(db, now_ms - USED_MS, now_ms - OLD_MS, now_ms - LATEST_MS, AT_ONCE)
    for message_id, account_id in due:
        found.setdefault(account_id, []).append(message_id)
    told = {}
    for account_id, ids in found.items():
        codes.mark_filed(db, ids, now_ms)
        filings.relocate(db, account_id, ids, mailboxes.by_role(db, account_id, "archive"), now_ms)
        told[account_id] = changes.latest(db), len(ids)
    return told
