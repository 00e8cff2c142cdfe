"""Pairs of characters are noted behind deliveries, and what fails is tried again."""

import asyncio
from pathlib import Path

import pytest

from mailapp import maillog
from mailapp.flow import pairing
from mailapp.flow.pairing import Pairing
from mailapp.flow.precedence import Precedence
from mailapp.store import arrivals, search_pairs
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
