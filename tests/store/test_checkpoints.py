"""The WAL is moved into the database beside the writer, and does not grow for ever."""

import asyncio
import sqlite3
from pathlib import Path

import pytest

from mailapp.store import checkpoints as module
from mailapp.store import settings
from mailapp.store.checkpoints import Checkpoints, checkpoint
from mailapp.store.database import Database, connect


async def _ended(database: Database) -> None:
    """Wait for the checkpoint under way."""
    running = database._checkpoints._running  # type: ignore[union-attr]
    assert running is not None
    await asyncio.wait({running})


def _in_file(path: Path, name: str) -> str:
    """A setting as the database file alone has it, without its WAL."""
    copy = path.with_name("copy.db")
    copy.write_bytes(path.read_bytes())
    db = sqlite3.connect(copy)
    try:
        return settings.get(db, name, "missing")
    finally:
        db.close()
        copy.unlink()


async def test_after_some_commits_the_file_has_it(database: Database) -> None:
    await database.write(settings.set_, "name", "old")
    assert _in_file(database.path, "name") == "missing"
    for _ in range(module.COMMITS):
        await database.write(settings.set_, "name", "new")
        if database._checkpoints._running:  # type: ignore[union-attr]
            break
    await _ended(database)
    assert _in_file(database.path, "name") == "new"


async def test_after_many_rows_the_file_has_it_whatever_the_commits(database: Database) -> None:
    def many(db: sqlite3.Connection) -> None:
        for number in range(module.ROWS):
            settings.set_(db, f"name {number}", "new")

    await database.write(many)
    await _ended(database)
    assert _in_file(database.path, "name 0") == "new"


@pytest.mark.parametrize(("pages", "stops"), [(module.LARGE - 1, 0), (module.LARGE, 1)])
async def test_the_writer_stops_for_the_rest_only_where_the_wal_is_large(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pages: int, stops: int
) -> None:
    stopped: list[int] = []

    async def on_writer() -> None:
        stopped.append(1)

    monkeypatch.setattr(module, "checkpoint", lambda _: pages)
    checkpoints = Checkpoints(lambda: connect(tmp_path / "emails.db"), on_writer)
    checkpoints.committed(module.ROWS)
    await checkpoints.close()
    assert len(stopped) == stops


async def test_a_reader_keeps_what_it_sees_during_a_checkpoint(database: Database) -> None:
    await database.write(settings.set_, "name", "old")
    reader = connect(database.path, read_only=True)
    try:
        reader.execute("BEGIN")
        assert settings.get(reader, "name", "") == "old"
        for number in range(3 * module.COMMITS):
            await database.write(settings.set_, "name", f"new {number}")
        assert settings.get(reader, "name", "") == "old"
    finally:
        reader.close()


def test_what_cannot_be_done_now_is_left_to_the_next_one() -> None:
    db = sqlite3.connect(":memory:")
    db.close()
    assert checkpoint(db) == 0


async def test_closing_waits_for_the_one_under_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "COMMITS", 1)
    database = Database(tmp_path / "emails.db")
    await database.open()
    await database.write(settings.set_, "name", "new")
    assert database._checkpoints._running  # type: ignore[union-attr]
    await database.close()
    assert not (tmp_path / "emails.db-wal").exists()
