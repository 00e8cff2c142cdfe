"""A copy of the database holds what was committed before it began, and nothing half; a damaged one is found out."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from mailapp.store import audit, settings, snapshot
from mailapp.store.database import Database, connect
from mailapp.store.snapshot import Damaged
from tests.conftest import make_account


def _nothing(done: int, total: int) -> None:
    pass


async def test_commits_while_it_runs_neither_begin_it_anew_nor_get_in(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await make_account(database)
    monkeypatch.setattr(snapshot, "STEP_PAGES", 1)
    told: list[int] = []

    def progress(done: int, total: int) -> None:
        told.append(done)
        with closing(connect(database.path)) as db:
            settings.set_(db, f"during_{len(told)}", "x")

    snapshot.copy(database.path, tmp_path / "copy.db", progress)
    assert len(told) > 20
    assert told == sorted(told)
    held = snapshot.counts(tmp_path / "copy.db")
    assert held["accounts"] == 1
    assert held["settings"] == 0
    assert oct((tmp_path / "copy.db").stat().st_mode)[-3:] == "600"
    snapshot.verify(tmp_path / "copy.db", held)


async def test_what_was_erased_is_not_in_free_pages_of_the_copy(database: Database, tmp_path: Path) -> None:
    def fill(db: sqlite3.Connection) -> None:
        for number in range(200):
            settings.set_(db, f"n{number}", "confidential " * 300)

    await database.write(fill)
    await database.write(lambda db: [settings.remove(db, f"n{number}") for number in range(200)])
    assert b"confidential" in database.path.read_bytes() + Path(f"{database.path}-wal").read_bytes()
    snapshot.copy(database.path, tmp_path / "copy.db", _nothing)
    with closing(sqlite3.connect(tmp_path / "copy.db")) as db:
        assert db.execute("PRAGMA freelist_count").fetchone()[0] == 0


async def test_a_damaged_copy_and_one_with_other_rows_are_told_apart(database: Database, tmp_path: Path) -> None:
    await make_account(database)
    path = tmp_path / "copy.db"
    snapshot.copy(database.path, path, _nothing)
    held = snapshot.counts(path)
    with pytest.raises(Damaged, match="accounts: 2 expected, 1 found"):
        snapshot.verify(path, {**held, "accounts": 2})
    data = bytearray(path.read_bytes())
    for place in range(8_192, len(data) - 8_192, 8_192):
        data[place : place + 64] = b"\xff" * 64
    path.write_bytes(data)
    with pytest.raises(Damaged):
        snapshot.verify(path, held)


async def test_a_restored_copy_sends_nothing_twice_and_names_no_change_twice(
    database: Database, tmp_path: Path
) -> None:
    def queue(db: sqlite3.Connection) -> None:
        for state in ("waiting", "active", "done"):
            db.execute(
                "INSERT INTO queue_items (account_id, reverse_path, created_at, release_at, state)"
                " VALUES (1, '', 1, 1, ?)",
                (state,),
            )
            db.execute(
                "INSERT INTO queue_recipients (item_id, address, next_at, changed_at)"
                " VALUES ((SELECT max(id) FROM queue_items), 'a@b.example', 1, 1)"
            )

    await make_account(database)
    await database.write(queue)
    path = tmp_path / "copy.db"
    snapshot.copy(database.path, path, _nothing)
    assert snapshot.settle(path, "cli:root", "b.tar.zst", 1, hold=True) == 2
    with closing(connect(path)) as db:
        assert [row[0] for row in db.execute("SELECT state FROM queue_items")] == ["held", "held", "done"]
        after = db.execute("SELECT seq FROM sqlite_sequence WHERE name = 'changes'").fetchone()
        assert after[0] >= snapshot.SEQS_SKIPPED
        assert audit.page(db, 0, 1)[0].what == "backup.restored"
    assert not Path(f"{path}-wal").exists()
