"""A server on a free loopback port, a receiver that remembers, and a client that speaks raw bytes."""

import asyncio
import socket
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
import uvloop

from mailapp.mail.content import Content, chunks
from mailapp.mail.envelope import Envelope
from mailapp.mail.errors import PermanentFailure
from mailapp.mail.transaction import Transaction
from mailapp.smtp.server import SmtpLimits, SmtpServer, SmtpSettings

TLS = Path(__file__).parent.parent / "data" / "tls"
PATIENCE = 20.0


@pytest.hookimpl(optionalhook=True)
def pytest_asyncio_loop_factories(config, item):
    """The product runs on uvloop where it installs, and on asyncio elsewhere."""
    return {"asyncio": asyncio.new_event_loop, "uvloop": uvloop.new_event_loop}


@dataclass
class Received:
    envelope: Envelope
    content: bytes
    kind: str


@dataclass
class Recorder:
    """A receiver: refuses unknown@, keeps everything else."""

    messages: list[Received] = field(default_factory=list)
    checked: list[str] = field(default_factory=list)
    started: asyncio.Event = field(default_factory=asyncio.Event)
    may_finish: asyncio.Event = field(default_factory=asyncio.Event)
    finished: asyncio.Event = field(default_factory=asyncio.Event)
    check_error: Exception | None = None
    deliver_error: Exception | None = None

    def __post_init__(self) -> None:
        self.may_finish.set()

    async def check_recipient(self, address: str) -> None:
        self.checked.append(address)
        if self.check_error:
            raise self.check_error
        if address.startswith("unknown"):
            raise PermanentFailure("No such address", code=550, status="5.1.1")

    async def deliver(self, envelope: Envelope, content: Content, *, transaction: Transaction) -> str:
        self.started.set()
        await self.may_finish.wait()
        if self.deliver_error:
            raise self.deliver_error
        self.messages.append(Received(envelope, b"".join(chunks(content)), type(content).__name__))
        self.finished.set()
        return f"id{len(self.messages)}"


class Log:
    watching = False

    def __init__(self) -> None:
        self.transactions: list[Transaction] = []
        self.progress: list[tuple[int, bool, bool]] = []
        self.events: list[tuple[Any, ...]] = []

    def accepted(self, envelope, size, reference):
        self.events.append(("accepted", envelope, size, reference))

    def refused(self, peer, reply, reverse_path, forward_path):
        self.events.append(("refused", peer, reply, reverse_path, forward_path))

    def closed(self, peer, reason):
        self.events.append(("closed", peer, reason))

    def progressed(self, transaction):
        self.progress.append((len(transaction.asked), bool(transaction.arrived), bool(transaction.reply)))

    def ended(self, transaction):
        self.transactions.append(transaction)


class Client:
    """One connection; every wait is bounded."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def send(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    async def reply(self) -> str:
        """The next reply, its lines joined by newlines; "" at the end of the connection."""
        lines = []
        async with asyncio.timeout(PATIENCE):
            while True:
                line = (await self.reader.readline()).decode()
                lines.append(line.rstrip("\r\n"))
                if line[3:4] != "-":
                    return "\n".join(lines)

    async def replies(self, count: int) -> list[str]:
        return [await self.reply() for _ in range(count)]

    async def command(self, line: str | bytes) -> str:
        data = line if isinstance(line, bytes) else line.encode()
        await self.send(data + b"\r\n")
        return await self.reply()

    async def greet(self, name: str = "client.example") -> str:
        assert (await self.reply()).startswith("220 ")
        return await self.command(f"EHLO {name}")

    async def begin(self, *recipients: str, sender: str = "a@b.example") -> None:
        """MAIL, RCPT, DATA: what follows is content."""
        assert (await self.command(f"MAIL FROM:<{sender}>")).startswith("250 ")
        for recipient in recipients or ("x@y.example",):
            assert (await self.command(f"RCPT TO:<{recipient}>")).startswith("250 ")
        assert (await self.command("DATA")).startswith("354 ")

    async def message(self, content: bytes = b"Subject: hi\r\n\r\nhello\r\n") -> str:
        await self.begin()
        await self.send(content + b".\r\n")
        return await self.reply()

    async def rest(self) -> bytes:
        """Everything up to the end of the connection."""
        async with asyncio.timeout(PATIENCE):
            try:
                return await self.reader.read()
            except OSError:
                return b""

    def reset(self) -> None:
        """End the connection with a RST: the server learns that nobody listens any more."""
        with suppress(OSError, AttributeError):
            linger = struct.pack("ii", 1, 0)
            self.writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self.writer.transport.abort()

    async def close(self) -> None:
        self.writer.close()
        try:
            await self.writer.wait_closed()
        except OSError:
            pass


class House:
    """A server with what belongs to it."""

    def __init__(self, settings: SmtpSettings, recorder: Recorder) -> None:
        self.recorder = recorder
        self.log = Log()
        self.server = SmtpServer(recorder, settings, self.log)
        self.settings = settings
        self.clients: list[Client] = []

    @property
    def port(self) -> int:
        return self.server.addresses[0][1]

    async def connect(self, source: str | None = None) -> Client:
        address, port = self.server.addresses[0]
        local = (source, 0) if source else None
        client = Client(*await asyncio.open_connection(address, port, local_addr=local))
        self.clients.append(client)
        return client

    async def client(self) -> Client:
        """Connected and greeted."""
        client = await self.connect()
        await client.greet()
        return client


StartHouse = Callable[..., Awaitable[House]]


@pytest.fixture
async def start(tmp_path: Path) -> AsyncIterator[StartHouse]:
    """start(limits=dict(...), **settings) gives a running House."""
    houses: list[House] = []

    async def run(limits: dict[str, Any] | None = None, tls: bool = False, **settings: Any) -> House:
        spool = tmp_path / "spool"
        spool.mkdir(exist_ok=True)
        plain = SmtpSettings([("127.0.0.1", 0)], "mx.example", spool, limits=SmtpLimits(**(limits or {})))
        if tls:
            plain = replace(plain, tls_cert=TLS / "cert.pem", tls_key=TLS / "key.pem")
        house = House(replace(plain, **settings), Recorder())
        await house.server.start()
        houses.append(house)
        return house

    yield run
    for house in houses:
        for client in house.clients:
            client.writer.transport.abort()
        house.recorder.may_finish.set()
        await house.server.stop(0.2)


@pytest.fixture
async def house(start: StartHouse) -> House:
    """A House with the product's limits."""
    return await start()


async def until(condition: Callable[[], Any]) -> None:
    """Let the loop run until the condition holds."""
    async with asyncio.timeout(PATIENCE):
        while not condition():
            await asyncio.sleep(0.001)


@pytest.fixture(name="until")
def until_fixture() -> Callable[[Callable[[], Any]], Awaitable[None]]:
    return until
