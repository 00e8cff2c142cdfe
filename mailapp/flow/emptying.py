"""Junk and Trash empty themselves: what came there long ago goes for good, a few messages at a time."""

import asyncio
import sqlite3
import time
from collections.abc import Callable, Mapping

from mailapp.events import Bus, Changed
from mailapp.flow.repeating import repeat
from mailapp.store import audit, changes, filings, settings
from mailapp.store.database import Database

EVERY_S = 600.0
"""Seconds between two looks."""
AT_ONCE = 5
"""Messages of one transaction: some 5 ms of the writer, 3 of them for the commit."""
REST_S = 0.1
"""Seconds between two transactions, so that a large heap does not occupy the writer."""
DAYS = 30
DAY_MS = 86_400_000
SETTINGS = {"trash": "trash_days", "junk": "junk_days"}
"""Setting by role: days after which mail there goes; 0 keeps it."""


MOST_DAYS = 3_650


def days(db: sqlite3.Connection, role: str) -> int:
    """Days after which mail in a mailbox of this role goes by itself; 0: never."""
    return settings.number(db, SETTINGS[role], DAYS) if role in SETTINGS else 0


def all_days(db: sqlite3.Connection) -> dict[str, int]:
    """The same of every role mail goes from."""
    return {role: days(db, role) for role in SETTINGS}


async def set_days(database: Database, by_role: Mapping[str, int], *, by: str = audit.ITSELF) -> None:
    """Let mail in these roles' mailboxes go after so many days, 0 to MOST_DAYS."""

    def put(db: sqlite3.Connection) -> None:
        was = all_days(db)
        if was != by_role:
            audit.record(db, by, "setting.changed", *audit.differences(was, by_role), about="emptying")
        for role, number in by_role.items():
            settings.set_(db, SETTINGS[role], str(number))

    await database.write(put)


class Emptying:
    """One per process."""

    def __init__(self, database: Database, bus: Bus, clock: Callable[[], float] = time.time) -> None:
        self._database = database
        self._bus = bus
        self._clock = clock

    async def run(self) -> None:
        """Empty now and every EVERY_S, until cancelled."""
        await repeat(self.empty, EVERY_S, "emptying junk and trash")

    async def empty(self) -> int:
        """Erase all that is due; return how many messages."""
        gone = 0
        for role in SETTINGS:
            while True:
                done = await self._database.write(_erase_due, role, int(self._clock() * 1000))
                if not done:
                    break
                for account_id, (seq, number) in done.items():
                    gone += number
                    self._bus.publish(Changed(account_id, seq))
                await asyncio.sleep(REST_S)
        return gone


def _erase_due(db: sqlite3.Connection, role: str, now_ms: int) -> dict[int, tuple[int, int]]:
    """Erase up to a batch of what is due; (seq of the change, number) by account."""
    keep = days(db, role)
    if not keep:
        return {}
    found: dict[int, list[int]] = {}
    for message_id, account_id in filings.due(db, role, now_ms - keep * DAY_MS, AT_ONCE):
        found.setdefault(account_id, []).append(message_id)
    told = {}
    for account_id, ids in found.items():
        for message_id in ids:
            filings.erase(db, account_id, message_id)
        changes.add_each(db, account_id, changes.REMOVED, ids)
        told[account_id] = changes.latest(db), len(ids)
    return told
