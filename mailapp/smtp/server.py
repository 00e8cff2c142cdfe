"""The SMTP entrance: listens on the running event loop (RFC 5321)."""

import asyncio
import logging
import resource
import shutil
from pathlib import Path
from typing import cast

from mailapp.mail.peer import client_key
from mailapp.smtp.context import SmtpContext
from mailapp.smtp.handler import NullLog, Receiver, SmtpLog
from mailapp.smtp.limits import Connections, raise_file_limit
from mailapp.smtp.session import SmtpSession
from mailapp.smtp.settings import SmtpLimits, SmtpSettings
from mailapp.smtp.spool import MemoryBudget
from mailapp.smtp.tls import Certificates

__all__ = ["SmtpLimits", "SmtpServer", "SmtpSettings", "raise_file_limit"]

logger = logging.getLogger(__name__)

_BACKLOG = 512
_OTHER_FILES = 256
"""File descriptors left to everything else: the database, browsers, logs."""


class _Door(asyncio.Protocol):
    """Stands in for a connection until it is known whose it is; turns away without building a session."""

    __slots__ = ("_context", "_loop")

    def __init__(self, context: SmtpContext, loop: asyncio.AbstractEventLoop) -> None:
        self._context = context
        self._loop = loop

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        transport = cast(asyncio.Transport, transport)
        address = transport.get_extra_info("peername")
        peer = str(address[0]) if address else ""
        if not self._context.connections.admit(client_key(peer)):
            reply = "421 4.7.0 Too many connections"
            self._context.log.refused(peer, reply, "", "")
            transport.write(reply.encode() + b"\r\n")
            transport.close()
            return
        session = SmtpSession(self._context, self._loop)
        transport.set_protocol(session)
        session.connection_made(transport)


class SmtpServer:
    """Listens, and ends in order."""

    def __init__(self, receiver: Receiver, settings: SmtpSettings, log: SmtpLog | None = None) -> None:
        self.settings = settings
        limits = settings.limits
        self._context = SmtpContext(
            settings=settings,
            receiver=receiver,
            log=log or NullLog(),
            connections=Connections(limits.connections, limits.per_client),
            memory=MemoryBudget(limits.memory_total),
            spool=MemoryBudget(limits.spool_total),
            certificates=None,
        )
        self._servers: list[asyncio.Server] = []
        self._pair: tuple[Path | None, Path | None] = None, None

    def offer(self, cert: Path | None, key: Path | None) -> None:
        """Offer STARTTLS with another pair from now on, or not at all. One that cannot be used changes nothing."""
        if (cert, key) == self._pair:
            return
        try:
            self._use(cert, key)
        except OSError as error:
            logger.warning("the certificate of STARTTLS cannot be used: %s", error)

    def _use(self, cert: Path | None, key: Path | None) -> None:
        """Raises OSError, ssl.SSLError."""
        self._context.certificates = Certificates(cert, key) if cert is not None and key is not None else None
        self._pair = cert, key

    async def start(self) -> None:
        """Listen on every address of the settings.

        Raises OSError: an address is taken or not ours, or the certificate cannot be used (ssl.SSLError).
        """
        settings = self.settings
        self._use(settings.tls_cert, settings.tls_key)
        # At level INFO aiosmtpd writes every command, addresses included.
        logging.getLogger("mail.log").setLevel(logging.WARNING)
        self._fit_file_limit()
        self._fit_spool()
        loop = asyncio.get_running_loop()
        try:
            for host, port in settings.listen:
                self._servers.append(
                    await loop.create_server(lambda: _Door(self._context, loop), host, port, backlog=_BACKLOG)
                )
        except OSError:
            self._close_listeners()
            raise

    async def stop(self, grace: float = 1.0) -> None:
        """Stop accepting and end every session within `grace` seconds.

        A session between messages gets 421 at once. One whose message is coming in or being delivered may finish
        it, and gets its answer. What is not finished by then is cut off: the sender keeps the message. A delivery
        is never cancelled: it goes on behind, without a client to tell.
        """
        self._close_listeners()
        sessions = [guest for guest in self._context.connections.all() if isinstance(guest, SmtpSession)]
        for session in sessions:
            session.stop()
        await self._closed(grace * 0.8)
        for session in sessions:
            session.hang_up("421 4.3.2 Service shutting down")
        await self._closed(grace * 0.1)
        for session in sessions:
            session.abort()
        await self._closed(grace * 0.1)

    @property
    def addresses(self) -> list[tuple[str, int]]:
        """(host, port) pairs really listened on."""
        names = [sock.getsockname() for server in self._servers for sock in server.sockets]
        return [(name[0], name[1]) for name in names]

    @property
    def alive(self) -> bool:
        """Every listener listens."""
        return bool(self._servers) and all(server.is_serving() for server in self._servers)

    @property
    def connections(self) -> int:
        """Open connections."""
        return len(self._context.connections)

    @property
    def memory_used(self) -> int:
        """Bytes of messages held in memory now."""
        return self._context.memory.used

    @property
    def memory_peak(self) -> int:
        """The most bytes of messages there ever were in memory."""
        return self._context.memory.peak

    async def _closed(self, timeout: float) -> None:
        """Wait until every connection is closed."""
        loop = asyncio.get_running_loop()
        until = loop.time() + timeout
        # Asking now and then is simpler than an event every connection would have to carry.
        while self.connections and loop.time() < until:  # noqa: ASYNC110
            await asyncio.sleep(0.005)

    def _close_listeners(self) -> None:
        for server in self._servers:
            server.close()
        self._servers = []

    def _fit_spool(self) -> None:
        """Unfinished messages may take a quarter of what is free: the rest belongs to mail that was acknowledged."""
        try:
            free = shutil.disk_usage(self.settings.spool_dir).free
        except OSError:
            return  # a spool that cannot be used answers each message that needs it with 451
        spool = self._context.spool
        spool.total = min(spool.total, max(free // 4, self.settings.max_message_size))

    def _fit_file_limit(self) -> None:
        """Every connection may need two files, its socket and its spool file."""
        soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
        if soft == resource.RLIM_INFINITY:
            return
        fitting = max(16, (soft - _OTHER_FILES) // 2)
        if fitting < self._context.connections.total:
            logger.warning("SMTP connections limited to %d by the limit of %d open files", fitting, soft)
            self._context.connections.total = fitting
