"""Pairs of characters are noted behind deliveries, and what fails is tried again."""

import asyncio
import sqlite3
import time
from pathlib import Path

import pytest

from mailapp import maillog
from mailapp.flow import pairing
from mailapp.flow.pairing import Pairing
from mailapp.flow.precedence import Precedence
from mailapp.store import arrivals, filings, search_pairs
from mailapp.store.database import Database
from mailapp.store.search_pairs import Progress, Shape
from tests.store.support import arrival


@pytest.fixture
async def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Database:
    """One account with 19 messages; a block has 8."""
    monkeypatch.setattr(search_pairs, "SHAPE", Shape(piece_bits=1, block_bits=3, most=2))
    monkeypatch.setattr(pairing, "BUCKETS", 100)
    database = Database(tmp_path / "emails.db")
    await database.open()

    def fill(db) -> None:  # type: ignore[no-untyped-def]
        db.execute("INSERT INTO accounts (id, address, password_hash, created_at) VALUES (1, 'a@b.example', '', 0)")
        db.execute("INSERT INTO mailboxes (account_id, role) VALUES (1, 'inbox')")
        ids = arrivals.MessageIds()
        for _ in range(19):
            arrivals.add(db, ids, arrival(1), 0)

    await database.write(fill)
    return database


async def test_it_notes_all_there_is_and_ends(database: Database) -> None:
    await Pairing(database, Precedence(), rests=0).catch_up()
    assert await database.read(search_pairs.progress, 1) == Progress(20, 2, 0)
    await Pairing(database, Precedence(), rests=0).catch_up()
    assert await database.read(search_pairs.progress, 1) == Progress(20, 2, 0)
    await database.close()


async def test_a_look_that_fails_is_told_and_the_next_goes_on(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    failed, done = list[str](), asyncio.Event()
    catch_up = Pairing.catch_up

    async def fails_once(self: Pairing) -> None:
        if not failed:
            raise OSError("disk I/O error")
        await catch_up(self)
        done.set()

    monkeypatch.setattr(maillog, "unforeseen", failed.append)
    monkeypatch.setattr(pairing, "EVERY_S", 0)
    monkeypatch.setattr(Pairing, "catch_up", fails_once)
    task = asyncio.create_task(Pairing(database, Precedence(), rests=0).run())
    await asyncio.wait_for(done.wait(), 10)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert failed == ["noting pairs of characters"]
    assert await database.read(search_pairs.progress, 1) == Progress(20, 2, 0)
    await database.close()


async def test_it_gives_way_while_mail_comes_in_without_a_pause(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pairing, "FLOOD_S", 0)
    waited = list[float]()

    class Flooded(Precedence):
        async def passed(self) -> None:
            waited.append(await asyncio.sleep(pairing.LONGEST_S, 0.0))

    monkeypatch.setattr(pairing, "PATIENCE", 3)
    work = asyncio.create_task(Pairing(database, Flooded(), rests=0).catch_up())
    while len(waited) < 3:
        await asyncio.sleep(0)
    assert await database.read(search_pairs.progress, 1) is None, "three looks at the flood before the first step"
    work.cancel()
    await asyncio.gather(work, return_exceptions=True)
    await database.close()


async def test_what_is_noted_of_mail_that_is_gone_is_forgotten_once_a_day(database: Database) -> None:
    now = time.mktime((2026, 9, 21, 12, 0, 0, 0, 0, -1))
    work = Pairing(database, Precedence(), rests=0, clock=lambda: now)

    def erase(db: sqlite3.Connection) -> None:
        for (message_id,) in db.execute("SELECT id FROM messages LIMIT 10").fetchall():
            filings.erase(db, 1, message_id)

    def rows(db: sqlite3.Connection) -> int:
        count = "SELECT (SELECT count(*) FROM search_pairs) + (SELECT count(*) FROM search_pair_pieces)"
        return int(db.execute(count).fetchone()[0])

    await work.forget_daily()  # nothing is noted, so the day is not over
    await work.catch_up()
    noted = await database.read(rows)
    await work.forget_daily()
    assert await database.read(rows) == noted, "all of it is there"
    await database.write(erase)
    await work.forget_daily()
    assert await database.read(rows) == noted, "that was done today"
    now += 86_400
    await work.forget_daily()
    once = await database.read(rows)
    assert once < noted, "the first block has no mail any more"
    await database.write(erase)
    now += 86_400
    await work.forget_daily()
    assert await database.read(rows) == 0
    await database.close()
