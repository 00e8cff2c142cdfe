"""Connections are few, used again, given up when idle or dead; a relay that is down is not asked by every mail."""

import asyncio
from pathlib import Path

from mailapp.flow.relay_pool import CONNECTIONS, IDLE_S
from mailapp.store import relays
from tests.flow.posting import HOUR, QUICK, posting
from tests.relays import fake_relay


async def test_a_connection_is_used_again(tmp_path: Path) -> None:
    async with fake_relay() as relay, posting(tmp_path, relay) as post:
        for _ in range(3):
            await post.recipient(await post.submit(), "sent")
        assert (relay.connections, len(relay.messages)) == (1, 3)


async def test_there_are_at_most_eight_at_once(tmp_path: Path) -> None:
    async with fake_relay() as relay, posting(tmp_path, relay) as post:
        relay.stall("data")
        for _ in range(12):
            await post.submit()
        await relay.reached("data", CONNECTIONS)
        assert relay.connections == len(relay.open) == CONNECTIONS == 8


async def test_a_relay_that_takes_no_more_connections_gets_its_mail_over_those_it_took(tmp_path: Path) -> None:
    async with fake_relay() as relay, posting(tmp_path, relay, start=False) as post:
        relay.answer("ehlo", "421 4.7.0 Too many connections", times=CONNECTIONS - 3)
        items = [await post.submit() for _ in range(20)]
        await post.start()
        for item_id in items:
            assert (await post.recipient(item_id, "sent")).attempts == 1
        assert relay.connections == CONNECTIONS


async def test_a_relay_that_takes_no_connection_at_all_puts_off(tmp_path: Path) -> None:
    async with fake_relay() as relay, posting(tmp_path, relay, start=False) as post:
        relay.answer("ehlo", "421 4.7.0 Too many connections")
        items = [await post.submit() for _ in range(20)]
        await post.start()
        for item_id in items:
            assert (await post.recipient(item_id, "deferred")).reason == "Too many connections"
        assert relay.connections <= 2 * CONNECTIONS


async def test_an_idle_connection_is_closed(tmp_path: Path) -> None:
    async with fake_relay() as relay, posting(tmp_path, relay) as post:
        await post.recipient(await post.submit(), "sent")
        assert len(relay.open) == 1
        post.turn(IDLE_S + 1)
        await relay.until(lambda: not relay.open)


async def test_a_connection_the_relay_closed_meanwhile_costs_no_attempt(tmp_path: Path) -> None:
    async with fake_relay() as relay, posting(tmp_path, relay) as post:
        await post.recipient(await post.submit(), "sent")
        await relay.down()
        await relay.up()
        assert (await post.recipient(await post.submit(), "sent")).attempts == 1


async def test_a_kept_connection_that_says_421_is_replaced(tmp_path: Path) -> None:
    async with fake_relay() as relay, posting(tmp_path, relay) as post:
        await post.recipient(await post.submit(), "sent")
        relay.answer("mail", "421 4.4.2 Idle for too long", times=1)
        assert (await post.recipient(await post.submit(), "sent")).attempts == 1
        assert relay.connections == 2


async def test_a_relay_that_does_not_answer_is_asked_by_a_few_and_not_by_all(tmp_path: Path) -> None:
    async with fake_relay() as relay, posting(tmp_path, relay, start=False, timeouts=QUICK) as post:
        relay.stall("connect")
        items = [await post.submit() for _ in range(30)]
        await post.start()
        for item_id in items:
            assert (await post.recipient(item_id, "deferred")).attempts == 1
        assert relay.connections <= 2 * CONNECTIONS


async def test_mail_of_another_relay_is_not_held_up_by_one_that_stalls(tmp_path: Path) -> None:
    async with fake_relay() as slow, fake_relay() as quick, posting(tmp_path) as post:
        await post.use(slow, sender_domains=("yuanye.example",))
        await post.use(quick)
        slow.stall("data")
        for _ in range(30):
            await post.submit()
        await slow.reached("data", CONNECTIONS)
        await post.recipient(await post.submit(reverse_path="lin@other.example"), "sent")


async def test_settings_changed_meanwhile_count_for_the_next_mail(tmp_path: Path) -> None:
    async with fake_relay() as old, fake_relay() as new, posting(tmp_path, old) as post:
        await post.recipient(await post.submit(), "sent")
        (stored,) = await post.database.read(relays.all_)
        changed = relays.Relay(id=stored.id, name=stored.name, host=stored.host, port=new.port, security="starttls")
        await post.database.write(relays.update, changed)
        await post.recipient(await post.submit(), "sent")
        assert (len(old.messages), len(new.messages)) == (1, 1)
        await old.until(lambda: not old.open)


async def test_a_password_that_cannot_be_unsealed_puts_off_and_says_why(tmp_path: Path) -> None:
    async with fake_relay(users={"lin": "pass word"}) as relay, posting(tmp_path, relay) as post:
        (tmp_path / "post" / "relay.key").unlink()
        recipient = await post.recipient(await post.submit(), "deferred")
        assert "key file" in recipient.reason
        assert relay.connections == 0


async def test_large_mails_go_one_after_the_other(tmp_path: Path) -> None:
    async with fake_relay() as relay, posting(tmp_path, relay) as post:
        relay.stall("data")
        content = b"Subject: x\r\n\r\n" + b"0123456789\r\n" * 100_000
        for _ in range(3):
            await post.submit(content=content)
        await post.submit()
        await relay.reached("data", 2)
        await asyncio.sleep(0)
        assert len(relay.open) == 2


async def test_an_hour_without_the_relay_costs_nothing_but_time(tmp_path: Path) -> None:
    async with fake_relay() as relay, posting(tmp_path, relay) as post:
        await relay.down()
        items = [await post.submit() for _ in range(5)]
        for item_id in items:
            await post.recipient(item_id, "deferred", attempts=1)
        for attempt in (2, 3, 4):
            post.turn(HOUR / 3)
            for item_id in items:
                await post.recipient(item_id, "deferred", attempts=attempt)
        await relay.up()
        post.turn(HOUR)
        for item_id in items:
            recipient = await post.recipient(item_id, "sent")
            assert (recipient.attempts, recipient.doubled) == (5, False)
        assert len(relay.messages) == 5
