"""Flags, moving, deleting and undoing keep counters, journal and search true, and stay inside the account."""

import sqlite3
from dataclasses import replace

from mailapp.store import accounts, acts, arrivals, changes, filings, mailboxes, messages, undos
from mailapp.store.acts import Act
from mailapp.store.arrivals import MessageIds
from mailapp.store.database import Database
from tests.conftest import make_account
from tests.store.support import arrival, check_index, indexed

NOW = 1_795_000_000_000


async def _two(database: Database) -> tuple[int, list[int]]:
    lin = await make_account(database, admin=True)
    ids = MessageIds()
    letters = [arrival(lin, references=(f"{number}@x",)) for number in range(2)]
    found = [(await database.write(arrivals.add, ids, one, NOW))[0].message_id for one in letters]
    return lin, found


async def _counts(database: Database, account_id: int, role: str) -> tuple[int, int]:
    found = await database.read(mailboxes.of_account, account_id)
    return next((one.total, one.unread) for one in found if one.role == role)


async def test_reading_lowers_the_unread_count_once(database: Database) -> None:
    lin, ids = await _two(database)
    assert await database.write(filings.set_seen, lin, ids[:1], True) == ids[:1]
    assert await database.write(filings.set_seen, lin, ids[:1], True) == []
    assert await _counts(database, lin, "inbox") == (2, 1)


async def _delete(database: Database, account_id: int, ids: list[int], now_ms: int = NOW) -> acts.Done:
    trash = await database.read(mailboxes.by_role, account_id, "trash")
    return await database.write(acts.carry_out, account_id, Act("move", trash), ids, now_ms)


async def _undo(database: Database, account_id: int, undo_id: int, now_ms: int) -> list[int]:
    def all_of_it(db: sqlite3.Connection) -> list[int]:
        undo, back = acts.begin_undo(db, account_id, undo_id, now_ms), list[int]()
        while undo and (done := acts.undo_batch(db, account_id, undo_id, undo, now_ms, many=False)):
            back += done.ids
        return back

    return await database.write(all_of_it)


async def test_deleting_moves_to_the_trash_and_undo_brings_it_back(database: Database) -> None:
    lin, ids = await _two(database)
    done = await _delete(database, lin, ids)
    assert sorted(done.ids) == sorted(ids)
    assert await _counts(database, lin, "inbox") == (0, 0)
    assert await _counts(database, lin, "trash") == (2, 2)
    assert done.undo_id is not None
    assert sorted(await _undo(database, lin, done.undo_id, NOW + 9_000)) == sorted(ids)
    assert await _counts(database, lin, "inbox") == (2, 2)
    assert await _undo(database, lin, done.undo_id, NOW + 9_000) == []


async def test_an_undo_too_late_or_by_another_account_does_nothing(database: Database) -> None:
    lin, ids = await _two(database)
    ana = await make_account(database, "ana@yuanye.example")
    done = await _delete(database, lin, ids)
    assert done.undo_id is not None
    assert await _undo(database, ana, done.undo_id, NOW) == []
    assert await _undo(database, lin, done.undo_id, NOW + undos.UNDO_MS + 1) == []


async def test_erasing_takes_from_the_trash_alone_with_search_row_and_content(database: Database) -> None:
    lin, ids = await _two(database)
    await _delete(database, lin, ids[:1])
    assert await database.write(acts.carry_out, lin, Act("erase"), ids, NOW) == acts.Done(
        (ids[0],), None, await database.read(changes.latest)
    )

    def left(db: sqlite3.Connection) -> tuple[int, ...]:
        tables = ("messages", "contents", "content_chunks", "message_addressees", "message_refs")
        counts = [db.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in tables]
        hits = len(indexed(db, '"验 证"'))
        return (*counts, hits)

    assert await database.read(left) == (1, 1, 1, 1, 1, 1)
    assert await _counts(database, lin, "trash") == (0, 0)
    await database.write(check_index)


async def test_shared_content_stays_until_its_last_copy_goes(database: Database) -> None:
    lin, ana = await make_account(database), await make_account(database, "ana@yuanye.example")
    delivered = await database.write(arrivals.add, MessageIds(), arrival(lin, ana), NOW)
    await database.write(filings.erase, lin, delivered[0].message_id)
    assert await database.read(lambda db: db.execute("SELECT count(*) FROM contents").fetchone()[0]) == 1
    await database.write(filings.erase, ana, delivered[1].message_id)
    assert await database.read(lambda db: db.execute("SELECT count(*) FROM contents").fetchone()[0]) == 0


async def test_no_act_reaches_another_accounts_message(database: Database) -> None:
    lin, ids = await _two(database)
    ana = await make_account(database, "ana@yuanye.example")
    assert await database.write(filings.set_seen, ana, ids, True) == []
    assert await database.write(filings.set_flagged, ana, ids, True) == []
    done = await database.write(
        acts.carry_out, ana, Act("move", await database.read(mailboxes.by_role, ana, "trash")), ids, NOW
    )
    assert done == acts.Done((), None, 0)
    assert await _counts(database, lin, "inbox") == (2, 2)


async def test_starred_and_all_leave_out_the_trash(database: Database) -> None:
    lin, ids = await _two(database)
    await database.write(filings.set_flagged, lin, ids, True)
    await _delete(database, lin, ids[:1])
    starred = await database.read(messages.page, messages.View(lin, flagged=True), None, 50)
    everything = await database.read(messages.page, messages.View(lin), None, 50)
    assert [row.id for row in starred] == [row.id for row in everything] == ids[1:]


async def test_pages_go_on_below_the_last_id_and_never_show_anothers_mailbox(database: Database) -> None:
    lin, ids = await _two(database)
    ana = await make_account(database, "ana@yuanye.example")
    inbox = await database.read(mailboxes.by_role, lin, "inbox")
    view = messages.View(lin, inbox)
    first = await database.read(messages.page, view, None, 1)
    assert [row.id for row in first] == [max(ids)]
    assert [row.id for row in await database.read(messages.page, view, max(ids), 5)] == [min(ids)]
    assert await database.read(messages.page, messages.View(ana, inbox), None, 50) == []
    assert await database.read(messages.neighbours, view, max(ids)) == (None, min(ids))
    assert await database.read(messages.neighbours, view, min(ids)) == (max(ids), None)


async def test_changes_of_others_are_not_told_and_a_gap_says_so(database: Database) -> None:
    lin, ids = await _two(database)
    ana = await make_account(database, "ana@yuanye.example")
    await database.write(filings.set_seen, lin, ids, True)
    told = await database.read(changes.since, lin, 0, 100)
    assert told is not None
    assert [one.kind for one in told] == ["delivered", "delivered", "flags", "flags"]
    assert await database.read(changes.since, ana, 0, 100) == []
    assert await database.read(changes.since, lin, 0, 2) is None
    assert await database.read(changes.since, lin, 99, 100) is None
    await database.write(changes.prune, 1)
    assert await database.read(changes.since, lin, 0, 100) is None
    latest = await database.read(changes.latest)
    assert await database.read(changes.since, lin, latest, 100) == []


async def test_the_last_admin_cannot_be_removed(database: Database) -> None:
    lin = await make_account(database, admin=True)
    try:
        await database.write(accounts.remove, lin)
    except accounts.LastAdmin:
        return
    raise AssertionError


async def test_every_addressee_goes_with_the_message_however_it_is_spelled(database: Database) -> None:
    lin = await make_account(database)
    strange = ("lin@yuanye.example", "lin+a\u2028b@yuanye.example", "lin+\x85@yuanye.example")
    letter = replace(arrival(lin), copies=(arrivals.Copy(lin, strange, b""),))
    (delivered,) = await database.write(arrivals.add, MessageIds(), letter, NOW)
    stored = await database.read(messages.get, lin, delivered.message_id)
    assert stored is not None
    assert stored.addressees == strange
    await database.write(filings.erase, lin, delivered.message_id)
    assert await database.read(lambda db: db.execute("SELECT count(*) FROM message_addressees").fetchone()[0]) == 0


async def test_a_message_replied_to_is_marked_once(database: Database) -> None:
    lin, ids = await _two(database)
    ana = await make_account(database, "ana@yuanye.example")
    assert await database.write(filings.set_answered, ana, ids[0]) == 0
    seq = await database.write(filings.set_answered, lin, ids[0])
    assert await database.read(changes.since, lin, seq - 1, 9) == [changes.Change(seq, lin, changes.FLAGS, ids[0])]
    row = await database.read(messages.row, lin, ids[0])
    assert row is not None
    assert row.answered
    assert await database.write(filings.set_answered, lin, ids[0]) == 0
