"""Mail of the release before is indexed anew while the server runs; a step that fails is tried again."""

import sqlite3
from pathlib import Path

import pytest

from mailapp import maillog
from mailapp.flow import reindexing
from mailapp.flow.precedence import Precedence
from mailapp.store import search_moving
from mailapp.store.database import Database, connect
from tests.store.moving import Box, database_before
from tests.store.support import check_index


@pytest.fixture
def before(tmp_path: Path) -> Path:
    """A database of the release before with 250 messages."""
    path = tmp_path / "emails.db"
    database_before(path)
    db = connect(path)
    box = Box(db, 1)
    for at in range(250):
        box.old(at)
    db.close()
    return path


async def test_it_moves_all_and_ends(before: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told = list[object]()
    monkeypatch.setattr(maillog, "reindexing", told.append)
    monkeypatch.setattr(maillog, "reindexed", lambda: told.append("done"))
    database = Database(before)
    await database.open()
    await reindexing.reindex(database, Precedence(), rests=0)
    left = "SELECT count(*) FROM messages WHERE search_number = 0"
    assert await database.read(lambda db: db.execute(left).fetchone()[0]) == 0
    await database.write(check_index)
    assert told == [250, "done"]
    await reindexing.reindex(database, Precedence(), rests=0)
    assert told == [250, "done"], "nothing is left, nothing is said"
    await database.close()


async def test_a_step_that_fails_is_tried_again(before: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    failed = list[str]()
    steps = search_moving.step

    def step(db: sqlite3.Connection, limit: int) -> bool:
        if len(failed) < 2:
            raise sqlite3.OperationalError("disk I/O error")
        return steps(db, limit)

    monkeypatch.setattr(maillog, "unforeseen", failed.append)
    monkeypatch.setattr(reindexing, "AGAIN_S", 0)
    monkeypatch.setattr(search_moving, "step", step)
    database = Database(before)
    await database.open()
    await reindexing.reindex(database, Precedence(), rests=0)
    assert failed == ["indexing anew"] * 2
    left = "SELECT count(*) FROM messages WHERE search_number = 0"
    assert await database.read(lambda db: db.execute(left).fetchone()[0]) == 0
    await database.close()
