"""One writer with group commit: what was answered is on disk, one bad unit does not fail its batch."""

import asyncio
import os
import sqlite3
import stat
import threading
from pathlib import Path

import pytest

from mailapp.store import database as module
from mailapp.store import pending, settings, syncing
from mailapp.store.database import Database, StoreBusy, StoreError, StoreFull, connect, transact


def _value(path: Path, name: str) -> str:
    db = connect(path, read_only=True)
    try:
        return settings.get(db, name, "missing")
    finally:
        db.close()


async def test_files_are_readable_by_the_owner_only(database: Database) -> None:
    await database.write(settings.set_, "a", "1")
    for path in database.path.parent.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path.name
    assert stat.S_IMODE(database.path.parent.stat().st_mode) == 0o700


async def test_pragmas_that_make_250_a_promise(database: Database) -> None:
    def pragmas(db: sqlite3.Connection) -> dict[str, object]:
        names = ("journal_mode", "synchronous", "auto_vacuum", "foreign_keys")
        return {name: db.execute(f"PRAGMA {name}").fetchone()[0] for name in names}

    assert await database.write(pragmas) == {
        "journal_mode": "wal",
        "synchronous": 2,
        "auto_vacuum": 2,
        "foreign_keys": 1,
    }


async def test_a_write_is_committed_when_it_returns(database: Database) -> None:
    await database.write(settings.set_, "a", "1")
    assert _value(database.path, "a") == "1"


async def test_writes_asked_for_together_share_one_commit(database: Database) -> None:
    commits = 0

    def count(statement: str) -> None:
        nonlocal commits
        commits += statement.startswith("COMMIT")

    await database.write(lambda db: db.set_trace_callback(count))
    await asyncio.gather(*(database.write(settings.set_, f"n{number}", "x") for number in range(100)))
    await database.write(lambda db: db.set_trace_callback(None))
    assert commits < 10
    assert all(_value(database.path, f"n{number}") == "x" for number in range(100))


def _note_all(db: sqlite3.Connection, names: list[str]) -> list[int]:
    if "bad" in names:
        raise ValueError("bad item")
    for name in names:
        settings.set_(db, name, str(len(names)))
    return [len(name) for name in names]


async def test_items_asked_for_together_go_to_one_call_and_each_caller_gets_its_own_result(database: Database) -> None:
    results = await asyncio.gather(*(database.write_together(_note_all, "x" * number) for number in range(1, 6)))
    assert results == [1, 2, 3, 4, 5]
    assert [_value(database.path, "x" * number) for number in range(1, 6)] == ["5"] * 5


async def test_an_item_that_fails_fails_alone(database: Database) -> None:
    results = await asyncio.gather(
        *(database.write_together(_note_all, name) for name in ("before", "bad", "after")), return_exceptions=True
    )
    assert isinstance(results[1], ValueError)
    assert [_value(database.path, name) for name in ("before", "bad", "after")] == ["1", "missing", "1"]


async def test_items_and_other_units_keep_the_order_they_were_asked_for(database: Database) -> None:
    await asyncio.gather(
        database.write_together(_note_all, "a"),
        database.write(settings.set_, "a", "between"),
        database.write_together(_note_all, "b"),
    )
    assert [_value(database.path, name) for name in ("a", "b")] == ["between", "1"]


async def test_after_a_flood_items_wait_for_their_company_and_one_that_comes_alone_does_not_wait_long(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "GATHER_S", 30.0)
    monkeypatch.setattr(module, "GAP_S", 20.0)
    await asyncio.gather(*(database.write_together(_note_all, name) for name in "abc"))
    first = asyncio.ensure_future(database.write_together(_note_all, "d"))
    second = asyncio.ensure_future(database.write_together(_note_all, "e"))
    await asyncio.wait({first}, timeout=0.1)
    assert not first.done(), "three came before, a third is on its way"
    await asyncio.wait_for(database.write_together(_note_all, "f"), 10)
    await asyncio.gather(first, second)
    assert _value(database.path, "d") == "3", "one commit"
    alone = asyncio.ensure_future(database.write_together(_note_all, "g"))
    await asyncio.sleep(0)
    await asyncio.wait_for(database.write(settings.set_, "hurry", "1"), 10)
    await asyncio.wait_for(alone, 10)


async def test_a_unit_that_fails_takes_back_only_its_own_changes(database: Database) -> None:
    def half(db: sqlite3.Connection) -> None:
        settings.set_(db, "half", "written")
        raise ValueError("bad unit")

    results = await asyncio.gather(
        database.write(settings.set_, "before", "1"),
        database.write(half),
        database.write(settings.set_, "after", "1"),
        return_exceptions=True,
    )
    assert isinstance(results[1], ValueError)
    assert [_value(database.path, name) for name in ("before", "half", "after")] == ["1", "missing", "1"]


async def test_a_caller_that_is_cancelled_does_not_take_others_with_it(database: Database) -> None:
    first = asyncio.ensure_future(database.write(settings.set_, "first", "1"))
    second = asyncio.ensure_future(database.write(settings.set_, "second", "1"))
    await asyncio.sleep(0)
    first.cancel()
    await second
    assert _value(database.path, "second") == "1"
    assert _value(database.path, "first") == "1"


async def test_a_full_disk_is_told_as_such_and_nothing_of_the_batch_is_kept(database: Database) -> None:
    def limit(db: sqlite3.Connection) -> None:
        pages = db.execute("PRAGMA page_count").fetchone()[0]
        db.execute(f"PRAGMA max_page_count = {pages}")

    await database.write(limit)
    with pytest.raises(StoreFull):
        await database.write(settings.set_, "large", "x" * 1_000_000)
    await database.write(lambda db: db.execute("PRAGMA max_page_count = 1073741823").fetchone())
    assert _value(database.path, "large") == "missing"
    await database.write(settings.set_, "later", "1")
    assert _value(database.path, "later") == "1"


async def test_readers_cannot_write(database: Database) -> None:
    with pytest.raises(sqlite3.OperationalError):
        await database.read(settings.set_, "a", "1")


async def test_too_many_waiting_writes_are_refused_not_queued_without_end(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "PENDING_LIMIT", 3)
    results = await asyncio.gather(
        *(database.write(settings.set_, f"n{number}", "x") for number in range(10)), return_exceptions=True
    )
    assert sum(isinstance(one, StoreBusy) for one in results) >= 1
    assert results[0] is None


async def test_closing_finishes_what_was_asked_for(tmp_path: Path) -> None:
    database = Database(tmp_path / "emails.db")
    await database.open()
    writes = [asyncio.ensure_future(database.write(settings.set_, f"n{number}", "x")) for number in range(50)]
    await asyncio.sleep(0)
    await database.close()
    await asyncio.gather(*writes)
    assert _value(database.path, "n49") == "x"
    with pytest.raises(StoreError):
        await database.write(settings.set_, "late", "x")


async def test_another_process_committing_changes_the_data_version_ours_does_not(database: Database) -> None:
    before = await database.data_version()
    await database.write(settings.set_, "ours", "1")
    assert await database.data_version() == before
    other = connect(database.path)
    transact(other, settings.set_, "theirs", "1")
    other.close()
    assert await database.data_version() != before


async def test_a_long_read_holds_up_neither_reads_nor_writes(database: Database) -> None:
    await database.write(settings.set_, "a", "1")
    began, go_on = threading.Event(), threading.Event()

    def long(db: sqlite3.Connection, name: str) -> tuple[str, str]:
        before = settings.get(db, name)
        began.set()
        assert go_on.wait(30)
        return before, settings.get(db, name)

    reads = [asyncio.ensure_future(database.apart(long, "a"))]
    assert await asyncio.to_thread(began.wait, 30)
    reads += [asyncio.ensure_future(database.apart(long, "a")) for _ in range(module.APART)]
    await database.write(settings.set_, "a", "2")
    assert await asyncio.gather(*(database.read(settings.get, "a") for _ in range(4))) == ["2"] * 4
    go_on.set()
    assert (await asyncio.gather(*reads))[0] == ("1", "1"), "one snapshot, from its first look on"


async def test_a_long_read_cannot_write_and_its_error_reaches_the_caller(database: Database) -> None:
    with pytest.raises(sqlite3.OperationalError):
        await database.apart(settings.set_, "a", "1")
    await database.close()
    with pytest.raises(StoreError):
        await database.apart(settings.get, "a")


async def test_what_does_not_hurry_goes_after_what_does_and_not_for_ever(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    order: list[str] = []

    def note(db: sqlite3.Connection, name: str) -> None:
        order.append(name)

    later = database.write_later(note, "later")
    first = database.write(note, "first")
    await asyncio.gather(later, first)
    assert order == ["first", "later"]

    monkeypatch.setattr(pending, "PATIENCE_S", 0.0)
    order.clear()
    await asyncio.gather(*(database.write_later(note, "later"), *(database.write(note, "first") for _ in range(3))))
    assert sorted(order) == ["first", "first", "first", "later"]


async def test_a_later_write_returns_when_the_disk_has_it_and_the_writer_goes_on_meanwhile(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, may_end = threading.Event(), threading.Event()
    names: list[str] = []
    sync = os.fdatasync

    def slow(fd: int) -> None:
        names.append(str(Path(f"/proc/self/fd/{fd}").readlink()))
        asked.set()
        may_end.wait(10)
        sync(fd)

    monkeypatch.setattr(syncing.os, "fdatasync", slow)
    later = asyncio.ensure_future(database.write_later(settings.set_, "a", "1"))
    await asyncio.to_thread(asked.wait, 10)
    await database.write(settings.set_, "b", "2")  # its own commit waits for the disk itself
    lightly = asyncio.ensure_future(database.write_lightly(settings.set_, "c", "3"))
    await lightly
    assert not later.done()
    assert (_value(database.path, "a"), _value(database.path, "b")) == ("1", "2")
    may_end.set()
    await later
    assert names == [f"{database.path}-wal"]


async def test_one_sync_is_for_all_who_asked_before_it(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    asked, may_end, syncs = threading.Event(), threading.Event(), 0

    def slow(_: int) -> None:
        nonlocal syncs
        syncs += 1
        asked.set()
        may_end.wait(10)

    monkeypatch.setattr(syncing.os, "fdatasync", slow)
    first = asyncio.ensure_future(database.write_later(settings.set_, "a", "1"))
    await asyncio.to_thread(asked.wait, 10)
    others = [asyncio.ensure_future(database.write_later(settings.set_, f"n{number}", "x")) for number in range(5)]
    while _value(database.path, "n4") != "x":
        await asyncio.sleep(0)
    may_end.set()
    await asyncio.gather(first, *others)
    assert syncs == 2


async def test_a_disk_that_fails_fails_the_later_write(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_: int) -> None:
        raise OSError(5, "I/O error")

    monkeypatch.setattr(syncing.os, "fdatasync", broken)
    with pytest.raises(StoreError):
        await database.write_later(settings.set_, "a", "1")


async def test_only_who_hurries_makes_the_commit_wait_for_the_disk(database: Database) -> None:
    def level(db: sqlite3.Connection) -> object:
        return db.execute("PRAGMA synchronous").fetchone()[0]

    assert await database.write_later(level) == 1
    assert await database.write_lightly(level) == 1
    assert await database.write(level) == 2


async def test_closing_waits_for_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked, may_end = threading.Event(), threading.Event()

    def slow(_: int) -> None:
        asked.set()
        may_end.wait(10)

    database = Database(tmp_path / "emails.db")
    await database.open()
    monkeypatch.setattr(syncing.os, "fdatasync", slow)
    later = asyncio.ensure_future(database.write_later(settings.set_, "a", "1"))
    await asyncio.to_thread(asked.wait, 10)
    closing = asyncio.ensure_future(database.close())
    await asyncio.sleep(0)
    assert not closing.done()
    may_end.set()
    await asyncio.gather(later, closing)
    assert _value(database.path, "a") == "1"
