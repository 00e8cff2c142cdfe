"""A backup is made while mail pours in, and restored elsewhere: what was acknowledged before it began is all there."""

import asyncio
import dataclasses
import re
from pathlib import Path

import pytest

from bench.dialogue import Dialogue
from mailapp.app import App, running
from mailapp.config import Config
from mailapp.flow import restoring
from mailapp.store import snapshot
from tests.conftest import PASSWORD, make_account

LIN = "lin@yuanye.example"
BEFORE, DURING = 120, 40


def _letter(number: int) -> bytes:
    return f"From: zhou@sanlian.example\r\nSubject: No. {number:05}\r\n\r\n{'mail ' * 800}\r\n".encode()


async def _subjects(app: App) -> set[int]:
    def read(db: object) -> list[tuple[str]]:
        found: list[tuple[str]] = db.execute("SELECT subject FROM messages").fetchall()  # type: ignore[attr-defined]
        return found

    rows = await app.database.read(read)
    return {int(re.findall(r"\d+", subject)[0]) for (subject,) in rows}


async def test_every_message_acknowledged_before_the_backup_began_is_in_what_is_restored(
    app: App, config: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await make_account(app.database, LIN, admin=True)
    monkeypatch.setattr(snapshot, "STEP_PAGES", 4)
    acknowledged, enough, stop = set[int](), asyncio.Event(), asyncio.Event()

    async def pour(first: int) -> None:
        client = await Dialogue.connect(app.smtp.addresses[0][1])
        number = first
        while not stop.is_set():
            if (await client.send(_letter(number), [LIN])).accepted:
                acknowledged.add(number)
            number += 1
            if len(acknowledged) >= BEFORE:
                enough.set()
        client.writer.close()

    pouring = [asyncio.create_task(pour(first)) for first in (0, 10_000, 20_000)]
    await asyncio.wait_for(enough.wait(), 60)
    before = set(acknowledged)
    held = await app.pages.backups.make(LIN)
    during = len(acknowledged) - len(before)
    stop.set()
    await asyncio.gather(*pouring)
    assert during >= DURING, "mail went on coming in meanwhile"

    path = app.pages.backups.path(held.name)
    assert path is not None
    there = dataclasses.replace(config, data_dir=tmp_path / "there")
    restored = await asyncio.to_thread(
        lambda: restoring.restore(path, there.data_dir, by="cli:root", say=lambda step: None)
    )
    async with running(there) as copy:
        found = await _subjects(copy)
        assert before <= found
        assert found <= acknowledged
        assert restored.manifest.counts["messages"] == len(found)
        client = await Dialogue.connect(copy.smtp.addresses[0][1])
        assert (await client.send(_letter(99_999), [LIN])).accepted
        client.writer.close()
        assert 99_999 in await _subjects(copy)
        assert (await copy.signing_in.log_in(LIN, PASSWORD, "198.51.100.7", "Firefox"))[0]
