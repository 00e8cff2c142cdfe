"""A conversation that breaks: what is certain then, and that half a message never gets an end."""

import asyncio
from collections.abc import Sequence

import pytest

from mailapp.mail.content import MemoryContent
from mailapp.transport.smtp_client import Reply, Session
from tests.relays import Relay
from tests.transport.conftest import ANN, BO, LETTER, SENDER, Dots, broken, codes, sent


async def test_421_to_mail_is_about_the_connection(relay: Relay, session: Session) -> None:
    relay.answer("mail", "421 4.3.2 Shutting down")

    error = await broken(session)

    assert (error.step, error.kind) == ("mail", "rejected")
    assert error.reply == Reply(421, "4.3.2", "Shutting down")
    assert error.permanent is False


@pytest.mark.parametrize("step", ["data", "dot"])
async def test_421_to_the_content_defers_everybody_and_ends_the_session(
    relay: Relay, session: Session, step: str
) -> None:
    relay.answer(step, "421 4.3.2 Shutting down")

    assert codes(await sent(session, ANN, BO)) == [421, 421]
    assert not session.alive


@pytest.mark.parametrize(("how", "kind"), [("stall", "timeout"), ("drop", "dropped")])
@pytest.mark.parametrize("step", ["mail", "rcpt", "data", "content"])
async def test_what_breaks_before_the_dot_was_surely_not_sent(
    relay: Relay, session: Session, step: str, how: str, kind: str
) -> None:
    getattr(relay, how)(step)
    dots = Dots()
    content = LETTER + b"a line of a long letter\r\n" * 400_000 if step == "content" else LETTER

    error = await broken(session, dots, content)

    assert (error.step, error.kind) == ("data" if step == "content" else step, kind)
    assert error.reply is None
    assert dots.count == 0
    assert relay.count == 0


@pytest.mark.parametrize(("how", "kind"), [("stall", "timeout"), ("drop", "dropped")])
async def test_what_breaks_after_the_dot_is_in_doubt(relay: Relay, session: Session, how: str, kind: str) -> None:
    relay.answer("rcpt", "550 5.1.1 No such user", address=BO)
    getattr(relay, how)("dot")
    dots = Dots()

    error = await broken(session, dots)

    assert (error.step, error.kind, error.reply) == ("dot", kind, None)
    assert codes(error.results) == [0, 550, 0]
    assert dots.count == 1
    assert relay.count == 1  # the relay has it


async def test_a_relay_that_refuses_in_the_middle_of_a_long_letter_is_heard(relay: Relay, session: Session) -> None:
    relay.answer("content", "552 5.3.4 Too much")
    dots = Dots()

    replies = await sent(session, ANN, BO, content=LETTER + b"a line of a long letter\r\n" * 400_000, dots=dots)

    assert codes(replies) == [552, 552]
    assert not session.alive
    assert relay.count == 0


async def test_when_the_doubt_cannot_be_noted_the_dot_does_not_go_out(relay: Relay, session: Session) -> None:
    async def fails(_: Sequence[int]) -> None:
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        await session.send(SENDER, [ANN], MemoryContent(LETTER), utf8=False, before_dot=fails)

    assert not session.alive
    await relay.until(lambda: not relay.open)
    assert relay.count == 0


async def test_content_that_ends_early_never_gets_an_end(relay: Relay, session: Session) -> None:
    class Short(MemoryContent):
        @property
        def size(self) -> int:
            return len(self.data) + 10

    dots = Dots()
    with pytest.raises(EOFError):
        await session.send(SENDER, [ANN], Short(LETTER), utf8=False, before_dot=dots)

    assert dots.count == 0
    await relay.until(lambda: not relay.open)
    assert relay.count == 0


@pytest.mark.parametrize("step", ["mail", "data", "dot"])
async def test_a_cancelled_send_cuts_the_connection(relay: Relay, session: Session, step: str) -> None:
    relay.stall(step)
    sending = asyncio.create_task(sent(session, ANN))
    await relay.reached(step)
    sending.cancel()
    with pytest.raises(asyncio.CancelledError):
        await sending

    assert not session.alive
    await relay.until(lambda: not relay.open)


async def test_a_session_the_relay_left_while_idle_is_not_alive(relay: Relay, session: Session) -> None:
    await relay.down()
    async with asyncio.timeout(10):
        while session.alive:
            await asyncio.sleep(0)

    error = await broken(session)

    assert (error.step, error.kind) == ("mail", "dropped")
