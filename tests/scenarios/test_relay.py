"""Sending over a real relay on loopback that behaves in every way relays misbehave."""

import asyncio
from pathlib import Path

import pytest

from mailapp.flow.relay_lanes import AHEAD
from mailapp.flow.relay_pool import CONNECTIONS
from mailapp.store.queue import Recipient
from tests.certificates import EXPIRED, UNTRUSTED, WRONG_NAME
from tests.flow.posting import HOUR, LETTER, PASSWORD, QUICK, SENDER, Post, posting
from tests.relays import Relay, fake_relay

USERS = {"lin": PASSWORD}


async def _comes_through(post: Post, relay: Relay, item_id: int) -> Recipient:
    """Once the relay behaves, the mail gets there, once."""
    relay.clear()
    taken = relay.count
    post.turn(HOUR)
    recipient = await post.recipient(item_id, "sent")
    assert relay.count == taken + 1
    return recipient


@pytest.mark.parametrize("tls", ["starttls", "implicit", "none"])
async def test_mail_reaches_the_relay_over_every_kind_of_connection(tmp_path: Path, tls: str) -> None:
    users = USERS if tls != "none" else {}
    async with fake_relay(tls=tls, users=users) as relay, posting(tmp_path, relay) as post:
        await post.recipient(await post.submit(), "sent")
        (message,) = relay.messages
        assert message.content == LETTER % 1
        assert message.encrypted == (tls != "none")
        assert PASSWORD.encode() not in relay.plain


@pytest.mark.parametrize("step", ["connect", "ehlo", "starttls", "auth", "mail", "rcpt", "data", "dot"])
@pytest.mark.parametrize("reply", ["421 4.3.2 Closing", "450 4.2.0 Not now"])
async def test_a_temporary_refusal_at_any_step_is_tried_again(tmp_path: Path, step: str, reply: str) -> None:
    async with fake_relay(users=USERS) as relay, posting(tmp_path, relay, timeouts=QUICK) as post:
        relay.answer(step, reply)
        item_id = await post.submit()
        recipient = await post.recipient(item_id, "deferred")
        assert (recipient.attempts, recipient.doubled) == (1, False)
        assert not (await _comes_through(post, relay, item_id)).doubled


@pytest.mark.parametrize("step", ["mail", "rcpt", "data", "dot"])
async def test_a_final_refusal_of_the_mail_fails_it_at_once(tmp_path: Path, step: str) -> None:
    async with fake_relay(users=USERS) as relay, posting(tmp_path, relay) as post:
        relay.answer(step, "550 5.7.1 Refused")
        recipient = await post.recipient(await post.submit(), "failed")
        assert (recipient.code, recipient.status, recipient.reason) == (550, "5.7.1", "Refused")
        assert len(await post.inbox()) == 1


@pytest.mark.parametrize("step", ["connect", "ehlo", "starttls", "auth"])
async def test_a_relay_that_refuses_us_fails_no_mail(tmp_path: Path, step: str) -> None:
    async with fake_relay(users=USERS) as relay, posting(tmp_path, relay, timeouts=QUICK) as post:
        relay.answer(step, "554 5.7.1 Go away")
        item_id = await post.submit()
        await post.recipient(item_id, "deferred")
        await _comes_through(post, relay, item_id)


@pytest.mark.parametrize("reply", ["421 4.3.2 Closing", "450 4.2.1 Full", "550 5.1.1 Nobody"])
async def test_one_of_three_recipients_is_refused(tmp_path: Path, reply: str) -> None:
    async with fake_relay(users=USERS) as relay, posting(tmp_path, relay) as post:
        relay.answer("rcpt", reply, address="b@bei.example", times=1, stay=True)
        item_id = await post.submit("a@bei.example", "b@bei.example", "c@bei.example")
        await post.until(item_id, lambda item: all(one.state != "pending" for one in item.recipients))
        post.turn(HOUR)
        item = await post.until(item_id, lambda item: item.state == "done")
        fates = {one.address[0]: one.state for one in item.recipients}
        assert fates == {"a": "sent", "b": "failed" if reply.startswith("5") else "sent", "c": "sent"}
        got = [recipient for message in relay.messages for recipient in message.recipients]
        assert sorted(got) == [f"{name}@bei.example" for name in "abc" if fates[name] == "sent"]


@pytest.mark.parametrize("what", ["stall", "drop"])
@pytest.mark.parametrize("step", ["connect", "ehlo", "starttls", "auth", "mail", "rcpt", "data"])
async def test_silence_or_a_cut_before_the_dot_is_tried_again_without_doubt(
    tmp_path: Path, step: str, what: str
) -> None:
    async with fake_relay(users=USERS) as relay, posting(tmp_path, relay, timeouts=QUICK) as post:
        getattr(relay, what)(step)
        item_id = await post.submit()
        recipient = await post.recipient(item_id, "deferred")
        assert (recipient.attempts, recipient.doubled, relay.count) == (1, False, 0)
        assert not (await _comes_through(post, relay, item_id)).doubled


async def test_a_cut_in_the_middle_of_a_large_mail_is_tried_again_without_doubt(tmp_path: Path) -> None:
    async with fake_relay(users=USERS) as relay, posting(tmp_path, relay) as post:
        relay.drop("content")
        item_id = await post.submit(content=LETTER % 1 + b"0123456789\r\n" * 1_000_000)
        recipient = await post.recipient(item_id, "deferred")
        assert (recipient.attempts, recipient.doubled, relay.count) == (1, False, 0)
        await _comes_through(post, relay, item_id)


@pytest.mark.parametrize("what", ["stall", "drop"])
async def test_silence_or_a_cut_after_the_dot_is_tried_again_and_marked(tmp_path: Path, what: str) -> None:
    async with fake_relay(users=USERS) as relay, posting(tmp_path, relay, timeouts=QUICK) as post:
        getattr(relay, what)("dot")
        item_id = await post.submit()
        assert (await post.recipient(item_id, "deferred")).doubled
        recipient = await _comes_through(post, relay, item_id)
        assert (recipient.doubled, recipient.in_doubt) == (True, False)
        assert relay.count == 2


async def test_without_tls_no_password_leaves_and_the_mail_waits(tmp_path: Path) -> None:
    async with fake_relay(users=USERS, without=["STARTTLS"]) as relay, posting(tmp_path, relay) as post:
        recipient = await post.recipient(await post.submit(), "deferred")
        assert recipient.reason
        assert PASSWORD.encode() not in relay.plain
        assert b"AUTH" not in relay.plain
        assert relay.count == 0


@pytest.mark.parametrize("certificate", [WRONG_NAME, UNTRUSTED, EXPIRED])
@pytest.mark.parametrize("tls", ["starttls", "implicit"])
async def test_a_certificate_that_is_wrong_gets_no_password_and_no_mail(
    tmp_path: Path, certificate: str, tls: str
) -> None:
    async with fake_relay(tls=tls, users=USERS, certificate=certificate) as relay:
        async with posting(tmp_path, relay, start=False) as post:
            if certificate != UNTRUSTED:
                post.tls = relay.trust
            await post.start()
            recipient = await post.recipient(await post.submit(), "deferred")
        assert "certificate" in recipient.reason.lower()
        assert "auth" not in relay.steps
        assert relay.count == 0


async def test_a_wrong_password_fails_no_mail_and_is_shown_nowhere(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async with fake_relay(users={"lin": "another"}) as relay, posting(tmp_path, relay) as post:
        item_id = await post.submit()
        recipient = await post.recipient(item_id, "deferred")
        assert recipient.code == 535
        assert PASSWORD not in recipient.reason
        relay.users = USERS
        await _comes_through(post, relay, item_id)
    assert PASSWORD not in "".join(capsys.readouterr())


async def test_a_stalled_relay_with_a_thousand_mails_behind_it_holds_up_no_other(tmp_path: Path) -> None:
    async with fake_relay() as slow, fake_relay() as quick, posting(tmp_path, start=False) as post:
        await post.use(slow, sender_domains=("yuanye.example",))
        await post.use(quick, sender_domains=("hehuan.example",))
        slow.stall("mail")
        await asyncio.gather(*(post.submit() for _ in range(1_100)))
        await post.start()
        await slow.reached("mail", CONNECTIONS)
        other = await post.submit(reverse_path="yuan@hehuan.example")
        assert (await post.recipient(other, "sent")).relay == f"relay {quick.port}"
        here = await post.submit(SENDER)
        assert (await post.recipient(here, "delivered")).relay == "local"
        assert (slow.count, quick.count) == (0, 1)


async def test_mail_behind_a_relay_that_goes_on_is_all_sent_in_the_end(tmp_path: Path) -> None:
    async with fake_relay() as relay, posting(tmp_path, relay, start=False) as post:
        await asyncio.gather(*(post.submit() for _ in range(AHEAD + 30)))
        await post.start()
        await relay.received(AHEAD + 30)
        assert len({message.content for message in relay.messages}) == AHEAD + 30


async def test_a_relay_that_is_down_for_an_hour_gets_everything_when_it_is_back(tmp_path: Path) -> None:
    async with fake_relay(users=USERS) as relay, posting(tmp_path, relay) as post:
        await relay.down()
        items = [await post.submit() for _ in range(10)]
        for minute in range(60):
            post.turn(60)
            if minute % 20 == 0:
                items.append(await post.submit())
        for item_id in items:
            await post.recipient(item_id, "deferred")
        await relay.up()
        post.turn(HOUR)
        for item_id in items:
            assert not (await post.recipient(item_id, "sent")).doubled
        sent = sorted(message.content for message in relay.messages)
        assert sent == sorted(LETTER % (number + 1) for number in range(len(items)))
