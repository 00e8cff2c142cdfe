"""Checkpoints beside the writer: what was committed moves from the WAL into the database file on a thread of its own.

SQLite's own way is inside the COMMIT that fills the thousandth page: whoever shares that commit waits for a thousand
pages and two syncs more, several times a second under load.
"""

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

COMMITS = 64
"""Commits after which it is worth one."""
ROWS = 1_000
"""Rows changed after which it is worth one, however many commits they were."""
LARGE = 8_000
"""Pages (32 MB) of the WAL from which the writer stops for the rest, so that it can begin the file anew.

Beside a writer that never rests a checkpoint never reaches the end, and the file would grow for ever.
"""


def checkpoint(db: sqlite3.Connection) -> int:
    """Move what there is without waiting for anybody; the pages the WAL has, 0 where nothing could be done."""
    try:
        _, pages, _ = db.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
    except sqlite3.Error:
        return 0  # the disk is full, or another process is at it: the next one does it
    return int(pages)


class Checkpoints:
    """When to have one. For the event loop's thread."""

    def __init__(self, connect: Callable[[], sqlite3.Connection], on_writer: Callable[[], Awaitable[object]]) -> None:
        """`on_writer` runs a checkpoint on the writer's connection, between two commits."""
        self._connect = connect
        self._on_writer = on_writer
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="checkpoint")
        self._db: sqlite3.Connection | None = None
        self._commits = 0
        self._rows = 0
        self._running: asyncio.Task[None] | None = None

    def committed(self, rows: int) -> None:
        """The writer committed; `rows` is how many it has changed since it was connected."""
        self._commits += 1
        if self._running is not None or (self._commits < COMMITS and rows - self._rows < ROWS):
            return
        self._commits, self._rows = 0, rows
        self._running = asyncio.create_task(self._run())

    async def close(self) -> None:
        """Let the one under way end; none begins after."""
        if self._running is not None:
            await asyncio.wait({self._running})
        if self._db is not None:
            await asyncio.get_running_loop().run_in_executor(self._thread, self._db.close)
        self._thread.shutdown(wait=False)

    async def _run(self) -> None:
        try:
            with suppress(sqlite3.Error):
                if await asyncio.get_running_loop().run_in_executor(self._thread, self._beside) >= LARGE:
                    await self._on_writer()
        finally:
            self._running = None

    def _beside(self) -> int:
        if self._db is None:
            self._db = self._connect()
        return checkpoint(self._db)
