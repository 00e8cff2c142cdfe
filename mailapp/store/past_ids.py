"""Ids for mail that came earlier, somewhere else."""

import sqlite3

from mailapp.store.arrivals import MessageIds


class PastIds(MessageIds):
    """They say when a message came, and lie between those that are there."""

    def next(self, db: sqlite3.Connection, now_ms: int) -> int:
        low = now_ms << 12
        while True:
            row = db.execute("SELECT max(id) FROM messages WHERE id >= ? AND id < ?", (low, low + 4096)).fetchone()
            wanted = max(low, (row[0] or 0) + 1)
            if self._last is not None and low <= self._last < low + 4096:
                wanted = max(wanted, self._last + 1)
            if wanted < low + 4096:
                self._last = wanted
                return wanted
            low += 4096  # a millisecond that is full
