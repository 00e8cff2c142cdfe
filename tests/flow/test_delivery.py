"""A message is filed by its envelope alone, told to streams after the commit, and refused with the right reply."""

import asyncio
import sqlite3

import pytest

from mailapp.events import Bus, Changed
from mailapp.flow import delivery as module
from mailapp.flow.delivery import Delivery
from mailapp.mail.content import MemoryContent
from mailapp.mail.envelope import Envelope
from mailapp.mail.errors import PermanentFailure, TemporaryFailure
from mailapp.store import addresses, contents, domains, messages
from mailapp.store.database import Database, StoreError, StoreFull
from tests.conftest import make_account

LETTER = MemoryContent(
    "From: 周婧 <zhou@sanlian.example>\r\nTo: somebody@else.example\r\nSubject: 第二版校样\r\n"
    "Message-ID: <1@sanlian.example>\r\n\r\n林老师好：第二版校样已经改完。\r\n".encode()
)


def _envelope(*recipients: str, reverse_path: str = "zhou@sanlian.example") -> Envelope:
    return Envelope(reverse_path, recipients, peer="192.0.2.1", helo="mx.sanlian.example")


@pytest.fixture
def delivery(database: Database, bus: Bus) -> Delivery:
    return Delivery(database, bus, "mail.yuanye.example")


async def _inbox(database: Database, account_id: int) -> list[messages.MessageRow]:
    return await database.read(messages.page, messages.View(account_id), None, 50)


async def test_mail_is_filed_by_the_envelope_not_by_the_to_field(database: Database, delivery: Delivery) -> None:
    lin = await make_account(database)
    await delivery.deliver(_envelope("lin@yuanye.example"), LETTER)
    (row,) = await _inbox(database, lin)
    assert (row.subject, row.from_name, row.delivered_to) == ("第二版校样", "周婧", "lin@yuanye.example")
    assert row.preview.startswith("林老师好")


async def test_every_recipient_gets_a_copy_that_names_no_other(database: Database, delivery: Delivery) -> None:
    lin, ana = await make_account(database), await make_account(database, "ana@yuanye.example")
    await delivery.deliver(_envelope("lin@yuanye.example", "ana@yuanye.example"), LETTER)
    for account_id, own, other in ((lin, b"lin@", b"ana@"), (ana, b"ana@", b"lin@")):
        (row,) = await _inbox(database, account_id)
        stored = await database.read(messages.get, account_id, row.id)
        assert stored is not None
        assert own in stored.trace
        assert other not in stored.trace
        assert stored.trace.startswith(b"Return-Path: <zhou@sanlian.example>\r\nReceived: from mx.sanlian.example")


async def test_two_addresses_of_one_account_make_one_message_that_remembers_both(
    database: Database, delivery: Delivery
) -> None:
    lin = await make_account(database)
    await delivery.deliver(_envelope("lin+a@yuanye.example", "LIN@Yuanye.Example"), LETTER)
    (row,) = await _inbox(database, lin)
    stored = await database.read(messages.get, lin, row.id)
    assert stored is not None
    assert stored.addressees == ("lin+a@yuanye.example", "lin@yuanye.example")


async def test_the_event_comes_after_the_commit_and_only_to_the_receiver(
    database: Database, bus: Bus, delivery: Delivery
) -> None:
    lin, ana = await make_account(database), await make_account(database, "ana@yuanye.example")
    with bus.subscribe(lin) as mine, bus.subscribe(ana) as theirs:
        await delivery.deliver(_envelope("lin@yuanye.example"), LETTER)
        event = mine.queue.get_nowait()
        assert isinstance(event, Changed)
        assert [row.id for row in await _inbox(database, lin)] == list(event.message_ids)
        assert theirs.queue.empty()


async def test_the_content_is_stored_byte_for_byte(database: Database, delivery: Delivery) -> None:
    lin = await make_account(database)
    await delivery.deliver(_envelope("lin@yuanye.example"), LETTER)

    def read(db: sqlite3.Connection) -> bytes:
        row = messages.page(db, messages.View(lin), None, 1)[0]
        stored = messages.get(db, lin, row.id)
        assert stored is not None
        return contents.StoredContent(db, stored.content_id).read(0, 1 << 20)

    assert await database.read(read) == LETTER.data


async def test_unknown_recipients_get_550_5_1_1(database: Database, delivery: Delivery) -> None:
    await make_account(database)
    for address in ("nobody@yuanye.example", "lin@foreign.example", "", "@", "lin"):
        with pytest.raises(PermanentFailure) as failure:
            await delivery.check_recipient(address)
        assert failure.value.reply.startswith("550 5.1.1 ")


async def test_an_alias_made_later_counts_once_routes_are_forgotten(database: Database, delivery: Delivery) -> None:
    lin = await make_account(database)
    with pytest.raises(PermanentFailure):
        await delivery.check_recipient("shop@yuanye.example")

    def alias(db: sqlite3.Connection) -> None:
        addresses.add(db, "shop@yuanye.example", domains.ensure(db, "yuanye.example", 1), [lin], 1)

    await database.write(alias)
    delivery.forget_routes()
    await delivery.check_recipient("Shop@YUANYE.example")


async def test_a_loop_is_refused(database: Database, delivery: Delivery) -> None:
    await make_account(database)
    looping = MemoryContent(b"Received: from a by b; now\r\n" * 101 + b"Subject: x\r\n\r\nx\r\n")
    with pytest.raises(PermanentFailure) as failure:
        await delivery.deliver(_envelope("lin@yuanye.example"), looping)
    assert failure.value.reply.startswith("554 5.4.6 ")


@pytest.mark.parametrize(("error", "reply"), [(StoreFull("full"), "452 4.3.1 "), (StoreError("broken"), "451 4.3.0 ")])
async def test_what_the_store_cannot_do_is_temporary(
    database: Database,
    delivery: Delivery,
    monkeypatch: pytest.MonkeyPatch,
    error: Exception,
    reply: str,
) -> None:
    await make_account(database)
    await delivery.check_recipient("lin@yuanye.example")

    async def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(database, "write_together", fail)
    with pytest.raises(TemporaryFailure) as failure:
        await delivery.deliver(_envelope("lin@yuanye.example"), LETTER)
    assert failure.value.reply.startswith(reply)


async def test_large_mail_is_written_ahead_and_whole(
    database: Database, delivery: Delivery, monkeypatch: pytest.MonkeyPatch
) -> None:
    lin = await make_account(database)
    monkeypatch.setattr(module, "ON_LOOP_BYTES", 1000)
    monkeypatch.setattr(module, "WHOLE_BYTES", 2000)
    data = LETTER.data + b"0123456789\r\n" * 60_000
    await delivery.deliver(_envelope("lin@yuanye.example"), MemoryContent(data))

    def read(db: sqlite3.Connection) -> tuple[bytes, str]:
        row = messages.page(db, messages.View(lin), None, 1)[0]
        stored = messages.get(db, lin, row.id)
        assert stored is not None
        state = db.execute("SELECT state FROM contents WHERE id = ?", (stored.content_id,)).fetchone()[0]
        return contents.StoredContent(db, stored.content_id).read(0, 1 << 24), state

    assert await database.read(read) == (data, "complete")


async def test_a_delivery_that_fails_after_writing_ahead_leaves_nothing(
    database: Database, delivery: Delivery, monkeypatch: pytest.MonkeyPatch
) -> None:
    lin = await make_account(database)
    monkeypatch.setattr(module, "WHOLE_BYTES", 10)
    await delivery.check_recipient("lin@yuanye.example")
    await database.write(lambda db: db.execute("DELETE FROM mailboxes WHERE account_id = ?", (lin,)).fetchall())
    with pytest.raises(TemporaryFailure):
        await delivery.deliver(_envelope("lin@yuanye.example"), LETTER)
    await database.write(contents.sweep)
    assert await database.read(lambda db: db.execute("SELECT count(*) FROM contents").fetchone()[0]) == 0


async def test_deliveries_at_once_each_arrive_exactly_once(database: Database, delivery: Delivery) -> None:
    lin = await make_account(database)
    letters = [MemoryContent(b"Subject: n%d\r\n\r\nx\r\n" % number) for number in range(50)]
    await asyncio.gather(*(delivery.deliver(_envelope("lin@yuanye.example"), one) for one in letters))
    found = [row.subject for row in await database.read(messages.page, messages.View(lin), None, 100)]
    assert sorted(found) == sorted(f"n{number}" for number in range(50))
