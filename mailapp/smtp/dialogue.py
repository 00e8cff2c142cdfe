"""The middle of a connection: commands one at a time, with their bounds; the greeting; TLS."""

import asyncio
import logging
import ssl
import time
import traceback
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, ClassVar

from mailapp.smtp.lines import LineTooLong
from mailapp.smtp.replies import printable, with_status
from mailapp.smtp.wire import Wire

logger = logging.getLogger(__name__)

_IDLE = frozenset({"NOOP", "RSET", "HELP", "VRFY", "HELO", "EHLO"})
_NOT_HERE = frozenset({"AUTH", "EXPN", "ETRN", "TURN", "ATRN", "BDAT", "SEND", "SOML", "SAML"})


def log_unforeseen(where: str, error: BaseException) -> None:
    """Log an error of ours: its type and where it happened, not its text, which may quote mail."""
    lines = "".join(traceback.format_tb(error.__traceback__))
    logger.error("SMTP %s failed: %s\n%s", where, type(error).__name__, lines)


class Dialogue(Wire):
    """Replies keep the order of the commands, so clients may pipeline (RFC 2920)."""

    commands: ClassVar[Mapping[str, Callable[..., Awaitable[None]]]] = {}

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self._junk = 0
        self._idle_commands = 0
        self._commands = 0

    async def _handle_client(self) -> None:
        try:
            await self.answer(f"220 {self.hostname} ESMTP")
            self.transaction.connected = time.monotonic()
            while self.open:
                self.deadline.within(self.limits.command_timeout)
                try:
                    line = await self.next_line()
                except LineTooLong as error:
                    await self._line_too_long(error)
                    continue
                if line is None:
                    break
                await self._command(line)
                if self.stopping:
                    self.hang_up("421 4.3.2 Service shutting down")
        except Exception as error:
            log_unforeseen("connection", error)
        finally:
            self.close()
            if self.transaction.first or self.transaction.asked:
                self.conclude()

    async def _line_too_long(self, error: LineTooLong) -> None:
        if error.endless:
            self.hang_up("500 5.5.2 Line too long", linger=True)
        else:
            await self.complain("500 5.5.2 Line too long")

    async def _command(self, line: bytes) -> None:
        name, _, rest = line.partition(b" ")
        command = name.upper().decode("ascii", "replace")
        method = self.commands.get(command)
        self._commands += 1
        if self._commands > self.limits.commands:
            self.hang_up("421 4.7.0 Too many commands", linger=True)
            return
        if method is None:
            known = command in _NOT_HERE
            await self.complain("502 5.5.1 Command not implemented" if known else "500 5.5.2 Command not recognized")
            return
        if command in _IDLE:
            self._idle_commands += 1
            if self._idle_commands > self.limits.idle_commands:
                self.hang_up("421 4.7.0 Too many commands without a message", linger=True)
                return
        try:
            await method(self, rest.strip().decode("utf-8", "surrogateescape") or None)
        except Exception as error:
            log_unforeseen(command, error)
            await self.complain("451 4.3.0 Local error in processing")

    async def push(self, status: str | bytes) -> None:
        """Send a reply of a base class command: with its enhanced status code; errors count as junk."""
        reply = status if isinstance(status, str) else status.decode("utf-8", "replace")
        if reply[4:5].isalpha():
            reply = with_status(reply)
        # 550 is the receiver's word on an address, and counted there.
        if reply[0] == "5" and not reply.startswith("550"):
            await self.complain(reply)
        else:
            await self.answer(reply)

    async def complain(self, reply: str) -> None:
        """Answer a command that made no sense; too many of them end the connection."""
        self._junk += 1
        if self._junk > self.limits.junk_commands:
            self.hang_up("421 4.7.0 Too many errors", linger=True)
        else:
            await self.answer(reply)

    def forgive(self) -> None:
        """Begin counting anew: a message went through."""
        self._junk = self._idle_commands = self._commands = 0

    async def smtp_HELO(self, arg: str | None) -> None:
        """HELO: the dialogue of RFC 821."""
        if await self._greeted(arg, extended=False):
            await self.answer(f"250 {self.hostname}")

    async def smtp_EHLO(self, arg: str | None) -> None:
        """EHLO: the same with extensions."""
        if not await self._greeted(arg, extended=True):
            return
        lines = [self.hostname, f"SIZE {self.context.settings.max_message_size}", "8BITMIME", "SMTPUTF8", "PIPELINING"]
        if self.context.certificates is not None and not self.tls:
            lines.append("STARTTLS")
        lines.append("ENHANCEDSTATUSCODES")
        await self.answer("\r\n".join([*(f"250-{line}" for line in lines), "250 HELP"]))

    async def _greeted(self, name: str | None, *, extended: bool) -> bool:
        if name is None:
            await self.complain("501 5.5.4 Say your name")
            return False
        self._set_rset_state()
        self.session.extended_smtp = extended
        self.session.host_name = self.transaction.helo = printable(name.split()[0])
        if not self.transaction.greeted:
            self.transaction.greeted = time.monotonic()
        return True

    async def smtp_STARTTLS(self, arg: str | None) -> None:
        """STARTTLS (RFC 3207): afterwards the client starts from the beginning."""
        if self.context.certificates is None or self.tls:
            await self.complain("503 5.5.1 TLS not available")
        elif arg is not None:
            await self.complain("501 5.5.4 Syntax: STARTTLS")
        else:
            context = self.context.certificates.context()
            await self.answer(b"220 2.0.0 Ready to start TLS")
            plain = self.transport
            try:
                await self._start_tls(context)
            except Exception as error:
                if not isinstance(error, OSError):
                    log_unforeseen("STARTTLS", error)
                # A failed handshake closes the socket without telling this protocol.
                if plain is not None:
                    plain.abort()
                self.connection_lost(None)

    async def _start_tls(self, context: ssl.SSLContext) -> None:
        plain = self.transport
        if plain is None:
            return
        timeout = self.limits.handshake_timeout
        self.deadline.within(timeout + 5.0)
        # What came in plain text behind STARTTLS may be from somebody in between: it must not pass for the client's.
        self.discard_input()
        self.tls = True
        transport = await self.loop.start_tls(
            plain, self, context, server_side=True, ssl_handshake_timeout=timeout, ssl_shutdown_timeout=2.0
        )
        if transport is None or self.transport is None:
            plain.abort()
            raise ConnectionResetError
        self.transport = transport
        peer = self.session.peer
        self.session = self._create_session()
        self.session.peer = peer
        self._set_rset_state()
        self.transaction.tls = _tls_name(transport)
        self.transaction.secured = time.monotonic()


def _tls_name(transport: asyncio.BaseTransport) -> str:
    """Version and cipher of a connection: "TLSv1.3 TLS_AES_256_GCM_SHA384"."""
    cipher = transport.get_extra_info("cipher")
    return f"{cipher[1]} {cipher[0]}" if cipher else "TLS"
