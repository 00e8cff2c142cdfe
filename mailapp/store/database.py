"""Connections and the one writer: group commit, each unit of work on its own, synchronous=FULL.

The unit of work is a plain function that takes the sqlite3 connection first. It runs on a connection's own thread
(aiosqlite's), so no await can come between BEGIN and COMMIT.
"""

import asyncio
import sqlite3
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

import aiosqlite

from mailapp.store import migrate, search_other
from mailapp.store.checkpoints import Checkpoints, checkpoint
from mailapp.store.pending import BATCH_LIMIT, Pending, settle
from mailapp.store.syncing import Syncing
from mailapp.store.units import StoreBusy, StoreError, StoreFull, Unit, Work, run_batch, translated

__all__ = ["Database", "StoreBusy", "StoreError", "StoreFull", "Work", "connect", "transact"]

P = ParamSpec("P")
T = TypeVar("T")
A = TypeVar("A")

READERS = 2
APART = 2
"""Long reads that may run at once, beside the readers."""
GAP_S = 0.002
"""How long a commit waits for the next unit of a flood."""
GATHER_S = 0.02
"""How long it waits for them in all."""
BUSY_MS = 10_000
"""How long a statement waits for another process (the command line) to finish writing."""
PENDING_LIMIT = 10_000
"""Units of work that may wait for the writer; above it `write` raises StoreBusy."""


class _Connection(aiosqlite.Connection):
    """aiosqlite's connection, able to run a whole function on its thread instead of one statement."""

    async def run(self, function: Callable[[sqlite3.Connection], T]) -> T:
        result: T = await self._execute(function, self._conn)  # type: ignore[no-untyped-call]
        return result


class Database:
    """One writer and two readers over one SQLite file in WAL mode."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._writer: _Connection | None = None
        self._readers: list[_Connection] = []
        self._turn = 0
        self._pending = Pending(time.monotonic)
        self._committing: asyncio.Task[None] | None = None
        self._gathering: tuple[int, asyncio.Future[None]] | None = None
        """How many units a commit waits for, and what ends that."""
        self._flood = 0, 0.0
        """How many units are likely to come soon, and since when that is known."""
        self._closed = False
        self._checkpoints: Checkpoints | None = None
        self._syncing = Syncing(path)
        self._apart = ThreadPoolExecutor(APART, thread_name_prefix="apart")

    async def open(self) -> None:
        """Create the file (0600) where it is missing, apply migrations, connect. Raises StoreError."""
        await asyncio.to_thread(migrate.prepare, self.path)
        self._writer = writer = await _connect(self.path, read_only=False)
        await writer.run(lambda db: db.execute("PRAGMA wal_autocheckpoint = 0"))
        self._checkpoints = Checkpoints(lambda: connect(self.path), lambda: writer.run(checkpoint))
        self._readers = [await _connect(self.path, read_only=True) for _ in range(READERS)]

    async def close(self) -> None:
        """Finish what was asked for, then close every connection."""
        self._closed = True
        self._apart.shutdown(wait=False, cancel_futures=True)
        while self._committing is not None and not self._committing.done():
            await asyncio.wait({self._committing})
        await self._syncing.close()
        if self._checkpoints is not None:
            await self._checkpoints.close()
            self._checkpoints = None
        for connection in [*self._readers, *([self._writer] if self._writer else [])]:
            await connection.close()
        self._readers, self._writer = [], None

    @property
    def alive(self) -> bool:
        return self._writer is not None and not self._closed

    async def read(
        self, function: Callable[Concatenate[sqlite3.Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run a function on a reader's thread, inside one snapshot."""
        if not self._readers:
            raise StoreError("the database is closed")
        self._turn = (self._turn + 1) % len(self._readers)

        def snapshot(db: sqlite3.Connection) -> T:
            db.execute("BEGIN")
            try:
                return function(db, *args, **kwargs)
            finally:
                db.execute("COMMIT")

        return await self._readers[self._turn].run(snapshot)

    async def apart(
        self, function: Callable[Concatenate[sqlite3.Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run a long read on a connection and a thread of its own, inside one snapshot, so that no reader waits.

        At most APART run at once, the next ones wait. What takes longer than seconds keeps the WAL from shrinking.
        """
        if self._closed or not self._readers:
            raise StoreError("the database is closed")

        def snapshot() -> T:
            db = connect(self.path, read_only=True)
            try:
                db.execute("BEGIN")
                return function(db, *args, **kwargs)
            finally:
                db.close()

        return await asyncio.get_running_loop().run_in_executor(self._apart, snapshot)

    async def write(
        self, function: Callable[Concatenate[sqlite3.Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run a function in the next group commit; return its result once the commit is on disk.

        The function may run twice, the first time for nothing: it must have no effect but on the database.

        Raises what the function raised (its own changes are rolled back, its batch goes on), StoreFull where the
        disk is full, StoreBusy above PENDING_LIMIT, StoreError where the commit failed.
        """
        result: T = await self._outcome(Unit(lambda db: function(db, *args, **kwargs)))
        return result

    async def write_later(
        self,
        function: Callable[Concatenate[sqlite3.Connection, P], T],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        """The same for what nobody waits for: it gives way to others for some milliseconds."""
        result: T = await self._outcome(Unit(lambda db: function(db, *args, **kwargs), hurries=False))
        return result

    async def write_lightly(
        self,
        function: Callable[Concatenate[sqlite3.Connection, P], T],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        """The same, and a power failure may undo it, with all that came after it; the end of this process cannot.

        Whatever is written by `write` or `write_later` afterwards takes it to the disk first.
        """
        result: T = await self._outcome(Unit(lambda db: function(db, *args, **kwargs), hurries=False, lasts=False))
        return result

    async def write_together(self, function: Callable[[sqlite3.Connection, list[A]], Sequence[T]], item: A) -> T:
        """The same for what costs less together: the function gets the items of all who wait, and gives a result each.

        Where it raises it is called again for each item alone. It must be the same function from call to call.
        """
        result: T = await self._outcome(Unit(None, function, item))
        return result

    def _outcome(self, unit: Unit) -> "asyncio.Future[Any]":
        """The future of a unit's result. Whoever waits for it may go away: the unit is committed all the same."""
        if self._writer is None or self._closed:
            raise StoreError("the database is closed")
        if len(self._pending) >= PENDING_LIMIT:
            raise StoreBusy("too many writes wait")
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._pending.put(unit, future)
        if self._gathering is not None and unit.hurries and not 0 < self._pending.shared < self._gathering[0]:
            _resolve(self._gathering[1])
        if self._committing is None or self._committing.done():
            self._committing = asyncio.create_task(self._commit_pending(self._writer))
        return future

    async def data_version(self) -> int:
        """A number that changes when another process (the command line) commits; our own commits do not count."""
        if self._writer is None:
            raise StoreError("the database is closed")
        version: int = await self._writer.run(lambda db: db.execute("PRAGMA data_version").fetchone()[0])
        return version

    async def _commit_pending(self, writer: _Connection) -> None:
        while self._pending:
            await self._gather()
            batch = self._pending.take()
            units = [unit for unit, _ in batch]
            try:
                outcomes = await writer.run(lambda db, units=units: run_batch(db, units))  # type: ignore[misc]
            except BaseException as error:
                outcomes = [(None, translated(error))] * len(batch)
                if not isinstance(error, Exception):
                    settle(batch, outcomes)
                    raise
            self._syncing.finish(batch, outcomes)
            if self._checkpoints is not None:
                self._checkpoints.committed(writer.total_changes)
            if any(unit.hurries for unit in units):
                shared = sum(unit.on_all is not None for unit in units)
                expected = min(shared + len(self._pending), BATCH_LIMIT) if shared else 0
                self._flood = expected, asyncio.get_running_loop().time()

    async def _gather(self) -> None:
        """Let units that cost less together come together, in a flood of them: never where anything else waits.

        Expected are those of the last commit, whose clients are sending their next message by now, and those that came
        meanwhile. A message that comes alone waits for nobody.
        """
        loop = asyncio.get_running_loop()
        expected, since = self._flood
        while 0 < (waiting := self._pending.shared) < expected and loop.time() < since + GATHER_S:
            ended: asyncio.Future[None] = loop.create_future()
            self._gathering = (expected, ended)
            timer = loop.call_later(GAP_S, _resolve, ended)
            await ended
            timer.cancel()
            self._gathering = None
            if self._pending.shared == waiting:
                return


def _resolve(future: "asyncio.Future[None]") -> None:
    if not future.done():
        future.set_result(None)


async def _connect(path: Path, *, read_only: bool) -> _Connection:
    def connector() -> sqlite3.Connection:
        return connect(path, read_only=read_only)

    connection = _Connection(connector, iter_chunk_size=64)
    connection._thread.daemon = True  # a crash elsewhere must not leave the process hanging on this thread
    await connection
    return connection


def connect(path: Path, *, read_only: bool = False) -> sqlite3.Connection:
    """A connection with our pragmas, in autocommit mode; for one thread. The command line uses it directly."""
    db = sqlite3.connect(path, timeout=BUSY_MS / 1000, isolation_level=None, cached_statements=256)
    db.execute("PRAGMA foreign_keys = ON")
    db.execute("PRAGMA synchronous = FULL")
    db.execute("PRAGMA temp_store = MEMORY")
    db.execute("PRAGMA cache_size = -4096" if read_only else "PRAGMA cache_size = -8192")
    db.execute("PRAGMA trusted_schema = OFF")
    db.execute("PRAGMA journal_size_limit = 67108864")
    if read_only:
        db.execute("PRAGMA query_only = ON")
    search_other.provide(db)
    return db


def transact(
    db: sqlite3.Connection, function: Callable[Concatenate[sqlite3.Connection, P], T], *args: P.args, **kwargs: P.kwargs
) -> T:
    """Run one unit of work in a transaction of its own; what the command line writes with."""
    result, error = run_batch(db, [Unit(lambda db: function(db, *args, **kwargs))])[0]
    if error is not None:
        raise error
    return result  # type: ignore[no-any-return]


def look(
    db: sqlite3.Connection, function: Callable[Concatenate[sqlite3.Connection, P], T], *args: P.args, **kwargs: P.kwargs
) -> T:
    """Run a function that reads inside one snapshot; what the command line reads with."""
    db.execute("BEGIN")
    try:
        return function(db, *args, **kwargs)
    finally:
        db.execute("COMMIT")
