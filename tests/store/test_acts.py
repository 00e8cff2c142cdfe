"""Acts and undos keep every counter true, labels included, and lists in the order of an index."""

import sqlite3

import pytest

from mailapp.store import acts, arrivals, changes, filings, labels, mailboxes, messages, undos
from mailapp.store.acts import Act
from mailapp.store.arrivals import MessageIds
from mailapp.store.database import Database
from mailapp.store.messages import View
from tests.conftest import make_account
from tests.store.support import arrival

NOW = 1_795_000_000_000


async def deliver(database: Database, account_id: int, number: int) -> list[int]:
    """Ids of new messages, oldest first."""
    ids = MessageIds()

    def all_(db: sqlite3.Connection) -> list[int]:
        return [arrivals.add(db, ids, arrival(account_id), NOW)[0].message_id for _ in range(number)]

    return await database.write(all_)


def counted(db: sqlite3.Connection) -> None:
    """Every counter says what a count by hand says."""
    for row in db.execute(
        "SELECT b.id, b.total, b.unread, count(m.id), ifnull(sum(m.seen = 0), 0) FROM mailboxes b"
        " LEFT JOIN messages m ON m.mailbox_id = b.id GROUP BY b.id"
    ).fetchall():
        assert row[1:3] == row[3:5], row
    for row in db.execute(
        "SELECT l.id, l.total, l.unread, count(m.id), ifnull(sum(m.seen = 0), 0) FROM labels l"
        " LEFT JOIN message_labels x ON x.label_id = l.id LEFT JOIN messages m ON m.id = x.message_id"
        " AND m.mailbox_id NOT IN (SELECT id FROM mailboxes WHERE role IN ('trash', 'junk')) GROUP BY l.id"
    ).fetchall():
        assert row[1:3] == row[3:5], row


async def undo_all(database: Database, account_id: int, undo_id: int, *, many: bool = False) -> list[int]:
    def all_(db: sqlite3.Connection) -> list[int]:
        undo, back = acts.begin_undo(db, account_id, undo_id, NOW), list[int]()
        while undo and (done := acts.undo_batch(db, account_id, undo_id, undo, NOW, many=many)):
            back += done.ids
        return back

    return await database.write(all_)


async def test_counters_of_folders_and_labels_stay_true_through_every_act_and_back(database: Database) -> None:
    lin = await make_account(database)
    ids = await deliver(database, lin, 12)
    todo = await database.write(labels.add, lin, "待办")
    own = await database.write(mailboxes.add, lin, ["项目", "校样"])
    trash = await database.read(mailboxes.by_role, lin, "trash")
    undo_ids = []
    for act, chosen in (
        (Act("label", todo), ids[:8]),
        (Act("seen"), ids[2:5]),
        (Act("move", own), ids[1:6]),
        (Act("flagged"), ids[:3]),
        (Act("move", trash), ids[3:9]),
        (Act("label", todo), ids[6:12]),
        (Act("restore"), ids[5:7]),
        (Act("seen", on=False), ids),
        (Act("label", todo, on=False), ids[:2]),
    ):
        done = await database.write(acts.carry_out, lin, act, chosen, NOW)
        assert done.ids
        undo_ids.append(done.undo_id)
        await database.read(counted)
    for undo_id in reversed(undo_ids):
        assert undo_id is not None
        assert await undo_all(database, lin, undo_id)
        await database.read(counted)
    inbox = await database.read(mailboxes.by_role, lin, "inbox")
    rows = await database.read(messages.page, View(lin, inbox), None, 50)
    assert [(each.seen, each.flagged) for each in rows] == [(0, 0)] * 12
    assert (await database.read(labels.get, lin, todo)).total == 0


async def test_erasing_an_account_of_labelled_mail_leaves_counters_true(database: Database) -> None:
    lin = await make_account(database)
    ids = await deliver(database, lin, 5)
    todo = await database.write(labels.add, lin, "todo")
    await database.write(acts.carry_out, lin, Act("label", todo), ids, NOW)
    await database.write(filings.erase, lin, ids[0])
    assert await database.read(labels.get, lin, todo) == labels.Label(todo, "todo", 4, 4)
    await database.read(counted)
    await database.write(filings.erase_some, lin, 10)
    assert await database.read(labels.get, lin, todo) == labels.Label(todo, "todo", 0, 0)


async def test_a_list_across_folders_is_merged_and_never_shows_the_trash(database: Database) -> None:
    lin = await make_account(database)
    ids = await deliver(database, lin, 30)
    ana = await make_account(database, "ana@yuanye.example")
    own = await database.write(mailboxes.add, lin, ["own"])
    todo = await database.write(labels.add, lin, "todo")
    trash = await database.read(mailboxes.by_role, lin, "trash")
    for act, chosen in (
        (Act("move", own), ids[::3]),
        (Act("flagged"), ids[::2]),
        (Act("label", todo), ids[5:25]),
        (Act("move", trash), ids[20:28]),
    ):
        await database.write(acts.carry_out, lin, act, chosen, NOW)
    newest = sorted((each for each in ids if each not in ids[20:28]), reverse=True)
    expected = {
        View(lin): newest,
        View(lin, flagged=True): [each for each in newest if each in ids[::2]],
        View(lin, label_id=todo): [each for each in newest if each in ids[5:25]],
        View(lin, own): [each for each in newest if each in ids[::3]],
    }
    for view, found in expected.items():
        paged: list[int] = []
        while page := await database.read(messages.page, view, paged[-1] if paged else None, 4):
            paged += [each.id for each in page]
        assert paged == found, view
        middle = found[len(found) // 2]
        at = found.index(middle)
        assert await database.read(messages.neighbours, view, middle) == (found[at - 1], found[at + 1])
        foreign = View(ana, view.mailbox_id, view.flagged, label_id=view.label_id)
        assert await database.read(messages.page, foreign, None, 50) == []


async def test_no_list_across_folders_reads_more_than_it_shows(database: Database) -> None:
    lin = await make_account(database)

    def plans(db: sqlite3.Connection) -> list[str]:
        told: list[str] = []
        db.set_trace_callback(told.append)
        for view in (View(lin), View(lin, flagged=True), View(lin, label_id=1)):
            messages.ids(db, view, 1 << 62, 50)
        db.set_trace_callback(None)
        lists = [each for each in told if "LIMIT" in each]
        return [row[3] for each in lists for row in db.execute(f"EXPLAIN QUERY PLAN {each}")]

    found = await database.read(plans)
    assert found
    assert not [each for each in found if "SCAN" in each or "TEMP B-TREE" in each], found


async def test_a_draft_lies_in_drafts_or_in_the_trash_alone(database: Database) -> None:
    lin = await make_account(database)
    draft, letter = await deliver(database, lin, 2)
    places = {role: await database.read(mailboxes.by_role, lin, role) for role in ("drafts", "trash", "archive")}

    def make_draft(db: sqlite3.Connection) -> None:
        filings.set_seen(db, lin, [draft], True)
        db.execute("UPDATE messages SET draft = 1 WHERE id = ?", (draft,))
        filings.relocate(db, lin, [draft], places["drafts"], NOW)

    await database.write(make_draft)
    assert (await database.write(acts.carry_out, lin, Act("move", places["archive"]), [draft, letter], NOW)).ids == (
        letter,
    )
    assert (await database.write(acts.carry_out, lin, Act("move", places["drafts"]), [letter], NOW)).ids == ()
    assert (await database.write(acts.carry_out, lin, Act("move", places["trash"]), [draft], NOW)).ids == (draft,)
    await database.write(acts.carry_out, lin, Act("restore"), [draft], NOW)
    row = await database.read(messages.row, lin, draft)
    assert row is not None
    assert row.mailbox_id == places["drafts"]


async def test_a_foreign_folder_or_label_is_no_target(database: Database) -> None:
    lin, ana = await make_account(database), await make_account(database, "ana@yuanye.example")
    ids = await deliver(database, lin, 1)
    folder = await database.write(mailboxes.add, ana, ["hers"])
    label = await database.write(labels.add, ana, "hers")
    for act in (Act("move", folder), Act("label", label)):
        with pytest.raises(LookupError):
            await database.write(acts.carry_out, lin, act, ids, NOW)
    own = await database.write(labels.add, lin, "mine")
    assert (await database.write(acts.carry_out, lin, Act("label", own), [*ids, 12345], NOW)).ids == tuple(ids)
    assert (await database.write(acts.carry_out, ana, Act("label", label), ids, NOW)).ids == ()


async def test_an_act_on_many_tells_once_and_its_undo_is_one(database: Database) -> None:
    lin = await make_account(database)
    ids = await deliver(database, lin, 9)
    archive = await database.read(mailboxes.by_role, lin, "archive")
    before = await database.read(changes.latest)
    undo_id = None
    for start in range(0, 9, 3):
        done = await database.write(
            acts.carry_out, lin, Act("move", archive), ids[start : start + 3], NOW, undo_id=undo_id, many=True
        )
        undo_id = done.undo_id
    assert undo_id is not None
    assert await database.read(changes.latest) == before
    await database.write(acts.tell, lin, undo_id, NOW)
    told = await database.read(changes.since, lin, before, 10)
    assert [each.kind for each in told or ()] == [changes.MANY]
    assert await database.read(undos.size, lin, undo_id, NOW) == 9
    assert sorted(await undo_all(database, lin, undo_id, many=True)) == sorted(ids)
    assert await database.read(undos.size, lin, undo_id, NOW) is None
    await database.read(counted)


async def test_undos_of_an_account_are_bounded(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(undos, "KEPT", 5)
    lin = await make_account(database)
    ids = await deliver(database, lin, 1)
    for number in range(12):
        await database.write(acts.carry_out, lin, Act("seen", on=number % 2 == 0), ids, NOW)

    def left(db: sqlite3.Connection) -> tuple[int, int]:
        return tuple(db.execute(f"SELECT count(*) FROM {each}").fetchone()[0] for each in ("undos", "undo_batches"))  # type: ignore[return-value]

    assert await database.read(left) == (5, 5)
    await database.write(acts.carry_out, lin, Act("seen"), ids, NOW + undos.UNDO_MS + 1)
    assert (await database.read(left))[0] == 1
