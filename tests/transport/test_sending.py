"""A message over a session: what each recipient is told."""

import pytest

from mailapp.mail.content import MemoryContent
from mailapp.transport.smtp_client import RelayError, Session
from tests.relays import Relay, fake_relay
from tests.transport.conftest import ANN, BO, CY, LETTER, SENDER, Dots, broken, codes, opened, sent


async def test_a_letter_arrives_as_it_is(relay: Relay, session: Session) -> None:
    dots = Dots()
    content = b"Subject: dots\r\n\r\n.\r\n..two\r\n.\r\nend"

    replies = await sent(session, ANN, BO, content=content, dots=dots)

    assert codes(replies) == [250, 250]
    assert replies[0].text == "OK queued as 1"
    assert dots.count == 1
    (message,) = relay.messages
    assert message.reverse_path == SENDER
    assert message.recipients == (ANN, BO)
    assert message.content == content + b"\r\n"
    assert message.options == (f"SIZE={len(content)}", "BODY=8BITMIME")


async def test_one_connection_carries_many_letters(relay: Relay, session: Session) -> None:
    before = session.idle_since
    for _ in range(5):
        assert codes(await sent(session)) == [250]

    assert session.alive
    assert session.idle_since > before
    assert relay.connections == 1
    assert relay.count == 5


async def test_a_null_reverse_path_is_sent_as_one(relay: Relay, session: Session) -> None:
    await session.send("", [ANN], MemoryContent(LETTER), utf8=False, before_dot=Dots())

    assert relay.messages[0].reverse_path == ""


@pytest.mark.parametrize("reply", ["450 4.2.1 Busy", "550 5.1.1 No such user", "452 4.2.2 Full"])
async def test_one_of_three_refused_the_others_get_it(relay: Relay, session: Session, reply: str) -> None:
    relay.answer("rcpt", reply, address=BO)

    dots = Dots()

    replies = await sent(session, ANN, BO, CY, dots=dots)

    assert codes(replies) == [250, int(reply[:3]), 250]
    assert dots.places == [0, 2], "the message is for the others alone"
    assert str(replies[1]) == reply
    assert relay.messages[0].recipients == (ANN, CY)
    assert session.alive


async def test_421_for_one_of_three_and_the_relay_hangs_up(relay: Relay, session: Session) -> None:
    relay.answer("rcpt", "421 4.7.0 Enough for today", address=BO)
    dots = Dots()

    error = await broken(session, dots)

    assert error.kind == "dropped"
    assert error.step in ("rcpt", "data")
    assert codes(error.results) == [0, 421, 0]
    assert dots.count == 0
    assert relay.count == 0


async def test_421_for_one_of_three_from_a_relay_that_stays_ends_after_this_letter(
    relay: Relay, session: Session
) -> None:
    relay.answer("rcpt", "421 4.7.0 Slowly", address=BO, stay=True)

    assert codes(await sent(session, ANN, BO, CY)) == [250, 421, 250]
    assert not session.alive
    with pytest.raises(RelayError):
        await sent(session)


@pytest.mark.parametrize("reply", ["450 4.2.1 Busy", "550 5.1.1 No such user"])
async def test_everybody_refused_no_content_goes_out_and_the_session_lives_on(
    relay: Relay, session: Session, reply: str
) -> None:
    relay.answer("rcpt", reply, times=3)
    dots = Dots()

    assert codes(await sent(session, ANN, BO, CY, dots=dots)) == [int(reply[:3])] * 3
    assert dots.count == 0
    assert codes(await sent(session)) == [250]
    assert relay.count == 1


async def test_354_with_nobody_accepted_is_ended_with_a_lone_dot_and_counts_for_nothing() -> None:
    async with fake_relay(tls="none", eager=True) as relay:
        relay.answer("rcpt", "550 5.1.1 No such user", times=2)
        session = await opened(relay)
        dots = Dots()

        assert codes(await sent(session, ANN, BO, dots=dots)) == [550, 550]
        assert dots.count == 0
        assert relay.messages[0].content == b""
        assert LETTER[:20] not in relay.plain
        assert codes(await sent(session)) == [250]
        await session.close()


@pytest.mark.parametrize("reply", ["451 4.3.0 Later", "550 5.7.1 The From address is not verified"])
@pytest.mark.parametrize("step", ["mail", "data", "dot"])
async def test_a_refusal_of_the_whole_letter_counts_for_everybody(
    relay: Relay, session: Session, step: str, reply: str
) -> None:
    relay.answer(step, reply, times=1)
    dots = Dots()

    replies = await sent(session, ANN, BO, dots=dots)

    assert [str(one) for one in replies] == [reply, reply]
    assert dots.count == (1 if step == "dot" else 0)
    assert session.alive
    assert codes(await sent(session)) == [250]
    assert relay.count == 1


@pytest.mark.parametrize("step", ["data", "dot"])
async def test_who_was_refused_before_keeps_the_own_reply(relay: Relay, session: Session, step: str) -> None:
    relay.answer("rcpt", "550 5.1.1 No such user", address=BO)
    relay.answer(step, "451 4.3.0 Later")

    assert codes(await sent(session, ANN, BO, CY)) == [451, 550, 451]


async def test_smtputf8_goes_out_where_the_relay_has_it(relay: Relay, session: Session) -> None:
    replies = await session.send(
        "林@yuanye.example", ["周@远野.example"], MemoryContent(LETTER), utf8=True, before_dot=Dots()
    )

    assert codes(replies) == [250]
    (message,) = relay.messages
    assert message.reverse_path == "林@yuanye.example"
    assert message.recipients == ("周@远野.example",)
    assert "SMTPUTF8" in message.options


async def test_smtputf8_missing_is_permanent_and_nothing_is_sent() -> None:
    async with fake_relay(tls="none", without=["SMTPUTF8"]) as relay:
        session = await opened(relay)
        with pytest.raises(RelayError) as caught:
            await sent(session, "周@far.example", utf8=True)

        assert caught.value.permanent
        assert caught.value.reply is not None
        assert (caught.value.reply.code, caught.value.reply.status) == (553, "5.6.7")
        assert "mail" not in {step.split()[0] for step in relay.steps}
        assert codes(await sent(session)) == [250]
        await session.close()


async def test_an_internationalized_domain_goes_out_in_a_labels_without_smtputf8(
    relay: Relay, session: Session
) -> None:
    assert codes(await sent(session, "Bo.Li@Bücher.example", "周@far.example")) == [250, 553]
    assert relay.messages[0].recipients == ("Bo.Li@xn--bcher-kva.example",)


@pytest.mark.parametrize(
    "address", ["a@b>\r\nRCPT TO:<c@d.example", "a b@c.example", "a@b\x00", "<a@b>", "\udcff@b", ""]
)
async def test_an_address_that_cannot_be_sent_concerns_nobody_else(
    relay: Relay, session: Session, address: str
) -> None:
    replies = await sent(session, ANN, address, CY)

    assert codes(replies) == [250, 553, 250]
    assert replies[1].status == "5.1.3"
    assert relay.messages[0].recipients == (ANN, CY)


async def test_only_addresses_that_cannot_be_sent_and_nothing_is_said(relay: Relay, session: Session) -> None:
    assert codes(await sent(session, "a b@c.example")) == [553]
    assert "mail" not in {step.split()[0] for step in relay.steps}


async def test_a_sender_that_cannot_be_sent_is_permanent(session: Session) -> None:
    with pytest.raises(RelayError) as caught:
        await session.send("a\r\nb@c.example", [ANN], MemoryContent(LETTER), utf8=False, before_dot=Dots())

    assert caught.value.permanent
    assert session.alive


async def test_a_letter_over_the_relays_limit_is_permanent_and_nothing_is_sent() -> None:
    async with fake_relay(tls="none", size_limit=1000) as relay:
        session = await opened(relay)
        with pytest.raises(RelayError) as caught:
            await sent(session, content=b"x" * 1001)

        assert caught.value.permanent
        assert caught.value.kind == "too_large"
        assert caught.value.reply is not None
        assert (caught.value.reply.code, caught.value.reply.status) == (552, "5.3.4")
        assert codes(await sent(session, content=LETTER)) == [250]
        await session.close()


async def test_552_too_many_recipients_is_temporary(relay: Relay, session: Session) -> None:
    relay.answer("rcpt", "552 5.5.3 Too many recipients", address=CY)

    assert codes(await sent(session, ANN, CY)) == [250, 452]


async def test_close_takes_leave_and_is_bounded(relay: Relay) -> None:
    session = await opened(relay)
    await session.close()
    await session.close()

    assert not session.alive
    assert b"QUIT\r\n" in relay.plain
    await relay.until(lambda: not relay.open)
