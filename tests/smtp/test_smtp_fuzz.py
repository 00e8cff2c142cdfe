"""Whatever bytes come, the server stays, answers in order, and never delivers what did not end."""

import asyncio
import random
from contextlib import suppress

import pytest

PIECES = [
    b"EHLO me\r\n", b"HELO x\r\n", b"MAIL FROM:<a@b>\r\n", b"MAIL FROM:<> SIZE=10\r\n", b"RCPT TO:<x@y>\r\n",
    b"RCPT TO:<unknown@y>\r\n", b"DATA\r\n", b".\r\n", b"\r\n.\r\n", b"..\r\n", b"text\r\n", b"\n", b"\r", b".",
    b"RSET\r\n", b"NOOP\r\n", b"QUIT\r\n", b"STARTTLS\r\n", b"\x16\x03\x01\x02\x00", b"\x00\xff", b"x" * 3000,
    b"y" * 70_000, b"MAIL FROM:" + b"(" * 1000 + b"\r\n", b"VRFY \xff\r\n", b"AUTH PLAIN =\r\n", b"HELP\r\n",
]  # fmt: skip


@pytest.mark.parametrize("tls", [False, True], ids=["plain", "tls"])
async def test_random_dialogues_do_no_harm(start, until, caplog, tls):
    house = await start(tls=tls, limits={"command_timeout": 5.0, "handshake_timeout": 0.5, "memory_total": 1 << 20})
    chance = random.Random(20261122)

    async def talk(pieces: list[bytes], how: str) -> None:
        client = await house.connect()
        reading = asyncio.create_task(client.rest())
        try:
            for piece in pieces:
                await client.send(piece)
                if chance.random() < 0.3:
                    await asyncio.sleep(0)
        except OSError:
            pass
        if how == "reset":
            client.reset()
        elif how == "half" and not client.writer.transport.is_closing():
            with suppress(OSError):
                client.writer.write_eof()
            await reading
        reading.cancel()
        await client.close()

    for _ in range(25):
        dialogues = [chance.choices(PIECES, k=chance.randint(1, 30)) for _ in range(20)]
        await asyncio.gather(*(talk(pieces, chance.choice(["reset", "half", "close"])) for pieces in dialogues))
    await until(lambda: house.server.connections == 0)
    await until(lambda: house.server.memory_used == 0)
    assert not [record for record in caplog.records if record.levelname in ("ERROR", "CRITICAL")]
    sane = await house.client()
    assert (await sane.message()).startswith("250 2.0.0 Ok: id")
