"""Units of work that share a commit, each of them whole or not at all. On the writer's thread."""

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from itertools import groupby
from typing import Any

Work = Callable[[sqlite3.Connection], Any]
WorkOnAll = Callable[[sqlite3.Connection, list[Any]], Sequence[Any]]
Outcome = tuple[Any, BaseException | None]


class StoreError(Exception):
    """The database could not do it: nothing of the unit of work was kept."""


class StoreFull(StoreError):
    """No room on the disk."""


class StoreBusy(StoreError):
    """Too many units of work wait already."""


class Unit:
    """What one caller of the writer asked for: a function of its own, or an item for one that takes many at once."""

    __slots__ = ("hurries", "item", "lasts", "on_all", "work")

    def __init__(
        self,
        work: Work | None,
        on_all: WorkOnAll | None = None,
        item: Any = None,
        *,
        hurries: bool = True,
        lasts: bool = True,
    ) -> None:
        self.work = work
        self.on_all = on_all
        self.item = item
        self.hurries = hurries
        """What does not hurry gives way to what does."""
        self.lasts = lasts
        """It must be on disk before anybody hears of it; what need not goes there with the next that must."""

    def run(self, db: sqlite3.Connection) -> Any:
        if self.work is not None:
            return self.work(db)
        assert self.on_all is not None
        return self.on_all(db, [self.item])[0]


def run_batch(db: sqlite3.Connection, units: Sequence[Unit]) -> list[Outcome]:
    """Commit every unit once. Raises where BEGIN or COMMIT fails: then nothing of the batch was kept.

    First all together without savepoints: FTS5 writes its index out at every one, which doubles what a delivery
    costs. Where a unit fails, everything is rolled back and run again, each unit in a SAVEPOINT of its own.
    """
    _sync(db, units)
    try:
        return _run(db, units, _together)
    except _UnitFailed:
        return _run(db, units, _one_by_one)


def _sync(db: sqlite3.Connection, units: Sequence[Unit]) -> None:
    """Wait for the disk inside COMMIT where somebody is in a hurry; else it is done beside the writer (syncing.py)."""
    db.execute(f"PRAGMA synchronous = {'FULL' if any(unit.hurries for unit in units) else 'NORMAL'}")


class _UnitFailed(Exception):
    """A unit of an optimistic batch raised."""


def _run(
    db: sqlite3.Connection,
    units: Sequence[Unit],
    run: Callable[[sqlite3.Connection, Sequence[Unit]], list[Outcome]],
) -> list[Outcome]:
    db.execute("BEGIN IMMEDIATE")
    try:
        outcomes = run(db, units)
        db.execute("COMMIT")
    except BaseException:
        with suppress(sqlite3.Error):
            db.execute("ROLLBACK")
        raise
    return outcomes


def _together(db: sqlite3.Connection, units: Sequence[Unit]) -> list[Outcome]:
    try:
        return [(result, None) for result in _results(db, units)]
    except Exception as error:
        raise _UnitFailed from error


def _results(db: sqlite3.Connection, units: Sequence[Unit]) -> Iterator[Any]:
    """In the order the units were asked for; neighbours with the same function share one call of it."""
    for on_all, neighbours in groupby(units, lambda unit: unit.on_all):
        if on_all is None:
            yield from (unit.run(db) for unit in neighbours)
        else:
            items = [unit.item for unit in neighbours]
            results = on_all(db, items)
            if len(results) != len(items):
                raise AssertionError("one result for each item")
            yield from results


def _one_by_one(db: sqlite3.Connection, units: Sequence[Unit]) -> list[Outcome]:
    return [_run_in_savepoint(db, unit) for unit in units]


def _run_in_savepoint(db: sqlite3.Connection, unit: Unit) -> Outcome:
    db.execute("SAVEPOINT unit")
    try:
        result = unit.run(db)
    except Exception as error:
        if not db.in_transaction:
            # SQLite rolled the whole transaction back by itself (disk full, I/O error): the batch is lost
            raise
        db.execute("ROLLBACK TO unit")
        db.execute("RELEASE unit")
        return None, translated(error)
    db.execute("RELEASE unit")
    return result, None


def translated(error: BaseException) -> BaseException:
    if isinstance(error, sqlite3.OperationalError):
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        if code == sqlite3.SQLITE_FULL:
            return StoreFull("no room on the disk")
        return StoreError(f"SQLite: {getattr(error, 'sqlite_errorname', 'error')}")
    return error
