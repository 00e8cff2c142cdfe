"""Accounts are erased a few messages at a time: incoming mail never waits, and a restart goes on with what is left."""

import asyncio
import sqlite3

from mailapp import maillog
from mailapp.events import Bus, Changed
from mailapp.store import account_erasures, accounts, changes, filings, queue, search_pairs
from mailapp.store.database import Database

AT_ONCE = 5
"""Messages of one transaction: some 4 ms of the writer. At twenty, a delivery waited 44 ms instead of 12 (p95)."""
COMMAND_AT_ONCE = 200
"""The same on the command line, where each transaction costs a lock."""
REST_S = 0.03
"""Seconds between two transactions."""
AGAIN_S = 60.0
"""Seconds after which a failure is tried again."""


class Erasing:
    """One per process."""

    def __init__(self, database: Database, bus: Bus) -> None:
        self._database = database
        self._bus = bus
        self._asked = asyncio.Event()

    def wake(self) -> None:
        """An account is to be erased."""
        self._asked.set()

    async def run(self) -> None:
        """Erase what was begun and what is asked for, until cancelled."""
        while True:
            self._asked.clear()
            try:
                await self.erase_all()
            except Exception:
                maillog.unforeseen("erasing an account")
                await asyncio.sleep(AGAIN_S)
                continue
            await self._asked.wait()

    async def erase_all(self) -> None:
        """Erase every account whose erasure was begun."""
        while (account_id := await self._database.read(account_erasures.first)) is not None:
            await self._erase(account_id)

    async def _erase(self, account_id: int) -> None:
        while True:
            if not await self._database.write(erase_some, account_id, AT_ONCE):
                break
            await asyncio.sleep(REST_S)
        seq = await self._database.write(end, account_id, AT_ONCE)
        self._bus.publish(Changed(account_id, seq))


def erase_some(db: sqlite3.Connection, account_id: int, limit: int) -> int:
    """Erase up to `limit` queue items or messages of an account, or twenty times as many rows of what is noted of them;
    return how many, 0 when none is left.
    """
    return (
        queue.erase_some(db, account_id, limit)
        or filings.erase_some(db, account_id, limit)
        or search_pairs.erase_some(db, account_id, limit * 20)
    )


def end(db: sqlite3.Connection, account_id: int, limit: int) -> int:
    """Remove the account, with what came since the last batch, in one transaction; the change's sequence number."""
    while erase_some(db, account_id, limit):
        pass
    accounts.remove(db, account_id)
    return changes.add(db, account_id, changes.REMOVED)
