"""Wires everything: config -> store -> bus -> flow -> entrances. The only module that imports all."""

import asyncio
import gc
import signal
import ssl
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from importlib import import_module
from typing import cast

from hypercorn.asyncio import serve as serve_http
from quart import Quart

from mailapp import heap, maillog
from mailapp.config import Config
from mailapp.events import Bus, Changed, QueueChanged, SessionsRevoked, Stopping
from mailapp.flow.accounts import Accounts
from mailapp.flow.addressing import Addressing
from mailapp.flow.backing_up import Backups
from mailapp.flow.check_child import in_child
from mailapp.flow.check_nightly import Nightly
from mailapp.flow.checking import Checking
from mailapp.flow.code_filing import CodeFiling
from mailapp.flow.code_using import CodeUsing
from mailapp.flow.delivery import Delivery
from mailapp.flow.drafting import Drafting
from mailapp.flow.erasing import Erasing
from mailapp.flow.filing import Filing
from mailapp.flow.giving_back import give_back
from mailapp.flow.housekeeping import Housekeeping
from mailapp.flow.import_jobs import Imports
from mailapp.flow.own_addressing import OwnAddressing
from mailapp.flow.pairing import Pairing
from mailapp.flow.pruning import prune
from mailapp.flow.queueing import Queueing
from mailapp.flow.receiving_log import ReceivingLog
from mailapp.flow.reindexing import reindex
from mailapp.flow.relay import Relay
from mailapp.flow.relaying import Relaying
from mailapp.flow.signing_in import SigningIn
from mailapp.flow.site_settings import Settings
from mailapp.flow.submission import Submission
from mailapp.flow.tallying import Tallying
from mailapp.flow.tokens import Tokens
from mailapp.flow.unsubscribing import Unsubscribing
from mailapp.flow.viewing import Viewing
from mailapp.holding import only_one
from mailapp.http.listening import hypercorn_config, listen
from mailapp.http.sites import Sites
from mailapp.seal import Seal
from mailapp.smtp.limits import raise_file_limit
from mailapp.smtp.log import MailLog
from mailapp.smtp.server import SmtpServer, SmtpSettings
from mailapp.store import changes, contents
from mailapp.store.arrivals import MessageIds
from mailapp.store.database import Database
from mailapp.values import dataclass
from mailapp.web.context import WebContext
from mailapp.web.site import create_site

WATCH_S = 0.5
"""How often we look whether the command line changed something."""
SWITCH_S = 0.001
"""How long a thread may keep the interpreter while another waits for it: a large mail is read in threads, and at the
interpreter's own 5 ms each step of everybody else's delivery waits that long."""
GC_AFTER = 10_000
"""Objects made and not yet freed after which cycles are looked for: at the interpreter's own 700 the messages that are
under way are gone through again and again, for 4 % of what they cost."""
GRACE_S = 1.0
"""How long shutting down waits for deliveries under way; all of it ends within 2 s."""


@dataclass(frozen=True, slots=True)
class App:
    """The running parts, for whoever started them."""

    config: Config
    database: Database
    bus: Bus
    delivery: Delivery
    signing_in: SigningIn
    smtp: SmtpServer
    relay: Relay
    pages: WebContext
    http_port: int


@asynccontextmanager
async def running(
    config: Config, *, tls: ssl.SSLContext | None = None, clock: Callable[[], float] = time.time
) -> AsyncIterator[App]:
    """Everything up and listening inside, everything down and on disk after. Raises AlreadyRunning, OSError.

    `tls` says whose certificates relays are trusted with (None: the system's); `clock`, in seconds since 1970, is what
    sending goes by. Both are for tests.
    """
    raise_file_limit()
    config.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    config.spool_dir.mkdir(mode=0o700, exist_ok=True)
    with only_one(config.data_dir):
        database = Database(config.database)
        await database.open()
        await database.write(contents.sweep)
        bus, ids, seal = Bus(), MessageIds(), Seal(config.key_file)
        delivery = Delivery(database, bus, config.hostname, ids)
        receiving = ReceivingLog(database, bus, delivery, clock)
        smtp = SmtpServer(delivery, _smtp_settings(config), MailLog(receiving))
        relay = Relay(database, bus, delivery, seal, config.hostname, clock, tls=tls)
        health = partial(_ailments, database, smtp, relay)
        erasing = Erasing(database, bus)
        checking = Checking(database, lambda domain: in_child(config, smtp.addresses, domain), clock)
        nightly = Nightly(database, checking, delivery, config.hostname, clock)
        pages = _pages(config, database, bus, ids, seal, clock, tls, delivery, erasing, receiving, checking, health)
        http = listen(config)
        http_port = int(http.getsockname()[1])
        serving = hypercorn_config(http, GRACE_S / 2)
        stopping = asyncio.Event()
        try:
            await smtp.start()
            pages.settings.applied = lambda found: smtp.offer(found.tls_cert, found.tls_key)
            await pages.settings.current()
            tasks = [
                asyncio.create_task(serve_http(_sites(pages), serving, shutdown_trigger=stopping.wait)),
                asyncio.create_task(relay.run()),
                asyncio.create_task(_watch(database, bus, delivery, pages)),
                asyncio.create_task(prune(database)),
                asyncio.create_task(Housekeeping(database, bus, delivery, config.hostname, clock).run()),
                asyncio.create_task(erasing.run()),
                asyncio.create_task(pages.tallying.run()),
                asyncio.create_task(receiving.run()),
                asyncio.create_task(reindex(database, delivery.precedence)),
                asyncio.create_task(Pairing(database, delivery.precedence, clock=clock).run()),
                asyncio.create_task(give_back(database, delivery.precedence)),
                asyncio.create_task(CodeFiling(database, bus, clock).run()),
                asyncio.create_task(pages.backups.run()),
                asyncio.create_task(nightly.run()),
            ]
            try:
                yield App(config, database, bus, delivery, pages.signing_in, smtp, relay, pages, http_port)
            finally:
                pages.backups.stop()
                pages.imports.stop()
                await _shut_down(bus, smtp, relay, stopping, tasks)
        finally:
            delivery.close()
            await receiving.close()
            await database.close()
            maillog.stopped()


def _pages(
    config: Config,
    database: Database,
    bus: Bus,
    ids: MessageIds,
    seal: Seal,
    clock: Callable[[], float],
    tls: ssl.SSLContext | None,
    delivery: Delivery,
    erasing: Erasing,
    receiving: ReceivingLog,
    checking: Checking,
    health: Callable[[], list[str]],
) -> WebContext:
    """What the web entrance works with."""
    hostname, spool, limit = config.hostname, config.spool_dir, config.max_message_size
    drafting = Drafting(database, bus, ids, hostname=hostname, spool_dir=spool, max_message_size=limit, clock=clock)
    submission = Submission(database, bus, ids, hostname=hostname, spool_dir=spool, max_message_size=limit, clock=clock)
    signing_in, tokens = SigningIn(database, bus), Tokens(database, bus, clock)
    return WebContext(
        config=config,
        database=database,
        bus=bus,
        filing=Filing(database, bus),
        signing_in=signing_in,
        drafting=drafting,
        submission=submission,
        queueing=Queueing(database, bus, clock),
        relaying=Relaying(database, bus, seal, config.hostname, clock=clock, tls=tls),
        codes=CodeUsing(database, bus, delivery.finding, clock),
        accounts=Accounts(database, bus, erasing, (delivery.forget_routes, signing_in.forget, tokens.forget), clock),
        viewing=Viewing(database, bus, clock),
        addressing=Addressing(database, delivery.forget_routes, clock),
        tallying=Tallying(database, clock),
        receiving=receiving,
        checking=checking,
        own_addressing=OwnAddressing(database, delivery.forget_routes, clock),
        unsubscribing=Unsubscribing(database, drafting, submission, clock=clock),
        tokens=tokens,
        backups=Backups(database, config.data_dir, clock),
        settings=Settings(database, config, clock),
        imports=Imports(database, bus, spool, limit),
        health=health,
        clock=clock,
        api_document=lambda: import_module("mailapp.api.openapi").document(),
    )


def _sites(pages: WebContext) -> Sites:
    """The pages, and the API beside them, on one port; the API is loaded with the first request for it."""
    given = (pages.config, pages.database, pages.bus, pages.filing, pages.tokens)
    sending = (pages.drafting, pages.submission, pages.clock)
    api = "mailapp.api.application"
    return Sites(create_site(pages), lambda: cast(Quart, import_module(api).api_beside(*given, *sending)))


async def _shut_down(
    bus: Bus, smtp: SmtpServer, relay: Relay, stopping: asyncio.Event, tasks: list[asyncio.Task[None]]
) -> None:
    """Streams first (they would hold Hypercorn), then what comes in and goes out; never longer than the grace."""
    bus.publish(Stopping())
    stopping.set()
    await asyncio.gather(smtp.stop(GRACE_S), relay.stop(), return_exceptions=True)
    await asyncio.wait(tasks[:2], timeout=GRACE_S / 2)
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks, timeout=GRACE_S / 2)


def _smtp_settings(config: Config) -> SmtpSettings:
    return SmtpSettings(
        listen=list(config.smtp),
        hostname=config.hostname,
        max_message_size=config.max_message_size,
        tls_cert=config.tls_cert,
        tls_key=config.tls_key,
        spool_dir=config.spool_dir,
    )


def _ailments(database: Database, smtp: SmtpServer, relay: Relay) -> list[str]:
    """What is not alive, [] when all is well."""
    parts = {"database": database.alive, "smtp": smtp.alive, "relay": relay.alive}
    return [name for name, alive in parts.items() if not alive]


async def _watch(database: Database, bus: Bus, delivery: Delivery, pages: WebContext) -> None:
    """Notice what another process wrote: forget what is cached, tell the streams."""
    version = await database.data_version()
    seen = await database.read(changes.latest)
    while True:
        await asyncio.sleep(WATCH_S)
        try:
            found = await database.data_version()
            if found == version:
                continue
            delivery.forget_routes()
            pages.signing_in.forget()
            pages.tokens.forget()
            pages.settings.forget()
            bus.publish(QueueChanged())
            for account_id in bus.accounts:
                bus.publish(SessionsRevoked(account_id))  # whoever listens looks whether their session still stands
            for account_id, seq in await database.read(changes.accounts_since, seen):
                bus.publish(Changed(account_id, seq))
                seen = max(seen, seq)
            version = found
        except Exception:
            maillog.unforeseen("watching for changes from outside")


async def serve(config: Config, ready: Callable[[App], "asyncio.Future[None] | None"] | None = None) -> None:
    """Run until SIGINT or SIGTERM. `ready` is called once everything listens; a task it returns ends with us."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    async with running(config) as app:
        gc.collect()
        gc.freeze()  # what is there now stays: no later collection needs to go through it
        heap.give_back()
        companion = ready(app) if ready else None
        maillog.started(f"{config.http[0]}:{app.http_port}", ",".join(f"{h}:{p}" for h, p in app.smtp.addresses))
        await stop.wait()
        if companion is not None:
            companion.cancel()


def run(config: Config, ready: Callable[[App], "asyncio.Future[None] | None"] | None = None) -> None:
    """`serve` on uvloop where it is installed, else on asyncio's own loop."""
    heap.keep_small()
    sys.setswitchinterval(SWITCH_S)
    gc.set_threshold(GC_AFTER, 20, 20)
    try:
        import uvloop
    except ImportError:
        asyncio.run(serve(config, ready))
    else:
        uvloop.run(serve(config, ready))
