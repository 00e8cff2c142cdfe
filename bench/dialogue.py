"""An SMTP client that tells what it was answered and when: for latencies, kills and proofs, not for load."""

import asyncio
import time
from dataclasses import dataclass


class Refused(Exception):
    """The server answered something else than expected; the text is its whole reply."""


@dataclass(frozen=True, slots=True)
class Sent:
    """One message handed over. Times are time.perf_counter() seconds, `wall` is time.time()."""

    reply: str
    dot_at: float
    replied_at: float
    wall: float

    @property
    def accepted(self) -> bool:
        return self.reply.startswith("250")


class Dialogue:
    """One connection. `in_doubt` is True from the writing of the final dot to its reply."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer
        self.in_doubt = False

    @classmethod
    async def connect(cls, port: int, host: str = "127.0.0.1") -> "Dialogue":
        """Connect and say EHLO. Raises OSError, Refused."""
        reader, writer = await asyncio.open_connection(host, port)
        self = cls(reader, writer)
        await self.reply(b"220")
        await self.say("EHLO client.bench.example", b"250")
        return self

    @property
    def local_port(self) -> int:
        port: int = self.writer.get_extra_info("sockname")[1]
        return port

    async def reply(self, expected: bytes) -> str:
        """Read one reply, all its lines. Raises Refused, ConnectionError at the end of the stream."""
        lines = []
        while True:
            line = await self.reader.readline()
            if not line.endswith(b"\n"):
                raise ConnectionResetError("closed by the server")
            lines.append(line.decode("utf-8", "replace").rstrip())
            if line[3:4] != b"-":
                break
        text = "\n".join(lines)
        if not line.startswith(expected):
            raise Refused(text)
        return text

    async def say(self, line: str, expected: bytes = b"250") -> str:
        self.writer.write(line.encode() + b"\r\n")
        return await self.reply(expected)

    async def send(self, content: bytes, recipients: list[str], sender: str = "bench@sender.example") -> Sent:
        """Hand over content that ends with CRLF and holds no line beginning with a dot.

        Raises Refused when a command is refused; a refused message is returned.
        """
        await self.say(f"MAIL FROM:<{sender}>")
        for each in recipients:
            await self.say(f"RCPT TO:<{each}>")
        await self.say("DATA", b"354")
        self.in_doubt = True
        dot_at = time.perf_counter()
        self.writer.write(content + b".\r\n")
        text = await self.reply(b"")
        sent = Sent(text, dot_at, time.perf_counter(), time.time())
        self.in_doubt = False
        return sent

    async def noop(self) -> float:
        """Seconds one NOOP takes."""
        started = time.perf_counter()
        await self.say("NOOP")
        return time.perf_counter() - started

    async def close(self) -> None:
        self.writer.close()
        try:
            await self.writer.wait_closed()
        except OSError:
            pass
