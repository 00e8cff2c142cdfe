"""Whatever ends the process, nothing is lost, and nothing is sent twice but what was marked in doubt."""

import asyncio
import time
from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path
from typing import Any

import pytest

from mailapp import maillog
from mailapp.flow.relay_ledger import Ledger
from mailapp.transport.smtp_client import Session
from tests.flow.posting import HOUR, LETTER, QUICK, posting
from tests.relays import fake_relay


@pytest.mark.parametrize("step", ["connect", "ehlo", "mail", "rcpt", "data"])
async def test_a_crash_before_the_dot_leaves_no_doubt_and_the_mail_is_sent_once(tmp_path: Path, step: str) -> None:
    async with fake_relay() as relay, posting(tmp_path, relay) as post:
        relay.stall(step)
        item_id = await post.submit()
        await relay.reached(step)
        await post.crash()
        relay.clear()
        await post.start()
        assert not (await post.recipient(item_id, "sent")).doubled
        assert [message.content for message in relay.messages] == [LETTER % 1]


async def test_the_dot_waits_for_the_mark_to_be_on_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with fake_relay() as relay, posting(tmp_path, relay) as post:
        marking, going_on = asyncio.Event(), asyncio.Event()
        mark = Ledger.mark

        async def slow(ledger: Ledger, ids: Sequence[int]) -> None:
            marking.set()
            await going_on.wait()
            await mark(ledger, ids)

        monkeypatch.setattr(Ledger, "mark", slow)
        item_id = await post.submit()
        await marking.wait()
        await relay.reached("data")
        assert relay.count == 0
        await post.crash()
        going_on.set()
        await post.start()
        assert not (await post.recipient(item_id, "sent")).doubled
        assert relay.count == 1


async def test_a_crash_after_the_dot_is_told_as_possibly_sent_twice(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    maillog.configure("text")
    try:
        async with fake_relay() as relay, posting(tmp_path, relay) as post:
            relay.stall("dot", times=1)
            item_id = await post.submit()
            await relay.reached("dot")
            (before,) = (await post.item(item_id)).recipients
            assert before.in_doubt
            await post.crash()
            await post.start()
            recipient = await post.recipient(item_id, "sent")
            assert recipient.doubled
            assert not recipient.in_doubt
            assert len(relay.messages) == 2
    finally:
        maillog._Out.stream = None
    assert f"possibly sent twice item={item_id} recipient=zhou@bei.example" in capsys.readouterr().err


@pytest.mark.parametrize("refusal", ["450 4.2.1 Full", "550 5.1.1 Nobody"])
async def test_a_crash_after_the_dot_leaves_no_doubt_about_who_was_refused_before_it(
    tmp_path: Path, refusal: str
) -> None:
    async with fake_relay() as relay, posting(tmp_path, relay) as post:
        relay.answer("rcpt", refusal, address="b@bei.example", times=1)
        relay.stall("dot", times=1)
        item_id = await post.submit("a@bei.example", "b@bei.example", "c@bei.example")
        await relay.reached("dot")
        marks = {one.address[0]: one.in_doubt for one in (await post.item(item_id)).recipients}
        assert marks == {"a": True, "b": False, "c": True}
        await post.crash()
        await post.start()
        item = await post.until(item_id, lambda item: item.state == "done")
        assert {one.address[0]: one.doubled for one in item.recipients} == {"a": True, "b": False, "c": True}
        got = [recipient[0] for message in relay.messages for recipient in message.recipients]
        assert sorted(got) == ["a", "a", "b", "c", "c"]


async def test_a_connection_lost_between_the_mark_and_the_dot_leaves_no_doubt(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with fake_relay() as relay, posting(tmp_path, relay) as post:
        mark, sending = Ledger.mark, list[Session]()
        monkeypatch.setattr(Session, "_content", _seen(Session._content, sending))

        async def then_cut(ledger: Ledger, ids: Sequence[int]) -> None:
            await mark(ledger, ids)
            for session in tuple(relay.open):
                session.cut()
            while sending[0].alive:
                await asyncio.sleep(0)

        monkeypatch.setattr(Ledger, "mark", then_cut)
        recipient = await post.recipient(await post.submit(), "deferred")
        assert (recipient.doubled, recipient.in_doubt, relay.count) == (False, False, 0)


async def test_a_relay_that_never_answers_the_dot_leaves_doubt_and_the_mail_is_tried_again(tmp_path: Path) -> None:
    async with fake_relay() as relay, posting(tmp_path, relay) as post:
        relay.drop("dot", times=1)
        item_id = await post.submit("a@bei.example", "b@bei.example")
        relay.answer("rcpt", "550 5.1.1 Nobody", address="b@bei.example")
        item = await post.until(item_id, lambda item: any(one.state == "deferred" for one in item.recipients))
        states = {one.address[0]: (one.state, one.doubled) for one in item.recipients}
        assert states == {"a": ("deferred", True), "b": ("failed", False)}
        post.turn(HOUR)
        await post.until(item_id, lambda item: item.state == "done")


async def test_what_was_claimed_ahead_is_sent_after_a_crash(tmp_path: Path) -> None:
    async with fake_relay() as relay, posting(tmp_path, relay) as post:
        relay.stall("mail")
        items = [await post.submit() for _ in range(20)]
        await relay.reached("mail", 4)
        await post.crash()
        relay.clear()
        await post.start()
        for item_id in items:
            assert not (await post.recipient(item_id, "sent")).doubled
        assert sorted(message.content for message in relay.messages) == sorted(LETTER % n for n in range(1, 21))


def _seen(
    method: Callable[..., Coroutine[Any, Any, None]], whose: list[Session]
) -> Callable[..., Coroutine[Any, Any, None]]:
    """The method, and whoever it is called of in a list."""

    async def call(session: Session, *rest: Any) -> None:
        whose.append(session)
        await method(session, *rest)

    return call


async def test_stopping_takes_less_than_a_second_and_loses_nothing(tmp_path: Path) -> None:
    async with fake_relay() as relay, posting(tmp_path, relay) as post:
        relay.stall("dot", times=2)
        items = [await post.submit() for _ in range(10)]
        await relay.reached("dot", 2)
        began = time.monotonic()
        await post.stop()
        assert time.monotonic() - began < 1.5
        assert post.loop is not None
        assert not post.loop.alive
        await post.start()
        for item_id in items:
            await post.recipient(item_id, "sent")


async def test_what_is_being_sent_when_it_stops_may_end(tmp_path: Path) -> None:
    async with fake_relay() as relay, posting(tmp_path, relay) as post:
        relay.stall("connect", times=0)
        item_id = await post.submit()
        await relay.reached("mail")
        await post.stop()
        (recipient,) = (await post.item(item_id)).recipients
        assert (recipient.state, recipient.doubled) == ("sent", False)


async def test_the_loop_is_alive_while_it_runs(tmp_path: Path) -> None:
    async with posting(tmp_path, start=False, timeouts=QUICK) as post:
        await post.start()
        await asyncio.sleep(0)
        assert post.loop is not None
        assert post.loop.alive
        await post.stop()
        assert not post.loop.alive
