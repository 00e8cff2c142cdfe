"""A delivered message: content once, a copy each, counters, search row and change in one transaction."""

import asyncio
import sqlite3

import pytest

from mailapp.store import accounts, arrivals, changes, contents, mailboxes, messages
from mailapp.store.arrivals import Arrival, MessageIds
from mailapp.store.database import Database
from tests.conftest import make_account
from tests.store.support import arrival, check_index, indexed

NOW = 1_795_000_000_000


async def test_two_accounts_get_a_copy_each_and_the_content_once(database: Database) -> None:
    lin, ana = await make_account(database), await make_account(database, "ana@yuanye.example")
    delivered = await database.write(arrivals.add, MessageIds(), arrival(lin, ana), NOW)

    def look(db: sqlite3.Connection) -> tuple[int, list[int | None]]:
        kept = db.execute("SELECT count(*) FROM contents").fetchone()[0]
        found = [messages.get(db, one.account_id, one.message_id) for one in delivered]
        return kept, [one.content_id if one else None for one in found]

    kept, content_ids = await database.read(look)
    assert kept == 1
    assert content_ids[0] is not None
    assert content_ids[0] == content_ids[1]


async def test_an_account_cannot_read_anothers_copy(database: Database) -> None:
    lin, ana = await make_account(database), await make_account(database, "ana@yuanye.example")
    (delivered,) = await database.write(arrivals.add, MessageIds(), arrival(lin), NOW)
    assert await database.read(messages.get, ana, delivered.message_id) is None
    assert await database.read(messages.row, ana, delivered.message_id) is None


async def test_counters_change_and_journal_come_with_the_message(database: Database) -> None:
    lin = await make_account(database)
    (delivered,) = await database.write(arrivals.add, MessageIds(), arrival(lin), NOW)
    inbox = (await database.read(mailboxes.of_account, lin))[0]
    assert (inbox.role, inbox.total, inbox.unread) == ("inbox", 1, 1)
    account = await database.read(accounts.get, lin)
    assert account is not None
    assert account.bytes_used > 0
    assert await database.read(changes.since, lin, 0, 10) == [
        changes.Change(delivered.seq, lin, changes.DELIVERED, delivered.message_id)
    ]


async def test_the_search_row_is_written_too_and_carries_the_account(database: Database) -> None:
    lin, ana = await make_account(database), await make_account(database, "ana@yuanye.example")
    delivered = await database.write(arrivals.add, MessageIds(), arrival(lin, ana), NOW)

    def find(db: sqlite3.Connection, account: int) -> list[int]:
        query = f'account : a{account} AND "验 证"'
        return indexed(db, query)

    assert await database.read(find, lin) == [delivered[0].message_id]
    assert await database.read(find, ana) == [delivered[1].message_id]


async def test_a_receiver_that_is_gone_stores_nothing(database: Database) -> None:
    lin = await make_account(database)
    with pytest.raises(LookupError):
        await database.write(arrivals.add, MessageIds(), arrival(lin, 999), NOW)
    assert await database.read(lambda db: db.execute("SELECT count(*) FROM contents").fetchone()[0]) == 0


async def test_ids_rise_also_within_one_millisecond_and_when_the_clock_steps_back(database: Database) -> None:
    lin = await make_account(database)
    ids = MessageIds()
    seen = []
    for now in (NOW, NOW, NOW - 5_000, NOW + 1):
        seen.append((await database.write(arrivals.add, ids, arrival(lin), now))[0].message_id)
    assert seen == sorted(set(seen))
    assert seen[0] >> 12 == NOW
    assert (await database.write(arrivals.add, MessageIds(), arrival(lin), NOW - 1))[0].message_id > seen[-1]


async def test_replies_join_the_thread_of_what_they_name(database: Database) -> None:
    lin = await make_account(database)
    ids = MessageIds()
    (first,) = await database.write(arrivals.add, ids, arrival(lin, references=("a@x",)), NOW)
    (reply,) = await database.write(arrivals.add, ids, arrival(lin, references=("b@x", "a@x")), NOW + 1)
    (other,) = await database.write(arrivals.add, ids, arrival(lin, references=("c@x",)), NOW + 2)

    def threads(db: sqlite3.Connection) -> list[int]:
        found = messages.rows(db, lin, [first.message_id, reply.message_id, other.message_id])
        return [row.thread_id for row in reversed(found)]

    assert await database.read(threads) == [first.message_id, first.message_id, other.message_id]


async def test_many_at_once_are_written_as_one_by_one(database: Database) -> None:
    lin, ana = await make_account(database), await make_account(database, "ana@yuanye.example")
    letters = [
        arrival(
            *((lin, ana) if number % 7 == 0 else (lin,)),
            content=b"Subject: %d\r\n\r\n" % number + b"x" * (300_000 if number == 5 else number),
            words=(f"s{number}", "p", f"w{number} body", ""),
            references=(f"{number}@x", "root@x") if number % 2 else (f"{number}@x",),
        )
        for number in range(75)
    ]
    found = await database.write(arrivals.add_all, MessageIds(), [(one, NOW + at) for at, one in enumerate(letters)])
    assert [len(one) for one in found] == [len(one.copies) for one in letters]
    told = [each for one in found for each in one]
    assert [each.message_id for each in told] == sorted({each.message_id for each in told})
    assert [each.seq for each in told] == list(range(told[0].seq, told[0].seq + len(told)))

    def look(db: sqlite3.Connection) -> None:
        for number, one in enumerate(found):
            assert contents.read(db, one[0].content_id, 0, 1 << 20) == letters[number].content
            query = f'account : a{lin} AND "w{number}"'
            assert indexed(db, query) == [one[0].message_id]
            assert len({each.content_id for each in one}) == 1
        threads = {row.id: row.thread_id for row in messages.rows(db, lin, [one[0].message_id for one in found])}
        root = found[1][0].message_id
        assert all(threads[found[n][0].message_id] == (root if n % 2 else found[n][0].message_id) for n in range(75))
        assert mailboxes.of_account(db, lin)[0].unread == 75
        assert mailboxes.of_account(db, ana)[0].total == 11
        held = accounts.get(db, lin)
        assert held is not None
        assert held.bytes_used == sum(one.size for one in letters)
        assert [(each.seq, each.message_id) for each in changes.since(db, ana, 0, 500) or ()] == [
            (one[1].seq, one[1].message_id) for one in found if len(one) == 2
        ]

    await database.read(look)
    await database.write(check_index)


async def test_one_receiver_that_is_gone_costs_the_others_nothing(database: Database) -> None:
    lin, ids = await make_account(database), MessageIds()

    def file(db: sqlite3.Connection, arrived: list[tuple[Arrival, int]]) -> list[list[arrivals.Delivered]]:
        return arrivals.add_all(db, ids, arrived)

    results = await asyncio.gather(
        *(database.write_together(file, (arrival(each), NOW)) for each in (lin, 999, lin)), return_exceptions=True
    )
    assert [isinstance(one, LookupError) for one in results] == [False, True, False]
    assert (await database.read(mailboxes.of_account, lin))[0].total == 2
    assert await database.read(lambda db: db.execute("SELECT count(*) FROM contents").fetchone()[0]) == 2


async def test_large_content_written_ahead_reads_back_whole_from_anywhere(database: Database) -> None:
    lin = await make_account(database)
    data = bytes(range(256)) * 3000
    content_id = await database.write(contents.expect, len(data))
    for position in range(-(-len(data) // contents.CHUNK)):
        piece = data[position * contents.CHUNK : (position + 1) * contents.CHUNK]
        await database.write(contents.append, content_id, position, piece)
    await database.write(arrivals.add, MessageIds(), arrival(lin, content=content_id), NOW)
    at = contents.CHUNK - 10
    read = await database.read(lambda db: contents.StoredContent(db, content_id).read(at, 30))
    assert read == data[at : at + 30]
    assert await database.read(lambda db: contents.StoredContent(db, content_id).read(0, 1 << 30)) == data


async def test_content_of_a_delivery_cut_off_by_a_crash_is_swept(database: Database) -> None:
    content_id = await database.write(contents.expect, 3)
    await database.write(contents.append, content_id, 0, b"abc")
    await database.write(contents.sweep)
    left = await database.read(lambda db: db.execute("SELECT count(*) FROM content_chunks").fetchone()[0])
    assert left == 0
