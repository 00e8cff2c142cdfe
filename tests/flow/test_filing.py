"""Acts on everything go in batches, are undone as a whole, and never hold incoming mail up."""

import asyncio
import sqlite3
from dataclasses import dataclass

import pytest

from mailapp.events import Bus, Changed
from mailapp.flow import bulk
from mailapp.flow.bulk import Busy, Work
from mailapp.flow.emptying import DAY_MS, Emptying
from mailapp.flow.filing import Act, Filing
from mailapp.flow.folders import BadName, Folders, clean, path_of
from mailapp.flow.selections import Chosen, Everything
from mailapp.store import acts, changes, filings, labels, mailboxes, messages, settings
from mailapp.store.database import Database
from mailapp.store.messages import View
from tests.conftest import make_account
from tests.store.support import check_index
from tests.store.test_acts import counted, deliver


@dataclass
class Desk:
    database: Database
    bus: Bus
    filing: Filing
    folders: Folders
    lin: int
    ids: list[int]

    async def place(self, role: str) -> int:
        return await self.database.read(mailboxes.by_role, self.lin, role)

    async def total(self, role: str) -> int:
        held = await self.database.read(mailboxes.of_account, self.lin)
        return next(each.total for each in held if each.role == role)

    async def everything(self, role: str) -> Everything:
        return Everything(View(self.lin, await self.place(role)))


@pytest.fixture
async def desk(database: Database, bus: Bus, monkeypatch: pytest.MonkeyPatch) -> Desk:
    monkeypatch.setattr(acts, "BATCH", 10)
    monkeypatch.setattr(acts, "ERASED", 7)
    filing, lin = Filing(database, bus), await make_account(database)
    return Desk(database, bus, filing, Folders(filing), lin, await deliver(database, lin, 64))


async def ended(work: Work | None) -> Work:
    assert work is not None
    while not work.ended:
        await asyncio.sleep(0)
    return work


async def test_everything_is_archived_in_batches_and_undone_as_a_whole(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mailapp.flow.filing.IDS_LIMIT", 20)
    sizes: list[int] = []
    write = desk.database.write

    async def watched(function, *values, **more):  # type: ignore[no-untyped-def]
        if function is acts.carry_out:
            sizes.append(len(values[2]))
        return await write(function, *values, **more)

    monkeypatch.setattr(desk.database, "write", watched)
    filed = await desk.filing.act(desk.lin, Act("move", await desk.place("archive")), await desk.everything("inbox"))
    work = await ended(filed.work)
    assert (work.done, work.failed, sizes) == (64, False, [10] * 6 + [4])
    assert (await desk.total("inbox"), await desk.total("archive")) == (0, 64)
    assert work.undo_id is not None
    back = await desk.filing.undo(desk.lin, work.undo_id)
    assert (await ended(back.work)).done == 64
    assert (await desk.total("inbox"), await desk.total("archive")) == (64, 0)
    await desk.database.read(counted)
    assert (await desk.filing.undo(desk.lin, work.undo_id)).work is None


async def test_what_arrives_meanwhile_is_left_alone_and_delivered_between_two_batches(desk: Desk) -> None:
    order: list[str] = []
    write = desk.database.write

    async def one_by_one(function, *values, **more):  # type: ignore[no-untyped-def]
        result = await write(function, *values, **more)
        order.append("batch" if function is acts.carry_out else "other")
        return result

    newest = max(desk.ids)
    chosen = Everything(View(desk.lin, await desk.place("inbox")), newest)
    act = Act("move", await desk.place("archive"))

    async def arrive() -> list[int]:
        found = await deliver(desk.database, desk.lin, 2)
        order.append("arrival")
        return found

    desk.database.write = one_by_one  # type: ignore[method-assign, assignment]
    filed, arrived = await asyncio.gather(desk.filing.act(desk.lin, act, chosen), arrive())
    await ended(filed.work)
    assert order.index("arrival") < len(order) - 1 - order[::-1].index("batch"), "mail came before the last batch"
    assert await desk.total("inbox") == 2
    page = await desk.database.read(messages.page, View(desk.lin, await desk.place("inbox")), None, 9)
    assert sorted(each.id for each in page) == sorted(arrived)


async def test_an_act_on_many_is_told_as_one_change(desk: Desk) -> None:
    seq = await desk.database.read(changes.latest)
    with desk.bus.subscribe(desk.lin) as heard:
        filed = await desk.filing.act(desk.lin, Act("seen"), await desk.everything("inbox"))
        await ended(filed.work)
        event = await heard.get()
    found = await desk.database.read(changes.since, desk.lin, seq, 100)
    assert [each.kind for each in found or ()] == [changes.MANY]
    assert event == Changed(desk.lin, seq + 1)


async def test_named_messages_are_told_one_by_one_and_undone_at_once(desk: Desk) -> None:
    filed = await desk.filing.act(desk.lin, Act("flagged"), Chosen(desk.ids[:5]))
    assert sorted(filed.ids) == sorted(desk.ids[:5])
    assert filed.undo_id is not None
    assert sorted((await desk.filing.undo(desk.lin, filed.undo_id)).ids) == sorted(desk.ids[:5])
    starred = await desk.database.read(messages.page, View(desk.lin, flagged=True), None, 9)
    assert starred == []


async def test_too_much_at_once_is_refused(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk, "PATIENCE_S", 0)
    gate = asyncio.Event()

    async def wait(work: Work) -> None:
        await gate.wait()

    works = [await desk.filing.works.start(desk.lin, wait) for _ in range(bulk.WAITING)]
    assert not works[0].ended
    with pytest.raises(Busy):
        await desk.filing.works.start(desk.lin, wait)
    other = await make_account(desk.database, "ana@yuanye.example")
    assert desk.filing.works.get(other, works[0].id) is None
    gate.set()
    for each in works:
        await ended(each)


async def test_a_work_that_fails_says_so_and_can_be_undone(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    taken = 0
    carry_out = acts.carry_out

    def failing(db: sqlite3.Connection, *values, **more):  # type: ignore[no-untyped-def]
        nonlocal taken
        taken += 1
        if taken > 2:
            raise RuntimeError
        return carry_out(db, *values, **more)

    monkeypatch.setattr(acts, "carry_out", failing)
    act = Act("move", await desk.place("archive"))
    filed = await desk.filing.act(desk.lin, act, await desk.everything("inbox"))
    work = await ended(filed.work)
    assert (work.failed, work.done) == (True, 20)
    monkeypatch.undo()
    assert work.undo_id is not None
    await desk.filing.undo(desk.lin, work.undo_id)
    assert await desk.total("archive") == 0


async def test_a_deleted_folder_gives_its_mail_to_the_archive_and_comes_back_whole(desk: Desk) -> None:
    inner = await desk.folders.add(desk.lin, "项目/校样")
    outer = next(each.parent_id for each in await _own(desk) if each.id == inner)
    assert outer is not None
    await desk.filing.move(desk.lin, desk.ids[:15], outer)
    await desk.filing.move(desk.lin, desk.ids[15:40], inner)
    work = await ended((await desk.folders.remove(desk.lin, outer)).work)
    assert (work.done, await desk.total("archive"), await _own(desk)) == (40, 40, [])
    assert work.undo_id is not None
    back = await desk.filing.undo(desk.lin, work.undo_id)
    if back.work:
        await ended(back.work)
    assert {each.id: (each.name, each.parent_id, each.total) for each in await _own(desk)} == {
        outer: ("项目", None, 15),
        inner: ("校样", outer, 25),
    }
    await desk.database.read(counted)


async def _own(desk: Desk) -> list[mailboxes.Mailbox]:
    return [each for each in await desk.database.read(mailboxes.of_account, desk.lin) if each.role is None]


async def test_a_deleted_label_comes_back_on_its_messages(desk: Desk) -> None:
    todo = await desk.folders.add_label(desk.lin, "待办")
    await desk.filing.act(desk.lin, Act("label", todo), desk.ids[:33])
    work = await ended((await desk.folders.remove_label(desk.lin, todo)).work)
    assert await desk.database.read(labels.of_account, desk.lin) == []
    assert work.undo_id is not None
    back = await desk.filing.undo(desk.lin, work.undo_id)
    if back.work:
        await ended(back.work)
    (label,) = await desk.database.read(labels.of_account, desk.lin)
    assert (label.id, label.name, label.total) == (todo, "待办", 33)


@pytest.mark.parametrize(
    ("name", "kept"),
    [("  项目 ／ 校样 ", ["项目", "校样"]), ("a\u202eb\x00c", ["abc"]), ("a  b\t c", ["a b c"]), ("e\u0301", ["é"])],
)
def test_names_are_tidied(name: str, kept: list[str]) -> None:
    assert path_of(name) == kept


@pytest.mark.parametrize("name", ["", "   ", "/", "a//b", "a/", "x" * 61, "\u200e"])
def test_what_is_no_name_is_refused(name: str) -> None:
    with pytest.raises(BadName):
        path_of(name)
    if "/" not in name:
        with pytest.raises(BadName):
            clean(name)


async def test_trash_and_junk_empty_themselves_by_when_mail_came_there(desk: Desk) -> None:
    now_ms = 1_900_000_000_000
    trash, junk = await desk.place("trash"), await desk.place("junk")

    def came(db: sqlite3.Connection) -> None:
        filings.relocate(db, desk.lin, desk.ids[:20], trash, now_ms - 31 * DAY_MS)
        filings.relocate(db, desk.lin, desk.ids[20:30], trash, now_ms - 29 * DAY_MS)
        filings.relocate(db, desk.lin, desk.ids[30:40], junk, now_ms - 11 * DAY_MS)
        # out and in again: counted from the last time
        filings.relocate(db, desk.lin, desk.ids[:1], junk, now_ms - 20 * DAY_MS)
        filings.relocate(db, desk.lin, desk.ids[:1], trash, now_ms - 1 * DAY_MS)

    await desk.database.write(came)
    emptying = Emptying(desk.database, desk.bus, lambda: now_ms / 1000)
    assert await emptying.empty() == 19
    assert (await desk.total("trash"), await desk.total("junk"), await desk.total("inbox")) == (11, 10, 24)
    await desk.database.write(settings.set_, "junk_days", "10")
    await desk.database.write(settings.set_, "trash_days", "0")
    assert await emptying.empty() == 10
    assert (await desk.total("trash"), await desk.total("junk")) == (11, 0)
    await desk.database.read(counted)
    await desk.database.write(check_index)


async def test_emptying_by_hand_leaves_what_came_after_the_question(desk: Desk) -> None:
    await desk.filing.delete(desk.lin, desk.ids[:30])
    trash = await desk.place("trash")
    filed = await desk.filing.erase(desk.lin, Everything(View(desk.lin, trash), desk.ids[20]))
    work = await ended(filed.work)
    assert (work.done, work.undo_id, await desk.total("trash")) == (21, None, 9)
    assert (await desk.filing.erase(desk.lin, desk.ids[40:50])).ids == (), "only what lies in trash or junk"
