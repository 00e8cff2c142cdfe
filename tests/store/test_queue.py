"""What people do to the queue, what reports bring, and what pages read of it; never another account's items."""

from typing import Any

import pytest

from mailapp.mail.draft_listing import listing
from mailapp.store import accounts, changes, contents, drafts, mailboxes, messages, queue, relays
from mailapp.store.arrivals import MessageIds, reference_hash
from mailapp.store.database import Database
from mailapp.store.queue import Item, Outcome
from mailapp.store.relays import Relay
from tests.conftest import make_account
from tests.store.queued import LETTER, NOW, Sent, check_books, count, next_due, submit

REF = reference_hash("1@yuanye.example")
LISTING = listing(LETTER)
HOST: dict[str, Any] = {"host": "smtp.relay.example", "port": 587, "security": "starttls"}


async def _item(database: Database, sent: Sent) -> Item:
    item = await database.read(queue.get, None, sent.item_id)
    assert item is not None
    return item


async def _settle(database: Database, state: str, at: int = NOW, reason: str = "", relay: str = "") -> list[int]:
    """Everything due ends in one state."""
    claims = await database.write(queue.due, at, 100)
    ids = [one.id for claim in claims for one in claim.recipients]
    results = [Outcome(one, state, 250, reason=reason, relay=relay, next_ms=at + 60_000) for one in ids]
    await database.write(queue.settle, results, at)
    return ids


async def test_the_copy_in_sent_is_read_and_says_who_it_went_to(database: Database) -> None:
    lin = await make_account(database)
    sent = await submit(database, lin, "a@x.example", "b@x.example")
    stored = await database.read(messages.get, lin, sent.message_id)
    assert stored is not None
    assert stored.row.mailbox_id == await database.read(mailboxes.by_role, lin, "sent")
    assert (stored.row.seen, stored.row.to_names, stored.row.to_count) == (True, "周婧", 2)
    assert stored.addressees == ()
    assert stored.row.delivered_to == ""
    assert await database.read(contents.read, sent.content_id, 9, 3) == b"x\r\n"
    with pytest.raises(LookupError):
        await database.read(contents.read, 999, 0, 1)
    await check_books(database, lin)


async def test_undo_brings_the_draft_back_whole_and_sends_nothing(database: Database) -> None:
    lin = await make_account(database)
    sent = await submit(database, lin, draft=LETTER, hold_ms=10_000)
    assert await count(database, "messages") == 1
    recalled = await database.write(queue.recall, MessageIds(), lin, sent.item_id, LISTING, NOW + 5_000)
    assert recalled is not None
    assert (recalled.draft_id, recalled.sent_id) == (sent.draft_id, sent.message_id)
    stored = await database.read(drafts.get, lin, recalled.draft_id)
    assert stored is not None
    assert (stored.draft, stored.message_id) == (LETTER, recalled.message_id)
    assert await database.read(messages.row, lin, sent.message_id) is None
    assert await database.write(queue.due, NOW + 20_000, 10) == []
    assert (await _item(database, sent)).state == "cancelled"
    told = await database.read(changes.since, lin, recalled.seq - 2, 10)
    assert told is not None
    assert [(one.kind, one.message_id) for one in told] == [
        (changes.REMOVED, sent.message_id),
        (changes.DELIVERED, recalled.message_id),
    ]
    assert await database.write(queue.recall, MessageIds(), lin, sent.item_id, LISTING, NOW + 5_000) is None
    assert await count(database, "contents") == 1
    await check_books(database, lin)


async def test_a_recalled_draft_can_be_submitted_and_recalled_again(database: Database) -> None:
    lin = await make_account(database)
    for round_ in range(2):
        sent = await submit(database, lin, draft=LETTER, hold_ms=10_000, at=NOW + round_)
        assert await database.write(queue.recall, MessageIds(), lin, sent.item_id, LISTING, NOW + 5_000)
    assert await count(database, "drafts") == 1
    await check_books(database, lin)


async def test_nobody_recalls_anothers_submission_nor_one_without_a_draft(database: Database) -> None:
    lin, ana = await make_account(database), await make_account(database, "ana@yuanye.example")
    sent = await submit(database, lin, draft=LETTER, hold_ms=10_000)
    assert await database.write(queue.recall, MessageIds(), ana, sent.item_id, LISTING, NOW) is None
    bare = await submit(database, lin, hold_ms=10_000)
    assert await database.write(queue.recall, MessageIds(), lin, bare.item_id, LISTING, NOW) is None
    assert (await _item(database, bare)).state == "waiting"


async def test_a_chosen_time_can_be_changed_until_it_has_come(database: Database) -> None:
    lin = await make_account(database)
    sent = await submit(database, lin, hold_ms=3_600_000)
    assert await database.write(queue.reschedule, lin, sent.item_id, NOW + 7_200_000)
    assert await database.write(queue.due, NOW + 3_600_000, 10) == []
    item = await _item(database, sent)
    assert (item.release_ms, item.scheduled, item.recipients[0].next_ms) == (NOW + 7_200_000, True, NOW + 7_200_000)
    assert await database.write(queue.retry_now, lin, sent.item_id, NOW + 1)
    assert len(await database.write(queue.due, NOW + 1, 10)) == 1
    assert await database.write(queue.reschedule, lin, sent.item_id, NOW + 9) is None


async def test_retry_now_makes_what_is_left_due_and_leaves_what_is_under_way(database: Database) -> None:
    lin = await make_account(database)
    sent = await submit(database, lin)
    await _settle(database, "deferred")
    acted = await database.write(queue.retry_now, lin, sent.item_id, NOW + 1)
    assert acted is not None
    assert (acted.account_id, acted.message_id, acted.item_id) == (lin, sent.message_id, sent.item_id)
    assert await database.read(changes.since, lin, acted.seq - 1, 9) == [
        changes.Change(acted.seq, lin, changes.QUEUE, sent.message_id)
    ]
    assert len(await database.write(queue.due, NOW + 1, 10)) == 1
    assert await database.write(queue.retry_now, lin, sent.item_id, NOW + 2) is None
    assert await database.write(queue.due, NOW + 2, 10) == []


async def test_what_is_held_waits_and_can_still_be_undone(database: Database) -> None:
    lin = await make_account(database)
    sent = await submit(database, lin, draft=LETTER, hold_ms=10_000)
    assert await database.write(queue.hold, lin, sent.item_id, NOW)
    assert await database.write(queue.hold, lin, sent.item_id, NOW) is None
    assert await database.write(queue.due, NOW + 20_000, 10) == []
    assert (await _item(database, sent)).recipients[0].next_ms == 0
    assert await database.write(queue.resume, lin, sent.item_id, NOW)
    assert (await _item(database, sent)).state == "waiting"
    assert await next_due(database) == NOW + 10_000
    await database.write(queue.hold, lin, sent.item_id, NOW)
    assert await database.write(queue.recall, MessageIds(), lin, sent.item_id, LISTING, NOW)


async def test_cancelling_keeps_the_copy_in_sent_and_forgets_the_draft(database: Database) -> None:
    lin = await make_account(database)
    sent = await submit(database, lin, "a@x.example", "b@x.example", draft=LETTER, hold_ms=10_000)
    assert await database.write(queue.cancel, lin, sent.item_id, NOW)
    assert await database.read(messages.row, lin, sent.message_id) is not None
    assert await count(database, "drafts") == 0
    item = await _item(database, sent)
    assert {one.state for one in item.recipients} == {item.state} == {"cancelled"}
    assert await database.write(queue.cancel, lin, sent.item_id, NOW) is None
    assert await database.write(queue.due, NOW + 20_000, 10) == []
    await check_books(database, lin)


async def test_another_account_may_do_nothing_to_an_item_an_admin_all(database: Database) -> None:
    lin, ana = await make_account(database), await make_account(database, "ana@yuanye.example")
    sent = await submit(database, lin, hold_ms=10_000)
    for act in (queue.retry_now, queue.hold, queue.resume, queue.cancel, queue.reschedule):
        assert await database.write(act, ana, sent.item_id, NOW) is None
    assert await database.read(queue.get, ana, sent.item_id) is None
    assert await database.read(queue.of_message, ana, sent.message_id) is None
    assert await database.read(queue.items, ana, None, 10) == []
    held = await database.write(queue.hold, None, sent.item_id, NOW)
    assert held is not None
    assert held.account_id == lin


@pytest.mark.parametrize(
    ("before", "news", "after"),
    [
        ("sent", "delivered", "delivered"),
        ("sent", "failed", "failed"),
        ("sent", "deferred", "sent"),
        ("delivered", "failed", "failed"),
        ("delivered", "deferred", None),
        ("failed", "delivered", None),
        ("failed", "failed", None),
        ("deferred", "delivered", None),
    ],
)
async def test_news_move_a_recipient_on_and_never_back(
    database: Database, before: str, news: str, after: str | None
) -> None:
    lin = await make_account(database)
    sent = await submit(database, lin, "zhou@bei.example", "b@x.example")
    await _settle(database, before, relay="a")
    await database.write(queue.notice, lin)
    event = (lin, Relay(id=1, name="a", **HOST), REF, "Zhou@BEI.example", news, 550, "5.1.1", "gone", NOW + 9)
    acted = await database.write(queue.report_event, *event)
    states = {one.address: (one.state, one.reason) for one in (await _item(database, sent)).recipients}
    assert states["b@x.example"] == (before, "")
    if after is None:
        assert acted is None
        assert states["zhou@bei.example"] == (before, "")
        return
    assert acted is not None
    assert (acted.account_id, acted.message_id) == (lin, sent.message_id)
    assert states["zhou@bei.example"] == (after, "gone")
    assert await database.read(queue.unnoticed, lin) == int(after == "failed")
    assert await database.write(queue.report_event, *event) is None


async def test_news_of_another_message_recipient_or_account_change_nothing(database: Database) -> None:
    lin, ana = await make_account(database), await make_account(database, "ana@yuanye.example")
    await submit(database, lin)
    await _settle(database, "sent")
    rest = ("failed", 550, "5.1.1", "gone", NOW)
    assert await database.write(queue.report_event, lin, None, REF + 1, "zhou@bei.example", *rest) is None
    assert await database.write(queue.report_event, lin, None, REF, "other@bei.example", *rest) is None
    assert await database.write(queue.report_event, ana, None, REF, "zhou@bei.example", *rest) is None
    assert await database.write(queue.report_event, lin, None, 0, "zhou@bei.example", *rest) is None
    assert await database.write(queue.report_event, None, None, REF, "zhou@bei.example", *rest) is not None


async def test_a_relay_speaks_only_of_what_went_over_it(database: Database) -> None:
    lin = await make_account(database)
    await submit(database, lin)
    await _settle(database, "sent", relay="a")
    rest = (REF, "zhou@bei.example", "failed", 550, "5.1.1", "gone", NOW)
    for other in (Relay(id=2, name="b", **HOST), Relay(id=3, name="", **HOST)):
        assert await database.write(queue.report_event, None, other, *rest) is None
    assert await database.write(queue.report_event, None, Relay(id=1, name="a", **HOST), *rest) is not None


async def test_a_relay_that_was_renamed_still_speaks_of_what_went_over_it(database: Database) -> None:
    lin = await make_account(database)
    first = await database.write(relays.add, Relay(name="a", **HOST), NOW)
    await submit(database, lin)
    await _settle(database, "sent", relay="a")
    renamed = Relay(id=first, name="b", **HOST)
    assert await database.write(relays.update, renamed)
    second = await database.write(relays.add, Relay(name="a", **HOST), NOW)
    rest = (REF, "zhou@bei.example", "delivered", 250, "2.0.0", "OK", NOW)
    namesake = Relay(id=second, name="a", **HOST)
    assert await database.write(queue.report_event, None, namesake, *rest) is None
    assert await database.write(queue.report_event, None, renamed, *rest) is not None


async def test_a_relay_set_up_anew_under_its_old_name_speaks_of_what_went_before(database: Database) -> None:
    lin = await make_account(database)
    first = await database.write(relays.add, Relay(name="a", **HOST), NOW)
    await submit(database, lin)
    await _settle(database, "sent", relay="a")
    await database.write(relays.remove, first)
    again = await database.write(relays.add, Relay(name="a", **HOST), NOW)
    rest = (REF, "zhou@bei.example", "delivered", 250, "2.0.0", "OK", NOW)
    assert again != first
    assert await database.write(queue.report_event, None, Relay(id=again, name="a", **HOST), *rest) is not None


async def test_a_failure_known_by_mail_says_so_and_the_relay_may_correct_it(database: Database) -> None:
    lin = await make_account(database)
    sent = await submit(database, lin)
    await _settle(database, "sent", relay="a")
    where = (REF, "zhou@bei.example")
    assert await database.write(queue.report_event, lin, None, *where, "failed", 550, "5.1.1", "x" * 600, NOW)
    failed = (await _item(database, sent)).recipients[0]
    assert (failed.state, failed.reason[:10], len(failed.reason)) == ("failed", queue.BY_MAIL + "x", 500)
    assert await database.read(queue.unnoticed, lin) == 1
    delivered = (*where, "delivered", 250, "2.0.0", "OK", NOW)
    for other in (None, Relay(id=2, name="b", **HOST)):
        assert await database.write(queue.report_event, None, other, *delivered) is None
    assert await database.write(queue.report_event, None, Relay(id=1, name="a", **HOST), *delivered)
    corrected = (await _item(database, sent)).recipients[0]
    assert (corrected.state, corrected.reason) == ("delivered", "OK")
    assert await database.read(queue.unnoticed, lin) == 0


async def test_the_bell_counts_messages_with_failures_until_they_are_looked_at(database: Database) -> None:
    lin, ana = await make_account(database), await make_account(database, "ana@yuanye.example")
    ids = MessageIds()
    for _ in range(2):
        await submit(database, lin, "a@x.example", "b@x.example", ids=ids)
    await _settle(database, "failed")
    assert await database.read(queue.unnoticed, lin) == 2
    assert await database.read(queue.unnoticed, ana) == 0
    assert await database.write(queue.notice, ana) == 0
    seq = await database.write(queue.notice, lin)
    assert await database.read(changes.since, lin, seq - 1, 9) == [changes.Change(seq, lin, changes.QUEUE, 0)]
    assert await database.read(queue.unnoticed, lin) == 0
    assert await database.write(queue.notice, lin) == 0


async def test_lists_see_at_a_glance_how_far_each_message_is(database: Database) -> None:
    lin = await make_account(database)
    ids = MessageIds()
    first = await submit(database, lin, "a@x.example", "b@x.example", "c@x.example", ids=ids)
    a, b, _ = [one.id for claim in await database.write(queue.due, NOW, 9) for one in claim.recipients]
    await database.write(queue.settle, [Outcome(a, "sent", 250), Outcome(b, "failed", 550)], NOW)
    waits = await submit(database, lin, hold_ms=10_000, ids=ids)
    found = await database.read(queue.summaries, [first.message_id, waits.message_id, 77])
    assert set(found) == {first.message_id, waits.message_id}
    one = found[first.message_id]
    assert (one.pending, one.deferred, one.failed, one.sent, one.delivered, one.total) == (1, 0, 1, 1, 0, 3)
    assert (one.item_id, one.state, one.waiting_until_ms) == (first.item_id, "active", 0)
    other = found[waits.message_id]
    assert (other.pending, other.total, other.state, other.waiting_until_ms) == (1, 1, "waiting", NOW + 10_000)
    assert await database.read(queue.summaries, []) == {}


async def test_the_queue_page_goes_on_below_the_last_item(database: Database) -> None:
    lin, ana = await make_account(database), await make_account(database, "ana@yuanye.example")
    ids = MessageIds()
    mine = [(await submit(database, lin, at=NOW + at, ids=ids)).item_id for at in (0, 0, 5)]
    theirs = (await submit(database, ana, ids=ids)).item_id
    newest = mine[::-1]

    async def page(account_id: int | None, before: int | None, open_only: bool = False) -> list[int]:
        return [one.id for one in await database.read(queue.items, account_id, before, 2, open_only)]

    for open_only in (False, True):
        assert await page(lin, None, open_only) == newest[:2]
        assert await page(lin, newest[1], open_only) == newest[2:]
        assert await page(lin, newest[2], open_only) == []
        assert await page(None, None, open_only) == [theirs, newest[0]]
        assert await page(None, newest[0], open_only) == newest[1:]
    await _settle(database, "sent", NOW + 10)
    assert await page(lin, None, True) == []
    assert await page(lin, None) == newest[:2]


async def test_messages_of_the_last_hour_are_counted_per_account(database: Database) -> None:
    lin, ana = await make_account(database), await make_account(database, "ana@yuanye.example")
    ids = MessageIds()
    for at in (0, 10, 20):
        await submit(database, lin, at=NOW + at, ids=ids, message_id=f"{at}@yuanye.example")
    again = await submit(database, lin, at=NOW + 30, ids=ids, message_id="20@yuanye.example")
    assert await database.read(queue.sent_since, lin, NOW + 10) == 2, "what is submitted once more is one message"
    assert await database.read(queue.sent_since, lin, NOW, reference_hash("20@yuanye.example")) == 2
    await database.write(lambda db: db.execute("UPDATE queue_items SET ref_hash = 0 WHERE id > 1").rowcount)
    assert await database.read(queue.sent_since, lin, NOW) == 4, "without a Message-ID each counts"
    assert again.item_id == 4
    assert await database.read(queue.sent_since, ana, NOW) == 0


async def test_the_time_for_undo_is_a_setting_within_bounds(database: Database) -> None:
    lin = await make_account(database)
    held = []
    for seconds in (0, 30, 600, -1):
        await database.write(accounts.set_undo_send, lin, seconds)
        account = await database.read(accounts.get, lin)
        assert account is not None
        held.append(account.undo_send_s)
    assert held == [0, 30, 60, 0]
