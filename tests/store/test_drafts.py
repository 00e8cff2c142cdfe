"""Drafts save themselves, are the same on every device, never double, and lose nothing."""

import sqlite3
from dataclasses import replace

import pytest

from mailapp.mail.draft_listing import listing
from mailapp.store import accounts, changes, contents, drafts, filings, mailboxes, messages, queue, quotas
from mailapp.store.arrivals import MessageIds
from mailapp.store.database import Database
from mailapp.store.drafts import DraftSubmitted, Saved
from mailapp.store.messages import MessageRow
from tests.conftest import make_account
from tests.store.queued import LETTER, NOW, check_books, count, submit


async def _save(
    database: Database, account_id: int, text: str = "三点可以吗？", revision: int | None = None, at: int = NOW
) -> Saved:
    letter = replace(LETTER, text=text)
    return await database.write(drafts.save, MessageIds(), account_id, "k", letter, listing(letter), revision, at)


async def _row(database: Database, account_id: int, message_id: int) -> MessageRow:
    row = await database.read(messages.row, account_id, message_id)
    assert row is not None
    return row


async def _attach(database: Database, account_id: int, draft_id: int, data: bytes, cid: str = "") -> int:
    """An attachment written ahead, as flow does; its id."""
    content_id = await database.write(contents.expect, len(data))
    await database.write(contents.append, content_id, 0, data)
    added = await database.write(
        drafts.add_attachment, account_id, draft_id, content_id, "图.png", "image/png", len(data), cid
    )
    return added.id


async def test_a_new_draft_stands_in_drafts_with_who_it_is_for(database: Database) -> None:
    lin = await make_account(database)
    letter = replace(LETTER, cc="Ana <ana@x.example>, bo@x.example", bcc="eva@x.example")
    saved = await database.write(drafts.save, MessageIds(), lin, "k", letter, listing(letter), None, NOW)
    row = await _row(database, lin, saved.message_id)
    assert (row.subject, row.preview, row.from_address, row.from_name) == (
        "周三见",
        "三点可以吗？",
        "lin@yuanye.example",
        "林越",
    )
    assert (row.to_names, row.to_count) == ("周婧\nAna\nbo@x.example", 4)
    assert row.draft
    assert row.seen
    assert row.mailbox_id == await database.read(mailboxes.by_role, lin, "drafts")
    stored = await database.read(drafts.get, lin, saved.draft_id)
    assert stored is not None
    assert (stored.draft, stored.key, stored.revision, stored.message_id) == (letter, "k", 1, saved.message_id)
    told = await database.read(changes.since, lin, 0, 10)
    assert told == [changes.Change(saved.seq, lin, changes.DELIVERED, saved.message_id)]
    await check_books(database, lin)


async def test_saving_on_updates_the_same_row(database: Database) -> None:
    lin = await make_account(database)
    first = await _save(database, lin)
    second = await _save(database, lin, "四点？", first.revision, NOW + 2_000)
    assert (second.draft_id, second.message_id, second.forked) == (first.draft_id, first.message_id, False)
    assert second.revision == 2
    row = await _row(database, lin, first.message_id)
    assert (row.preview, row.date_ms) == ("四点？", NOW + 2_000)
    assert await count(database, "messages") == 1
    told = await database.read(changes.since, lin, first.seq, 10)
    assert told == [changes.Change(second.seq, lin, changes.FLAGS, first.message_id)]
    await check_books(database, lin)


async def test_a_save_repeated_because_its_answer_was_lost_makes_no_second_draft(database: Database) -> None:
    lin = await make_account(database)
    first = await _save(database, lin)
    again = await _save(database, lin)
    assert again == replace(first, seq=0)
    more = await _save(database, lin, "四点？")  # typed on meanwhile, and never heard of a revision
    assert (more.draft_id, more.forked) == (first.draft_id, False)
    repeated = await _save(database, lin, "四点？", 1)
    assert repeated == replace(more, seq=0)
    assert await count(database, "drafts") == await count(database, "messages") == 1


async def test_of_two_devices_the_later_gets_a_draft_of_its_own_with_the_attachments(database: Database) -> None:
    lin = await make_account(database)
    first = await _save(database, lin)
    await _attach(database, lin, first.draft_id, b"12345")
    await _save(database, lin, "phone", 1)
    late = await _save(database, lin, "laptop", 1)
    assert late.forked
    assert (late.key, late.revision) == ("k~1", 1)
    assert late.message_id != first.message_id
    texts = [one.draft.text for each in (first, late) if (one := await database.read(drafts.get, lin, each.draft_id))]
    assert texts == ["phone", "laptop"]
    fork = await database.read(drafts.get, lin, late.draft_id)
    assert fork is not None
    (attached,) = fork.attachments
    assert await database.read(contents.read, attached.content_id, 0, 10) == b"12345"
    assert (await _save(database, lin, "laptop", 1)).draft_id == late.draft_id
    assert (await _save(database, lin, "tablet", 1)).key == "k~2"
    await check_books(database, lin)
    await database.write(drafts.discard, lin, first.draft_id)
    assert await database.read(contents.read, attached.content_id, 0, 10) == b"12345"


async def test_drafts_that_share_an_attachment_keep_it_once_and_until_the_last(database: Database) -> None:
    lin = await make_account(database)
    first = await _save(database, lin)
    file = await _attach(database, lin, first.draft_id, b"12345")
    await _save(database, lin, "phone", 1)
    forks = [await _save(database, lin, text, 1) for text in ("laptop", "tablet")]
    assert await count(database, "draft_attachments") == 3
    assert await count(database, "contents") == 4, "three placeholders and the file"
    await check_books(database, lin)
    await _attach(database, lin, forks[0].draft_id, b"its own")
    await check_books(database, lin)
    assert await database.write(drafts.remove_attachment, lin, first.draft_id, file)
    await database.write(drafts.withdraw, lin, forks[0].draft_id)
    await database.write(drafts.drop, forks[0].draft_id)
    await check_books(database, lin)
    last = await database.read(drafts.get, lin, forks[1].draft_id)
    assert last is not None
    assert await database.read(contents.read, last.attachments[0].content_id, 0, 10) == b"12345"
    await database.write(drafts.discard, lin, forks[1].draft_id)
    await database.write(drafts.discard, lin, first.draft_id)
    assert await count(database, "contents") == await count(database, "content_chunks") == 0
    await check_books(database, lin)


async def test_attachments_count_in_size_and_go_with_their_content(database: Database) -> None:
    lin = await make_account(database)
    saved = await _save(database, lin)
    written = await database.read(quotas.drafted, lin)
    assert 0 < written == (await _row(database, lin, saved.message_id)).size - 2
    file = await _attach(database, lin, saved.draft_id, b"x" * 1000)
    picture = await _attach(database, lin, saved.draft_id, b"y" * 500, cid="a@b")
    row = await _row(database, lin, saved.message_id)
    assert (row.attachment_count, row.size) == (1, 1502 + written)
    await check_books(database, lin)
    await database.write(contents.sweep)
    stored = await database.read(drafts.get, lin, saved.draft_id)
    assert stored is not None
    assert [one.id for one in stored.attachments] == [file, picture]
    assert await database.write(drafts.remove_attachment, lin, saved.draft_id, file)
    assert await database.write(drafts.remove_attachment, lin, saved.draft_id, file) == 0
    assert (await _row(database, lin, saved.message_id)).attachment_count == 0
    assert await count(database, "contents") == 2
    await check_books(database, lin)


async def test_a_draft_that_is_discarded_leaves_nothing(database: Database) -> None:
    lin = await make_account(database)
    saved = await _save(database, lin)
    await _attach(database, lin, saved.draft_id, b"x" * 1000)
    seq = await database.write(drafts.discard, lin, saved.draft_id)
    assert await database.read(changes.since, lin, seq - 1, 10) == [
        changes.Change(seq, lin, changes.REMOVED, saved.message_id)
    ]
    for table in ("drafts", "draft_attachments", "messages", "contents", "content_chunks"):
        assert await count(database, table) == 0, table
    await check_books(database, lin)


def _delete(db: sqlite3.Connection, account_id: int, message_id: int) -> None:
    filings.relocate(db, account_id, [message_id], mailboxes.by_role(db, account_id, "trash"), NOW)


async def test_a_draft_erased_from_the_trash_goes_with_its_attachments(database: Database) -> None:
    lin = await make_account(database)
    saved = await _save(database, lin)
    await _attach(database, lin, saved.draft_id, b"x" * 1000)
    await database.write(_delete, lin, saved.message_id)
    assert await count(database, "drafts") == 1
    await database.write(filings.erase_from_trash, lin, [saved.message_id])
    for table in ("drafts", "draft_attachments", "messages", "contents", "content_chunks"):
        assert await count(database, table) == 0, table
    await check_books(database, lin)


async def test_a_draft_somebody_still_writes_comes_back_from_the_trash(database: Database) -> None:
    lin = await make_account(database)
    saved = await _save(database, lin)
    await database.write(_delete, lin, saved.message_id)
    again = await _save(database, lin, "more", saved.revision)
    assert (await _row(database, lin, again.message_id)).mailbox_id == await database.read(
        mailboxes.by_role, lin, "drafts"
    )
    told = await database.read(changes.since, lin, again.seq - 1, 10)
    assert told == [changes.Change(again.seq, lin, changes.MOVED, again.message_id)]
    await check_books(database, lin)


async def test_a_submitted_draft_is_out_of_drafts_and_cannot_be_saved_beside_it(database: Database) -> None:
    lin = await make_account(database)
    saved = await _save(database, lin)
    await _attach(database, lin, saved.draft_id, b"x" * 1000)
    await database.write(drafts.withdraw, lin, saved.draft_id)
    assert await count(database, "messages") == 0
    stored = await database.read(drafts.get, lin, saved.draft_id)
    assert stored is not None
    assert stored.message_id is None
    assert len(stored.attachments) == 1
    with pytest.raises(DraftSubmitted):
        await _save(database, lin, "late", saved.revision)
    with pytest.raises(LookupError):
        await _attach(database, lin, saved.draft_id, b"late")
    with pytest.raises(LookupError):
        await database.write(drafts.withdraw, lin, saved.draft_id)
    assert await database.write(drafts.discard, lin, saved.draft_id) == 0
    await database.write(contents.sweep)
    back = await database.write(drafts.bring_back, MessageIds(), lin, saved.draft_id, listing(LETTER), NOW + 5_000)
    row = await _row(database, lin, back)
    assert (row.subject, row.attachment_count) == ("周三见", 1)
    assert (await _save(database, lin, "on", saved.revision)).message_id == back
    await check_books(database, lin)


async def test_only_a_withdrawn_draft_is_dropped(database: Database) -> None:
    lin = await make_account(database)
    saved = await _save(database, lin)
    await _attach(database, lin, saved.draft_id, b"x")
    await database.write(drafts.drop, saved.draft_id)
    assert await count(database, "drafts") == 1
    await database.write(drafts.withdraw, lin, saved.draft_id)
    await database.write(drafts.drop, saved.draft_id)
    assert await count(database, "drafts") == await count(database, "contents") == 0
    await check_books(database, lin)


async def test_drafts_of_others_are_not_there(database: Database) -> None:
    lin, ana = await make_account(database), await make_account(database, "ana@yuanye.example")
    saved = await _save(database, lin)
    assert await database.read(drafts.get, ana, saved.draft_id) is None
    assert await database.read(drafts.by_message, ana, saved.message_id) is None
    assert await database.read(drafts.by_key, ana, "k") is None
    assert await database.write(drafts.discard, ana, saved.draft_id) == 0
    with pytest.raises(LookupError):
        await _attach(database, ana, saved.draft_id, b"x")
    theirs = await _save(database, ana)
    assert theirs.draft_id != saved.draft_id
    mine = await database.read(drafts.by_message, lin, saved.message_id)
    assert mine is not None
    assert mine.id == saved.draft_id


async def test_erasing_an_account_leaves_no_content_of_its_drafts_and_queue(database: Database) -> None:
    lin = await make_account(database)
    await make_account(database, "ana@yuanye.example", admin=True)
    saved = await _save(database, lin)
    await _attach(database, lin, saved.draft_id, b"x" * 1000)
    await database.write(drafts.withdraw, lin, saved.draft_id)
    await submit(database, lin, draft=LETTER, key="other", hold_ms=10_000)
    await _attach(database, lin, (await _save_new(database, lin)).draft_id, b"y")
    assert await database.write(queue.erase_some, lin, 10) == 1
    assert await database.write(queue.erase_some, lin, 10) == 0
    await database.write(filings.erase_some, lin, 100)
    await database.write(accounts.remove, lin)
    for table in ("drafts", "draft_attachments", "queue_items", "queue_recipients", "contents", "content_chunks"):
        assert await count(database, table) == 0, table


async def _save_new(database: Database, account_id: int) -> Saved:
    return await database.write(drafts.save, MessageIds(), account_id, "new", LETTER, listing(LETTER), None, NOW)


async def test_what_cannot_be_stored_as_text_is_cleaned_not_refused(database: Database) -> None:
    lin = await make_account(database)
    letter = replace(LETTER, subject="a\ud800\nb", text="x\0y")
    saved = await database.write(drafts.save, MessageIds(), lin, "k", letter, listing(letter), None, NOW)
    assert "\n" not in (await _row(database, lin, saved.message_id)).subject
    again = await database.write(drafts.save, MessageIds(), lin, "k", letter, listing(letter), None, NOW)
    assert again.seq == 0
