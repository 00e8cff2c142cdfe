"""Replies as relays really send them: torn, many at once, endless, or not SMTP at all."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest

from mailapp.transport.smtp_client import RelayError, RelayTarget, Reply, Session, Timeouts, connect
from mailapp.transport.target import make_reply
from tests.transport.conftest import LETTER, QUICK, Dots, sent

HELLO = b"250-relay.example\r\n250-PIPELINING\r\n250 8BITMIME\r\n"


class Peer:
    """The relay's end of one connection, byte by byte."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def until(self, end: bytes) -> bytes:
        return await self.reader.readuntil(end)

    async def say(self, *pieces: bytes) -> None:
        """Write pieces, each in its own turn of the loop."""
        for piece in pieces:
            self.writer.write(piece)
            await self.writer.drain()
            await asyncio.sleep(0)


@asynccontextmanager
async def talking(
    script: Callable[[Peer], Awaitable[None]], timeouts: Timeouts | None = None
) -> AsyncIterator[Session]:
    """A session with a relay that greets, and then follows the script after the first envelope (MAIL RCPT DATA)."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        peer = Peer(reader, writer)
        try:
            await peer.say(b"220 relay.example\r\n")
            await peer.until(b"\r\n")
            await peer.say(HELLO)
            await script(peer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    target = RelayTarget("raw", "127.0.0.1", server.sockets[0].getsockname()[1], "none")
    session = await connect(target, hostname="mx.example", timeouts=timeouts)
    try:
        yield session
    finally:
        session.abort()
        server.close()
        await server.wait_closed()


async def test_the_envelope_goes_out_in_one_go_and_the_content_after_354_only() -> None:
    seen: list[bytes] = []

    async def script(peer: Peer) -> None:
        seen.append(await peer.until(b"DATA\r\n"))
        await peer.say(b"250 a\r\n250 b\r\n250 c\r\n")
        assert not peer.reader._buffer  # type: ignore[attr-defined]
        await peer.say(b"354 go\r\n")
        seen.append(await peer.until(b"\r\n.\r\n"))
        await peer.say(b"250 done\r\n")
        await peer.until(b"never")

    async with talking(script) as session:
        assert [reply.text for reply in await sent(session, "a@b.example", "c@d.example")] == ["done", "done"]

    assert seen[0].count(b"\r\n") == 4
    assert seen[1] == LETTER + b".\r\n"


async def test_replies_torn_into_bytes_are_put_together() -> None:
    async def script(peer: Peer) -> None:
        await peer.until(b"DATA\r\n")
        answers = b"250-2.1.0 one\r\n250 2.1.0 two\r\n550-5.1.1 No\r\n550 5.1.1 such user\r\n250 ok\r\n354 go\r\n"
        await peer.say(*(answers[at : at + 1] for at in range(len(answers))))
        await peer.until(b"\r\n.\r\n")
        await peer.say(b"250 2.6", b".0 taken\r", b"\n")
        await peer.until(b"never")

    async with talking(script) as session:
        replies = await sent(session, "a@b.example", "c@d.example")

    assert replies == [Reply(550, "5.1.1", "No such user"), Reply(250, "2.6.0", "taken")]


@pytest.mark.parametrize("noise", [b"what?\r\n", b"\r\n", b"2x0 hm\r\n", b"999 hm\r\n", b"100 hm\r\n", b"25\r\n"])
async def test_what_is_not_smtp_ends_the_session(noise: bytes) -> None:
    async def script(peer: Peer) -> None:
        await peer.until(b"DATA\r\n")
        await peer.say(noise)
        await peer.until(b"never")

    async with talking(script) as session:
        with pytest.raises(RelayError) as caught:
            await sent(session)

        assert (caught.value.step, caught.value.kind) == ("mail", "nonsense")
        assert not session.alive


@pytest.mark.parametrize("noise", [b"250-and so on\r\n" * 4000, b"x" * 40_000])
async def test_an_endless_reply_ends_the_session(noise: bytes) -> None:
    async def script(peer: Peer) -> None:
        await peer.until(b"DATA\r\n")
        await peer.say(noise)
        await peer.until(b"never")

    async with talking(script) as session:
        with pytest.raises(RelayError) as caught:
            await sent(session)

        assert caught.value.kind == "nonsense"


async def test_bytes_that_trickle_in_do_not_prolong_a_step() -> None:
    async def script(peer: Peer) -> None:
        await peer.until(b"DATA\r\n")
        while True:
            await peer.say(b"2")
            await asyncio.sleep(0.05)

    async with talking(script, QUICK) as session, asyncio.timeout(10):
        with pytest.raises(RelayError) as caught:
            await sent(session)

        assert caught.value.kind in ("timeout", "nonsense")


@pytest.mark.parametrize(
    ("answers", "step"),
    [
        (b"354 go\r\n", "mail"),
        (b"250 ok\r\n354 go\r\n", "rcpt"),
        (b"250 ok\r\n250 ok\r\n250 done\r\n", "data"),
    ],
)
async def test_a_good_answer_to_the_wrong_question_counts_for_nothing(answers: bytes, step: str) -> None:
    async def script(peer: Peer) -> None:
        await peer.until(b"DATA\r\n")
        await peer.say(answers)
        await peer.until(b"never")

    dots = Dots()
    async with talking(script) as session:
        with pytest.raises(RelayError) as caught:
            await sent(session, dots=dots)

        assert (caught.value.step, caught.value.kind) == (step, "nonsense")
        assert dots.count == 0


async def test_a_good_answer_before_the_end_counts_for_nothing() -> None:
    async def script(peer: Peer) -> None:
        await peer.until(b"DATA\r\n")
        await peer.say(b"250 ok\r\n250 ok\r\n354 go\r\n250 done\r\n")
        await peer.until(b"never")

    dots = Dots()
    async with talking(script) as session:
        with pytest.raises(RelayError) as caught:
            await sent(session, content=b"a line of a long letter\r\n" * 400_000, dots=dots)

        assert (caught.value.step, caught.value.kind) == ("data", "nonsense")
    assert dots.count == 0


async def test_a_word_nobody_asked_for_ends_the_session_and_is_told() -> None:
    tired = asyncio.Event()

    async def script(peer: Peer) -> None:
        await tired.wait()
        await peer.say(b"421 4.4.2 Idle for too long\r\n")

    async with talking(script) as session, asyncio.timeout(10):
        tired.set()
        while session.alive:
            await asyncio.sleep(0)
        with pytest.raises(RelayError) as caught:
            await sent(session)

        assert caught.value.reply == Reply(421, "4.4.2", "Idle for too long")


async def test_answers_that_are_all_there_stand_though_the_relay_hangs_up_while_tidying() -> None:
    async def script(peer: Peer) -> None:
        await peer.until(b"DATA\r\n")
        await peer.say(b"250 ok\r\n550 5.1.1 no\r\n503 no\r\n")
        await peer.until(b"RSET\r\n")

    async with talking(script) as session:
        assert await sent(session) == [Reply(550, "5.1.1", "no")]
        assert not session.alive


def test_a_reply_is_one_line_without_control_characters_and_bounded() -> None:
    reply = make_reply(550, ["5.7.1 Blocked\x1b[31m", "5.7.1 see\thttps://x.example/" + "y" * 900])

    assert reply.status == "5.7.1"
    assert reply.text.startswith("Blocked [31m see https://x.example/yyy")
    assert len(reply.text) == 500
    assert make_reply(451, ["Later"]).status == "4.0.0"
    assert make_reply(250, ["2.0 is not a status"]) == Reply(250, "2.0.0", "2.0 is not a status")
