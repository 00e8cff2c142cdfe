"""A site over a real store: the client of Quart, and the same site on a real socket."""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from hypercorn.asyncio import serve
from hypercorn.config import Config as HypercornConfig
from quart import Quart
from quart.testing import QuartClient

from mailapp.api.openapi import document
from mailapp.config import Config, load
from mailapp.events import Bus, Stopping
from mailapp.flow.accounts import Accounts
from mailapp.flow.addressing import Addressing
from mailapp.flow.backing_up import Backups
from mailapp.flow.checking import Checking
from mailapp.flow.code_finding import CodeFinding
from mailapp.flow.code_using import CodeUsing
from mailapp.flow.delivery import Delivery
from mailapp.flow.drafting import Drafting
from mailapp.flow.erasing import Erasing
from mailapp.flow.filing import Filing
from mailapp.flow.import_jobs import Imports
from mailapp.flow.own_addressing import OwnAddressing
from mailapp.flow.queueing import Queueing
from mailapp.flow.receiving_log import ReceivingLog
from mailapp.flow.relaying import Relaying
from mailapp.flow.signing_in import SigningIn
from mailapp.flow.site_settings import Settings
from mailapp.flow.submission import Submission
from mailapp.flow.tallying import Tallying
from mailapp.flow.tokens import Tokens
from mailapp.flow.unsubscribing import Unsubscribing
from mailapp.flow.viewing import Viewing
from mailapp.mail.content import MemoryContent
from mailapp.mail.envelope import Envelope
from mailapp.seal import Seal
from mailapp.store import messages
from mailapp.store.arrivals import MessageIds
from mailapp.store.database import Database
from mailapp.transport.unsubscribe import Net
from mailapp.web.context import WebContext
from mailapp.web.parts import PartedSite
from mailapp.web.site import create_site
from tests.conftest import DOMAIN, PASSWORD, make_account
from tests.flow.checks import scripted

LIN = f"lin@{DOMAIN}"
ANN = f"ann@{DOMAIN}"
SAME_ORIGIN = {"Sec-Fetch-Site": "same-origin"}
FRAGMENT = {"HX-Request": "true", "HX-Request-Type": "partial"}


def letter(
    subject: str = "Hello", text: str = "A letter.", *, html: str = "", sender: str = "周婧 <zhou@sanlian.example>"
) -> EmailMessage:
    """A message to fill and deliver."""
    message = EmailMessage()
    message["From"] = sender
    message["To"] = LIN
    message["Subject"] = subject
    message.set_content(text)
    if html:
        message.add_alternative(html, subtype="html")
    return message


@dataclass
class Mail:
    """A site, two accounts, and a way to bring mail in."""

    site: PartedSite
    context: WebContext
    delivery: Delivery
    lin: int
    ann: int

    async def deliver(self, message: EmailMessage | bytes, to: str = LIN) -> int:
        """Deliver as SMTP would; the id of the newest copy."""
        content = message if isinstance(message, bytes) else message.as_bytes().replace(b"\n", b"\r\n")
        envelope = Envelope("zhou@sanlian.example", (to,), "203.0.113.9", "mx.sanlian.example")
        return int(await self.delivery.deliver(envelope, MemoryContent(content)), 16)

    async def row(self, message_id: int, account_id: int | None = None) -> messages.MessageRow | None:
        return await self.context.database.read(messages.row, account_id or self.lin, message_id)

    async def client(self, address: str = LIN, **headers: str) -> QuartClient:
        """A browser that is logged in."""
        client = self.site.test_client()
        response = await client.post("/login", form={"address": address, "password": PASSWORD}, headers=SAME_ORIGIN)
        assert response.status_code == 303
        return client


@pytest.fixture
def config(tmp_path: Path) -> Config:
    return load({"MAILAPP_DATA_DIR": str(tmp_path / "data"), "MAILAPP_HOSTNAME": "mail.yuanye.example"})


def context_of(
    database: Database,
    bus: Bus,
    config: Config,
    ids: MessageIds,
    net: Net | None = None,
    finding: CodeFinding | None = None,
    forget: Sequence[Callable[[], None]] = (),
    receiving: ReceivingLog | None = None,
) -> WebContext:
    """What app.py gives the pages; `net` is how lists are reached."""
    ways: dict[str, Any] = {
        "hostname": config.hostname,
        "spool_dir": config.spool_dir,
        "max_message_size": config.max_message_size,
    }
    config.spool_dir.mkdir(parents=True, exist_ok=True)
    drafting, submission = Drafting(database, bus, ids, **ways), Submission(database, bus, ids, **ways)
    signing_in, tokens = SigningIn(database, bus), Tokens(database, bus)
    return WebContext(
        config,
        database,
        bus,
        Filing(database, bus),
        signing_in,
        drafting,
        submission,
        Queueing(database, bus),
        Relaying(database, bus, Seal(config.key_file), config.hostname),
        Unsubscribing(database, drafting, submission, net=net),
        CodeUsing(database, bus, finding or CodeFinding(database)),
        tokens=tokens,
        api_document=document,
        viewing=Viewing(database, bus),
        accounts=Accounts(database, bus, Erasing(database, bus), (*forget, signing_in.forget, tokens.forget)),
        addressing=Addressing(database, lambda: [each() for each in forget] and None),
        tallying=Tallying(database),
        backups=Backups(database, config.data_dir),
        settings=Settings(database, config),
        imports=Imports(database, bus, config.spool_dir, config.max_message_size),
        receiving=receiving or ReceivingLog(database, bus, Delivery(database, bus, config.hostname, ids)),
        checking=Checking(database, scripted()),
        own_addressing=OwnAddressing(database, lambda: [each() for each in forget] and None),
    )


@pytest.fixture
async def mail(database: Database, bus: Bus, config: Config) -> AsyncIterator[Mail]:
    ids = MessageIds()
    delivery = Delivery(database, bus, config.hostname, ids)
    receiving = ReceivingLog(database, bus, delivery)
    forget = [delivery.forget_routes]
    context = context_of(database, bus, config, ids, finding=delivery.finding, forget=forget, receiving=receiving)
    lin = await make_account(database, LIN, admin=True, catch_all=True)
    ann = await make_account(database, ANN, name="Ann")
    yield Mail(create_site(context), context, delivery, lin, ann)
    delivery.close()


@dataclass
class Served:
    port: int
    stop: Callable[[], Awaitable[None]]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@asynccontextmanager
async def serving(site: Quart, bus: Bus) -> AsyncIterator[Served]:
    """A site on a real socket of the test's own loop."""
    listening = socket.create_server(("127.0.0.1", 0))
    listening.setblocking(False)
    port = int(listening.getsockname()[1])
    settings = HypercornConfig()
    settings.bind = [f"fd://{listening.detach()}"]
    settings.accesslog = settings.errorlog = None
    settings.graceful_timeout = 0.3
    stopping = asyncio.Event()
    task = asyncio.create_task(serve(site, settings, shutdown_trigger=stopping.wait))  # type: ignore[arg-type]

    async def stop() -> None:
        bus.publish(Stopping())
        stopping.set()
        await asyncio.wait_for(task, 15)

    yield Served(port, stop)
    if not task.done():
        await stop()


@pytest.fixture
async def served(mail: Mail) -> AsyncIterator[Served]:
    async with serving(mail.site, mail.context.bus) as served:
        yield served
