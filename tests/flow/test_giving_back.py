"""Room that erased mail leaves goes back to the disk where it is much, and what is there stays whole."""

import sqlite3

import pytest

from mailapp.flow import giving_back
from mailapp.flow.giving_back import give_back_once
from mailapp.flow.precedence import Precedence
from mailapp.store import contents, free_pages
from mailapp.store.database import Database

PIECE = b"x" * 8_000


async def _fill(database: Database, count: int) -> list[int]:
    def add(db: sqlite3.Connection) -> list[int]:
        return [contents.add(db, b"%08d" % number + PIECE, contents.NO_WORDS, 1) for number in range(count)]

    return await database.write(add)


async def test_a_file_that_is_half_empty_shrinks_and_loses_nothing(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(giving_back, "FROM_BYTES", 100_000)
    made = await _fill(database, 400)
    for each in made[:300]:
        await database.write(contents.remove, each)
    before = await database.read(free_pages.pages)
    given = await give_back_once(database, Precedence(), rest_s=0)
    after = await database.read(free_pages.pages)
    assert before.free - after.free == given
    assert before.all - after.all >= given > 0
    assert after.free * giving_back.UNTIL_PART <= after.all < before.all / 2
    for number in range(300, 400):
        assert (await database.read(contents.read, made[number], 0, 8)) == b"%08d" % number
    assert await database.read(lambda db: db.execute("PRAGMA integrity_check").fetchone()) == ("ok",)
    assert await give_back_once(database, Precedence(), rest_s=0) == 0


async def test_nothing_is_moved_while_a_long_read_keeps_the_log(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(giving_back, "FROM_BYTES", 100_000)
    monkeypatch.setattr(free_pages, "LOG_MOST", 10_000)
    made = await _fill(database, 400)
    for each in made[:300]:
        await database.write(contents.remove, each)
    assert await give_back_once(database, Precedence(), rest_s=0) == 0


async def test_a_little_room_stays_for_mail_that_comes(database: Database) -> None:
    made = await _fill(database, 100)
    for each in made[:50]:
        await database.write(contents.remove, each)
    assert await give_back_once(database, Precedence(), rest_s=0) == 0


def test_a_database_made_without_auto_vacuum_is_left_alone() -> None:
    db = sqlite3.connect(":memory:")
    db.executescript("CREATE TABLE t (x); INSERT INTO t VALUES (zeroblob(100000)); DELETE FROM t;")
    assert free_pages.pages(db).free > 0
    assert free_pages.give_back(db, 10) == 0
    db.close()
