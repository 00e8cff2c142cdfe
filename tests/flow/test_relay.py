"""The relay loop sends what is due, once, over the right relay, and says of every recipient what became of it."""

import asyncio
import sqlite3
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from mailapp.events import Changed, QueueChanged
from mailapp.flow.relay_pool import CONNECTIONS, READY
from mailapp.store import changes, queue, relays
from mailapp.store.database import StoreFull
from tests.flow.posting import HOUR, LETTER, PATIENCE, QUICK, SENDER, posting
from tests.relays import fake_relay


async def test_a_message_goes_out_as_it_is_and_its_recipient_becomes_sent(tmp_path: Path) -> None:
    async with fake_relay(users={"lin": "pass word"}) as relay, posting(tmp_path, relay) as post:
        item_id = await post.submit()
        recipient = await post.recipient(item_id, "sent")
        assert (recipient.code, recipient.attempts, recipient.relay) == (250, 1, f"relay {relay.port}")
        assert not recipient.doubled
        (message,) = relay.messages
        assert message.content == LETTER % 1
        assert (message.reverse_path, message.recipients, message.encrypted) == (SENDER, ("zhou@bei.example",), True)
        assert (await post.item(item_id)).state == "done"


async def test_pages_are_told_of_every_result(tmp_path: Path) -> None:
    async with fake_relay() as relay, posting(tmp_path, relay) as post:
        with post.bus.subscribe(post.account_id) as subscription:
            item_id = await post.submit()
            await post.recipient(item_id, "sent")
            event = subscription.queue.get_nowait()
        assert isinstance(event, Changed)
        assert event.message_ids == ((await post.item(item_id)).message_id,)


async def test_a_flood_of_results_is_told_in_few_events_and_the_last_one_counts(tmp_path: Path) -> None:
    async with fake_relay() as relay, posting(tmp_path, relay, start=False) as post:
        items = [await post.submit() for _ in range(100)]
        with post.bus.subscribe(post.account_id) as subscription:
            await post.start()
            wanted = {(await post.item(item_id)).message_id for item_id in items}
            told: set[int] = set()
            seqs: list[int] = []
            while not wanted <= told:
                event = await asyncio.wait_for(subscription.get(), PATIENCE)
                assert isinstance(event, Changed)
                told.update(event.message_ids)
                seqs.append(event.seq)
        assert len(seqs) < 50
        assert seqs[-1] == await post.database.read(changes.latest)


async def test_nothing_leaves_before_its_time(tmp_path: Path) -> None:
    async with fake_relay() as relay, posting(tmp_path, relay) as post:
        later = await post.submit(hold_s=10)
        now = await post.submit()
        await post.recipient(now, "sent")
        assert (await post.item(later)).state == "waiting"
        post.turn(10)
        await post.recipient(later, "sent")
        assert [message.content for message in relay.messages] == [LETTER % 2, LETTER % 1]


async def test_recipients_of_one_message_share_a_transaction_and_each_has_a_fate(tmp_path: Path) -> None:
    async with fake_relay() as relay, posting(tmp_path, relay) as post:
        relay.answer("rcpt", "450 4.2.1 Full", address="b@bei.example", times=1)
        relay.answer("rcpt", "550 5.1.1 Nobody", address="c@bei.example")
        item_id = await post.submit("a@bei.example", "b@bei.example", "c@bei.example")
        item = await post.until(
            item_id, lambda item: {one.state for one in item.recipients} == {"sent", "deferred", "failed"}
        )
        by_address = {one.address[0]: one for one in item.recipients}
        assert (by_address["b"].code, by_address["b"].status, by_address["b"].reason) == (450, "4.2.1", "Full")
        assert (by_address["c"].code, by_address["c"].status, by_address["c"].reason) == (550, "5.1.1", "Nobody")
        assert 54 <= by_address["b"].next_ms / 1000 - post.clock.now <= 66
        post.turn(66)
        await post.until(item_id, lambda item: item.state == "done")
        assert [message.recipients for message in relay.messages] == [("a@bei.example",), ("b@bei.example",)]


async def test_a_relay_that_is_down_is_followed_by_the_next(tmp_path: Path) -> None:
    async with fake_relay() as first, fake_relay() as second, posting(tmp_path, first, second) as post:
        await first.down()
        recipient = await post.recipient(await post.submit(), "sent")
        assert recipient.relay == f"relay {second.port}"
        assert len(second.messages) == 1


async def test_the_relay_of_the_senders_domain_comes_first(tmp_path: Path) -> None:
    async with fake_relay() as general, fake_relay() as own, fake_relay() as other, posting(tmp_path, general) as post:
        await post.use(other, sender_domains=("other.example",))
        await post.use(own, sender_domains=("yuanye.example",))
        await post.recipient(await post.submit(), "sent")
        assert (len(general.messages), len(own.messages), len(other.messages)) == (0, 1, 0)


async def test_without_a_relay_mail_waits_uncounted_and_leaves_once_there_is_one(tmp_path: Path) -> None:
    async with fake_relay() as relay, posting(tmp_path) as post:
        item_id = await post.submit()
        recipient = await post.recipient(item_id, "deferred")
        assert (recipient.attempts, recipient.reason) == (0, "no relay")
        await post.use(relay)
        assert (await post.recipient(item_id, "sent")).attempts == 1


async def test_a_relay_that_is_put_right_is_tried_at_once(tmp_path: Path) -> None:
    async with fake_relay(users={"lin": "another"}) as relay, posting(tmp_path, relay) as post:
        item_id = await post.submit()
        await post.recipient(item_id, "deferred")
        (stored,) = await post.database.read(relays.all_)
        await post.database.write(relays.remove, stored.id)
        relay.users = {"lin": "pass word"}
        await post.use(relay)
        await post.recipient(item_id, "sent")


async def test_the_daily_limit_puts_off_to_the_next_day_in_utc(tmp_path: Path) -> None:
    async with fake_relay() as relay, posting(tmp_path) as post:
        await post.use(relay, daily_limit=2)
        item_id = await post.submit("a@bei.example", "b@bei.example", "c@bei.example")
        item = await post.until(
            item_id, lambda item: not any(one.claimed or one.state == "pending" for one in item.recipients)
        )
        (late,) = [one for one in item.recipients if one.state == "deferred"]
        assert (late.reason, late.attempts) == ("daily limit", 0)
        assert late.next_ms % 86_400_000 == 0
        assert 0 < late.next_ms - post.clock.ms <= 86_400_000
        post.turn(late.next_ms / 1000 - post.clock.now)
        await post.until(item_id, lambda item: item.state == "done")
        assert sum(len(message.recipients) for message in relay.messages) == 3


async def test_mail_goes_to_another_relay_once_the_limit_of_the_first_is_reached(tmp_path: Path) -> None:
    async with fake_relay() as small, fake_relay() as large, posting(tmp_path) as post:
        await post.use(small, daily_limit=1)
        await post.use(large)
        item_id = await post.submit("a@bei.example", "b@bei.example")
        await post.until(item_id, lambda item: item.state == "done")
        assert [message.recipients for message in (*small.messages, *large.messages)] == [
            ("a@bei.example",),
            ("b@bei.example",),
        ]


async def test_what_was_not_sent_does_not_count_against_the_limit(tmp_path: Path) -> None:
    async with fake_relay() as relay, posting(tmp_path) as post:
        await post.use(relay, daily_limit=1)
        await relay.down()
        item_id = await post.submit()
        await post.recipient(item_id, "deferred")
        await relay.up()
        post.turn(HOUR)
        await post.recipient(item_id, "sent")


async def test_large_mail_is_sent_from_disk_and_whole(tmp_path: Path) -> None:
    async with fake_relay() as relay, posting(tmp_path, relay) as post:
        content = LETTER % 1 + b"0123456789.\r\n" * 200_000
        await post.recipient(await post.submit(content=content), "sent")
        assert relay.messages[0].content == content


async def test_more_recipients_than_a_relay_takes_at_once_go_in_several_transactions(tmp_path: Path) -> None:
    async with fake_relay() as relay, posting(tmp_path, relay) as post:
        item_id = await post.submit(*(f"r{number}@bei.example" for number in range(150)))
        await post.until(item_id, lambda item: item.state == "done")
        assert [len(message.recipients) for message in relay.messages] == [100, 50]


async def test_where_the_mark_cannot_be_stored_nothing_is_sent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with fake_relay() as relay, posting(tmp_path, relay) as post:

        def full(db: sqlite3.Connection, *_: object) -> None:
            raise StoreFull("no room")

        with monkeypatch.context() as patched:
            patched.setattr(queue, "mark_in_doubt", full)
            item_id = await post.submit()
            recipient = await post.recipient(item_id, "deferred")
        assert (recipient.attempts, recipient.doubled, relay.messages) == (0, False, [])
        post.turn(60)
        await post.recipient(item_id, "sent")
        assert len(relay.messages) == 1


async def test_a_result_is_kept_until_it_can_be_stored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with fake_relay() as relay, posting(tmp_path, relay) as post:
        settle, failures = queue.settle, iter([True])

        def hesitant(db: sqlite3.Connection, *rest: object) -> object:
            if next(failures, False):
                raise StoreFull("no room")
            return settle(db, *rest)  # type: ignore[arg-type]

        monkeypatch.setattr("mailapp.flow.relay.SHORT_S", 0.01)
        monkeypatch.setattr(queue, "settle", hesitant)
        await post.recipient(await post.submit(), "sent")
        assert len(relay.messages) == 1


async def test_a_hold_stops_further_attempts(tmp_path: Path) -> None:
    async with fake_relay() as relay, posting(tmp_path, relay) as post:
        relay.answer("rcpt", "450 4.2.1 Full", times=1)
        item_id = await post.submit()
        await post.recipient(item_id, "deferred")
        await post.database.write(queue.hold, post.account_id, item_id, post.clock.ms)
        post.turn(HOUR)
        await post.recipient(await post.submit(), "sent")
        assert len(relay.messages) == 1
        await post.database.write(queue.resume, post.account_id, item_id, post.clock.ms)
        post.turn(0)
        await post.recipient(item_id, "sent")


@pytest.mark.parametrize(("act", "state"), [(queue.hold, "held"), (queue.cancel, "cancelled")])
async def test_what_waits_for_its_turn_can_still_be_held_and_cancelled(
    tmp_path: Path, act: Callable[..., object], state: str
) -> None:
    slow = replace(QUICK, command=8.0, data=8.0)  # the act must be on disk before the turn comes
    async with fake_relay() as relay, posting(tmp_path, relay, timeouts=slow) as post:
        relay.stall("data")
        for _ in range(READY):
            await post.submit()
        await relay.reached("data", CONNECTIONS)
        late = await post.submit("late@bei.example")
        await post.database.write(act, post.account_id, late, post.clock.ms)
        post.bus.publish(QueueChanged())
        item = await post.until(late, lambda item: not item.recipients[0].claimed)
        assert (item.state, item.recipients[0].attempts) == (state, 0)
        assert "rcpt late@bei.example" not in relay.steps
