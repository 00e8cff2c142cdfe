"""What is due is claimed once, comes back after a crash, and its outcome is written down for each recipient."""

import sqlite3

import pytest

from mailapp.mail.draft import Draft
from mailapp.mail.draft_listing import listing
from mailapp.store import changes, filings, queue
from mailapp.store.arrivals import MessageIds
from mailapp.store.database import Database
from mailapp.store.queue import Claim, Outcome
from tests.conftest import make_account
from tests.store.queued import LETTER, NOW, check_books, count, next_due, submit

THREE = ("a@x.example", "b@x.example", "c@y.example")


async def _due(database: Database, at: int = NOW, limit: int = 100) -> list[Claim]:
    return await database.write(queue.due, at, limit)


def _ids(claim: Claim) -> list[int]:
    return [one.id for one in claim.recipients]


async def test_an_item_is_claimed_once_with_all_that_sending_needs(database: Database) -> None:
    lin = await make_account(database)
    sent = await submit(database, lin, *THREE)
    (claim,) = await _due(database)
    assert (claim.item_id, claim.account_id, claim.message_id) == (sent.item_id, lin, sent.message_id)
    assert (claim.content_id, claim.reverse_path, claim.subject) == (sent.content_id, "lin@yuanye.example", "周三见")
    assert (claim.size, claim.utf8, claim.created_ms, claim.release_ms, claim.warned) == (20, False, NOW, NOW, False)
    assert tuple(one.address for one in claim.recipients) == THREE
    assert {(one.attempts, one.in_doubt, one.doubled) for one in claim.recipients} == {(0, False, False)}
    assert await _due(database) == []
    assert await next_due(database) is None


async def test_nothing_leaves_before_its_time(database: Database) -> None:
    lin = await make_account(database)
    await submit(database, lin, hold_ms=10_000)
    assert await _due(database, NOW + 9_999) == []
    assert await next_due(database) == NOW + 10_000
    assert len(await _due(database, NOW + 10_000)) == 1


async def test_the_longest_due_come_first_and_no_more_than_asked_for(database: Database) -> None:
    lin = await make_account(database)
    ids = MessageIds()
    later = await submit(database, lin, at=NOW + 5, ids=ids)
    first = await submit(database, lin, at=NOW, ids=ids)
    last = await submit(database, lin, at=NOW + 9, ids=ids)
    assert [one.item_id for one in await _due(database, NOW + 10, 2)] == [first.item_id, later.item_id]
    assert [one.item_id for one in await _due(database, NOW + 10, 2)] == [last.item_id]


async def test_an_item_comes_whole_also_where_the_limit_cuts_into_it(database: Database) -> None:
    lin = await make_account(database)
    await submit(database, lin, *THREE)
    (claim,) = await _due(database, NOW, 1)
    assert len(claim.recipients) == 3


async def test_a_claim_ends_the_time_for_undo_and_drops_the_draft(database: Database) -> None:
    lin = await make_account(database)
    sent = await submit(database, lin, draft=LETTER)
    await _due(database)
    assert await count(database, "drafts") == 0
    assert await database.write(queue.recall, MessageIds(), lin, sent.item_id, listing(LETTER), NOW) is None
    item = await database.read(queue.get, lin, sent.item_id)
    assert item is not None
    assert (item.state, item.draft_id) == ("active", 0)
    await check_books(database, lin)


async def test_each_recipient_gets_its_own_result(database: Database) -> None:
    lin = await make_account(database)
    sent = await submit(database, lin, *THREE)
    (claim,) = await _due(database)
    one, two, three = _ids(claim)
    results = [
        Outcome(one, "sent", 250, "2.0.0", "queued as 7", "sendgrid", 120),
        Outcome(two, "deferred", 450, "4.2.0", "busy", "sendgrid", 80, NOW + 60_000),
        Outcome(three, "failed", 550, "5.1.1", "no such user", "sendgrid", 90),
    ]
    settled = await database.write(queue.settle, results, NOW + 500)
    assert (settled.finished, settled.failed, settled.doubled) == ((), (three,), ())
    assert settled.message_ids == {lin: (sent.message_id,)}
    told = await database.read(changes.since, lin, settled.seqs[lin] - 1, 10)
    assert told == [changes.Change(settled.seqs[lin], lin, changes.QUEUE, sent.message_id)]
    item = await database.read(queue.of_message, lin, sent.message_id)
    assert item is not None
    shown = [(each.address, each.state, each.code, each.status, each.reason, each.next_ms) for each in item.recipients]
    assert shown == [
        ("c@y.example", "failed", 550, "5.1.1", "no such user", 0),
        ("b@x.example", "deferred", 450, "4.2.0", "busy", NOW + 60_000),
        ("a@x.example", "sent", 250, "2.0.0", "queued as 7", 0),
    ]
    assert {(each.attempts, each.claimed, each.relay) for each in item.recipients} == {(1, False, "sendgrid")}
    assert item.state == "active"
    assert await database.read(queue.unnoticed, lin) == 1
    assert await next_due(database) == NOW + 60_000
    (again,) = await _due(database, NOW + 60_000)
    assert [(each.address, each.attempts) for each in again.recipients] == [("b@x.example", 1)]
    last = await database.write(queue.settle, [Outcome(two, "sent", 250)], NOW + 61_000)
    assert last.finished == (sent.item_id,)
    await check_books(database, lin)


async def test_a_finished_item_lets_its_content_go(database: Database) -> None:
    lin = await make_account(database)
    sent = await submit(database, lin)
    await database.write(filings.erase, lin, sent.message_id)
    assert await count(database, "contents") == 1, "what was erased from Sent is still sent"
    (claim,) = await _due(database)
    await database.write(queue.settle, [Outcome(_ids(claim)[0], "sent", 250)], NOW)
    assert await count(database, "contents") == await count(database, "content_chunks") == 0
    item = await database.read(queue.get, lin, sent.item_id)
    assert item is not None
    assert item.state == "done"
    await check_books(database, lin)


async def test_what_was_no_attempt_is_not_counted_as_one(database: Database) -> None:
    lin = await make_account(database)
    await submit(database, lin)
    (claim,) = await _due(database)
    no_relay = Outcome(_ids(claim)[0], "deferred", reason="no relay", next_ms=NOW + 60_000, attempted=False)
    await database.write(queue.settle, [no_relay], NOW)
    assert await database.write(queue.retry_all, NOW + 1) == 1
    (again,) = await _due(database, NOW + 1)
    assert again.recipients[0].attempts == 0


async def test_what_a_crash_left_claimed_is_due_again_and_only_what_was_in_doubt_is_marked(database: Database) -> None:
    lin = await make_account(database)
    sent = await submit(database, lin, *THREE)
    (claim,) = await _due(database)
    await database.write(queue.mark_in_doubt, _ids(claim)[:1], NOW)
    doubled = await database.write(queue.unclaim_all)
    assert [(one.item_id, one.account_id, one.message_id, one.address) for one in doubled] == [
        (sent.item_id, lin, sent.message_id, "a@x.example")
    ]
    (again,) = await _due(database)
    assert [(one.address, one.doubled) for one in again.recipients] == [
        ("a@x.example", True),
        ("b@x.example", False),
        ("c@y.example", False),
    ]
    results = [Outcome(one, "sent", 250) for one in _ids(again)]
    settled = await database.write(queue.settle, results, NOW)
    assert settled.doubled == ()
    item = await database.read(queue.of_message, lin, sent.message_id)
    assert item is not None
    assert [one.doubled for one in item.recipients] == [True, False, False]
    assert await database.write(queue.unclaim_all) == []


@pytest.mark.parametrize("doubled", [True, False])
async def test_a_dot_without_an_answer_makes_the_next_attempt_a_possible_second_copy(
    database: Database, doubled: bool
) -> None:
    lin = await make_account(database)
    await submit(database, lin)
    (claim,) = await _due(database)
    (recipient,) = _ids(claim)
    await database.write(queue.mark_in_doubt, [recipient], NOW)
    outcome = Outcome(recipient, "deferred", next_ms=NOW + 1, broke_off=doubled)
    settled = await database.write(queue.settle, [outcome], NOW)
    assert settled.doubled == ((recipient,) if doubled else ())
    (again,) = await _due(database, NOW + 1)
    assert again.recipients[0].doubled is doubled
    assert not again.recipients[0].in_doubt


async def test_results_for_what_is_gone_or_over_are_passed_by(database: Database) -> None:
    lin = await make_account(database)
    await submit(database, lin)
    (claim,) = await _due(database)
    (recipient,) = _ids(claim)
    await database.write(queue.settle, [Outcome(recipient, "sent", 250)], NOW)
    settled = await database.write(queue.settle, [Outcome(recipient, "failed", 550), Outcome(999, "sent", 250)], NOW)
    assert settled == queue.Settled({}, {}, (), (), ())
    assert await database.write(queue.settle, [], NOW) == settled


async def test_an_item_held_or_cancelled_while_under_way_ends_as_it_was_told(database: Database) -> None:
    lin = await make_account(database)
    ids = MessageIds()
    held, gone = [await submit(database, lin, "a@x.example", "b@x.example", ids=ids) for _ in range(2)]
    claims = {one.item_id: _ids(one) for one in await _due(database)}
    assert await database.write(queue.hold, lin, held.item_id, NOW)
    assert await database.write(queue.cancel, lin, gone.item_id, NOW)
    results = []
    for one, two in claims.values():
        results += [Outcome(one, "sent", 250), Outcome(two, "deferred", 450, next_ms=NOW + 1)]
    settled = await database.write(queue.settle, results, NOW)
    assert settled.finished == (gone.item_id,)
    assert await _due(database, NOW + 10) == []
    states = {}
    for each in (held, gone):
        item = await database.read(queue.get, lin, each.item_id)
        assert item is not None
        states[item.state] = {recipient.state for recipient in item.recipients}
    assert states == {"held": {"sent", "deferred"}, "cancelled": {"sent", "cancelled"}}
    assert await database.write(queue.resume, lin, held.item_id, NOW + 10)
    (claim,) = await _due(database, NOW + 10)
    assert [one.address for one in claim.recipients] == ["b@x.example"]
    await check_books(database, lin)


async def test_after_a_crash_what_was_cancelled_stays_so_and_what_was_held_waits(database: Database) -> None:
    lin = await make_account(database)
    ids = MessageIds()
    held, gone = [await submit(database, lin, ids=ids) for _ in range(2)]
    await _due(database)
    await database.write(queue.hold, lin, held.item_id, NOW)
    await database.write(queue.cancel, lin, gone.item_id, NOW)
    await database.write(queue.unclaim_all)
    assert await _due(database, NOW + 10) == []
    item = await database.read(queue.get, lin, gone.item_id)
    assert item is not None
    assert {one.state for one in item.recipients} == {"cancelled"}
    await check_books(database, lin)
    await database.write(queue.resume, lin, held.item_id, NOW)
    assert len(await _due(database)) == 1


async def test_items_that_take_long_are_found_until_their_sender_was_told(database: Database) -> None:
    lin = await make_account(database)
    ids = MessageIds()
    slow = await submit(database, lin, ids=ids)
    await submit(database, lin, at=NOW + 100, ids=ids)
    await submit(database, lin, draft=Draft(subject="later"), hold_ms=1_000_000, ids=ids)
    await _due(database, NOW + 200)
    found = await database.read(queue.unwarned, NOW + 50, 10)
    assert [one.id for one in found] == [slow.item_id]
    await database.write(queue.set_warned, [slow.item_id])
    assert await database.read(queue.unwarned, NOW + 50, 10) == []


async def test_claiming_reads_no_more_than_it_takes(database: Database) -> None:
    asked: list[str] = []

    def claim(db: sqlite3.Connection) -> list[list[str]]:
        db.set_trace_callback(asked.append)
        queue.due(db, NOW, 5)
        db.set_trace_callback(None)
        looks = [each for each in asked if each.startswith("SELECT lane")]
        return [[row[3] for row in db.execute(f"EXPLAIN QUERY PLAN {each}")] for each in looks]

    lin = await make_account(database)
    await submit(database, lin)
    await submit(database, lin, reverse_path="", ids=MessageIds())
    plans = await database.write(claim)
    assert len(plans) >= 5
    for plan in plans[:-1]:
        (step,) = plan
        assert "USING INDEX queue_recipients_by_lane" in step or "USING COVERING INDEX queue_recipients_by_lane" in step
    assert plans[-1][0] == "SEARCH queue_recipients USING INDEX queue_recipients_by_item (item_id=?)"


async def test_every_lane_gets_its_share_however_long_another_is(database: Database) -> None:
    lin = await make_account(database)
    ids = MessageIds()
    for _ in range(30):
        await submit(database, lin, ids=ids)
    late = [await submit(database, lin, at=NOW + 1, ids=ids, reverse_path="lin@hehuan.example") for _ in range(3)]
    claims = await _due(database, NOW + 1, 10)
    assert [claim.lane for claim in claims] == ["yuanye.example"] * 5 + ["hehuan.example"] * 3
    assert [claim.item_id for claim in claims[5:]] == [each.item_id for each in late]


async def test_of_a_full_lane_nothing_is_claimed(database: Database) -> None:
    lin = await make_account(database)
    ids = MessageIds()
    await submit(database, lin, ids=ids)
    other = await submit(database, lin, at=NOW + 1, ids=ids, reverse_path="lin@hehuan.example")
    (claim,) = await database.write(queue.due, NOW + 1, 10, {"yuanye.example"})
    assert claim.item_id == other.item_id
    assert await next_due(database) == NOW


async def test_recipients_here_are_claimed_apart_from_those_a_relay_gets(database: Database) -> None:
    lin = await make_account(database)
    sent = await submit(database, lin, "a@x.example", "b@YUANYE.example")
    claims = {claim.lane: claim for claim in await _due(database)}
    assert {lane: [one.address for one in claim.recipients] for lane, claim in claims.items()} == {
        "yuanye.example": ["a@x.example"],
        queue.HERE: ["b@YUANYE.example"],
    }
    assert {claim.item_id for claim in claims.values()} == {sent.item_id}
    settled = await database.write(queue.settle, [Outcome(_ids(claims[queue.HERE])[0], "delivered", 250)], NOW)
    assert settled.finished == ()
    settled = await database.write(queue.settle, [Outcome(_ids(claims["yuanye.example"])[0], "sent", 250)], NOW)
    assert settled.finished == (sent.item_id,)
    await check_books(database, lin)
