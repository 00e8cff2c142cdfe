"""What messages offer to type: written with the message, read by account, gone with it."""

import sqlite3
from dataclasses import replace

import pytest

from mailapp.mail.code import Code, Codes, Kind
from mailapp.store import arrivals, changes, codes, filings, mailboxes
from mailapp.store.arrivals import MessageIds
from mailapp.store.codes import Alternative
from mailapp.store.database import Database
from tests.conftest import make_account
from tests.store.support import arrival

NOW = 1_795_000_000_000
MINUTE = 60_000


def offered(value: str = "482913", seconds: int | None = 600, kind: Kind = Kind.CODE) -> Codes:
    best = Code(value, kind, "text", 0, len(value), 0.95, seconds)
    link = Code("https://github.example/s?t=1", Kind.LINK, "html", 0, 0, 0.9)
    return Codes(best, link, (Code("2026", Kind.CODE, "text", 9, 13, 0.2), Code("88", Kind.PICKUP, "text", 1, 2, 0.5)))


async def deliver(
    database: Database, ids: MessageIds, *account_ids: int, at: int = NOW, found: Codes | None = None
) -> int:
    letter = replace(arrival(*account_ids), codes=(found or offered(),) * len(account_ids))
    return (await database.write(arrivals.add, ids, letter, at))[0].message_id


async def test_a_code_is_read_with_its_sender_and_how_long_it_is_valid(database: Database) -> None:
    lin = await make_account(database)
    message_id = await deliver(database, MessageIds(), lin)
    found = await database.read(codes.of_message, lin, message_id)
    assert found is not None
    assert (found.value, found.kind, found.link) == ("482913", Kind.CODE, "https://github.example/s?t=1")
    assert (found.from_name, found.subject, found.delivered_to) == ("GitHub", "验证码", "lin@yuanye.example")
    assert found.alternatives == (Alternative(Kind.CODE, "2026"), Alternative(Kind.PICKUP, "88"))
    assert found.valid_until == NOW + 10 * MINUTE
    assert found.is_valid(NOW + 10 * MINUTE - 1)
    assert not found.is_valid(NOW + 10 * MINUTE)


async def test_codes_are_paged_by_message_id_newest_first_and_told_since_one_oldest_first(database: Database) -> None:
    lin, ana = await make_account(database), await make_account(database, "ana@yuanye.example")
    ids = MessageIds()
    made = [await deliver(database, ids, lin, at=NOW + at, found=offered(str(1000 + at))) for at in range(5)]
    await deliver(database, ids, ana, at=NOW + 9)
    first = await database.read(codes.newest, lin, None, 2)
    assert [each.message_id for each in first] == [made[4], made[3]]
    second = await database.read(codes.newest, lin, first[-1].message_id, 9)
    assert [each.value for each in second] == ["1002", "1001", "1000"]
    assert [each.message_id for each in await database.read(codes.since, lin, made[2], 9)] == made[3:]


async def test_another_account_neither_reads_nor_uses_a_code(database: Database) -> None:
    lin, ana = await make_account(database), await make_account(database, "ana@yuanye.example")
    message_id = await deliver(database, MessageIds(), lin)
    assert await database.read(codes.of_message, ana, message_id) is None
    assert await database.write(codes.mark_used, ana, message_id, NOW) == 0
    assert await database.write(codes.dismiss, ana, message_id, NOW) == 0
    with pytest.raises(LookupError):
        await database.write(codes.replace, ana, message_id, offered("1"))
    found = await database.read(codes.of_message, lin, message_id)
    assert found is not None
    assert (found.value, found.used_at) == ("482913", None)


async def test_using_a_code_and_taking_that_back_stand_in_the_journal_once_each(database: Database) -> None:
    lin = await make_account(database)
    message_id = await deliver(database, MessageIds(), lin)
    seq = await database.write(codes.mark_used, lin, message_id, NOW + 5)
    assert await database.write(codes.mark_used, lin, message_id, NOW + 6) == 0
    used = await database.read(codes.of_message, lin, message_id)
    assert used is not None
    assert used.used_at == NOW + 5
    assert not used.is_valid(NOW + 7)
    assert await database.read(changes.since, lin, seq - 1, 9) == [changes.Change(seq, lin, changes.CODE, message_id)]
    assert await database.write(codes.mark_used, lin, message_id, None) == seq + 1
    assert await database.write(codes.mark_used, lin, message_id, None) == 0


async def test_what_the_reader_calls_no_code_is_not_one_and_a_correction_replaces_it(database: Database) -> None:
    lin = await make_account(database)
    message_id = await deliver(database, MessageIds(), lin)
    assert await database.write(codes.dismiss, lin, message_id, NOW)
    assert await database.read(codes.newest, lin, None, 9) == []
    await database.write(codes.replace, lin, message_id, offered("771204"))
    assert [each.value for each in await database.read(codes.newest, lin, None, 9)] == ["771204"]


async def test_a_code_goes_with_its_message_and_is_not_offered_from_the_trash(database: Database) -> None:
    lin = await make_account(database)
    message_id = await deliver(database, MessageIds(), lin)
    trash = await database.read(mailboxes.by_role, lin, "trash")
    await database.write(filings.relocate, lin, [message_id], trash, NOW)
    assert await database.read(codes.newest, lin, None, 9) == []
    assert await database.read(codes.since, lin, 0, 9) == []
    await database.write(filings.erase, lin, message_id)

    def left(db: sqlite3.Connection) -> int:
        return int(db.execute("SELECT count(*) FROM codes").fetchone()[0])

    assert await database.read(left) == 0


async def test_each_account_of_one_delivery_gets_what_was_found_for_it(database: Database) -> None:
    lin, ana = await make_account(database), await make_account(database, "ana@yuanye.example")
    letter = replace(arrival(lin, ana), codes=(offered("111111"), offered("222222")))
    await database.write(arrivals.add, MessageIds(), letter, NOW)
    assert [each.value for each in await database.read(codes.newest, lin, None, 9)] == ["111111"]
    assert [each.value for each in await database.read(codes.newest, ana, None, 9)] == ["222222"]


async def test_a_value_is_kept_as_it_is_pasted_without_spaces(database: Database) -> None:
    lin = await make_account(database)
    await deliver(database, MessageIds(), lin, found=offered("482 913"))
    assert [each.value for each in await database.read(codes.newest, lin, None, 9)] == ["482913"]


async def test_mail_without_a_code_and_one_with_an_endless_link_leave_no_row(database: Database) -> None:
    lin = await make_account(database)
    ids = MessageIds()
    await deliver(database, ids, lin, found=Codes())
    await deliver(database, ids, lin, at=NOW + 1, found=offered("https://a.example/" + "x" * 3000, kind=Kind.LINK))
    assert await database.read(codes.newest, lin, None, 9) == []
