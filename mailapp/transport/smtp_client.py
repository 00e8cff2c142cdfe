"""Sending mail to a relay (RFC 5321): connect(), then Session.send() as often as there is mail."""

import asyncio
import ssl
from collections.abc import Awaitable, Callable, Sequence

from mailapp.mail.content import CHUNK, Content
from mailapp.transport.connecting import Opened, open_connection
from mailapp.transport.stuffing import DotStuffer
from mailapp.transport.target import DATA, DOT, MAIL, RCPT, Log, RelayError, RelayTarget, Reply, Timeouts
from mailapp.transport.transaction import Transaction, refusal, wire_path
from mailapp.transport.wire import Lost, Wire

__all__ = ["BeforeDot", "RelayError", "RelayTarget", "Reply", "Session", "Timeouts", "connect"]

BeforeDot = Callable[[Sequence[int]], Awaitable[None]]
"""Gets the places, in the list of recipients, of those the relay accepted."""

_INLINE = 1 << 20
"""Content up to this many bytes is read on the event loop; larger content lies on disk, and in a thread."""

_LOST = {
    "timeout": "the relay did not answer in time",
    "nonsense": "the answer was not SMTP",
    "dropped": "the relay closed the connection",
}


async def connect(
    target: RelayTarget,
    *,
    hostname: str,
    tls: ssl.SSLContext | None = None,
    timeouts: Timeouts | None = None,
    log: Log | None = None,
) -> "Session":
    """Open a connection to a relay and log in.

    hostname: what we call ourselves in EHLO. tls: whose certificates are trusted, the system's by default.
    Raises RelayError. The password is sent only over TLS with a certificate that is trusted and names the host;
    without encryption only loopback addresses are spoken to.
    """
    timeouts = timeouts or Timeouts()
    opened = await open_connection(target, hostname, tls, timeouts, log)
    return Session(opened, timeouts, log)


class Session:
    """A connection that is logged in. One send() at a time; it may be used until `alive` is false."""

    def __init__(self, opened: Opened, timeouts: Timeouts, log: Log | None) -> None:
        self._loop = asyncio.get_running_loop()
        self._wire = Wire(opened.transport, self._loop, log)
        opened.transport.set_protocol(self._wire)
        self._offers = opened.extensions
        self.pipelining = "pipelining" in opened.extensions
        """Whether commands go out together (RFC 2920)."""
        limit = opened.extensions.get("size", "").strip()
        self._limit = int(limit) if limit.isascii() and limit.isdigit() and len(limit) < 20 else 0
        self._timeouts = timeouts
        self._log = log
        self._leaving = False
        self.idle_since = self._loop.time()
        """When the last message was done with, in seconds of the event loop's clock."""

    @property
    def alive(self) -> bool:
        """Another message may be tried. False after 421, an error, or when the relay hung up meanwhile."""
        return not self._leaving and self._wire.usable

    async def send(
        self,
        reverse_path: str,
        recipients: Sequence[str],
        content: Content,
        *,
        utf8: bool,
        before_dot: BeforeDot,
    ) -> list[Reply]:
        """Send one message; returns what the relay says about each recipient, in order: 2yz taken over, else refused.

        reverse_path: "" is the null one. utf8: the message needs SMTPUTF8 (RFC 6531).
        before_dot: awaited once, when everything but the end is on its way and at least one recipient was accepted.
            From its return on the relay may take the message for those it is given; before, and for all others, it
            cannot have. If it raises, nothing is sent.
        A refusal of MAIL, DATA or the whole content counts for every recipient it concerns. 421 to MAIL and a
        connection that breaks raise RelayError; so do mail too large and SMTPUTF8 missing, before anything is sent.
        Content above 1 MiB is read in a thread.
        """
        if not self.alive:
            raise self._gone()
        mail = self._mail_command(reverse_path, content.size, utf8)
        transaction = Transaction(recipients, utf8)
        try:
            if transaction.commands and await self._envelope(mail, transaction):
                await self._content(content, transaction, before_dot)
        except Lost as lost:
            self._wire.abort()
            if None in transaction.results:
                raise RelayError(transaction.step, lost.kind, _LOST[lost.kind], results=transaction.results) from None
            # Everything had been said; it broke while tidying up.
        except BaseException:
            # Cancelled, the content failed, before_dot() did, or 421: the relay must not see an end.
            self._wire.abort()
            raise
        self.idle_since = self._loop.time()
        return transaction.finished()

    async def close(self) -> None:
        """Take leave (QUIT) and close; bounded by timeouts.close twice."""
        if self.alive:
            self._leaving = True
            try:
                await self._command(b"QUIT", self._timeouts.close)
            except Lost:
                pass
        await self._wire.close(self._timeouts.close)

    def abort(self) -> None:
        """Close at once, without a word."""
        self._wire.abort()

    def _gone(self) -> RelayError:
        reply = self._wire.unasked
        return RelayError(MAIL, "dropped", str(reply or _LOST["dropped"]), reply=reply)

    def _mail_command(self, reverse_path: str, size: int, utf8: bool) -> bytes:
        """MAIL with its parameters; raises RelayError where this relay can never take the message."""
        if utf8 and "smtputf8" not in self._offers:
            reply = Reply(553, "5.6.7", "The relay does not take internationalized addresses (SMTPUTF8)")
            raise RelayError(MAIL, "utf8", str(reply), reply=reply, permanent=True)
        if self._limit and size > self._limit:
            reply = Reply(552, "5.3.4", f"Message of {size} bytes is over the limit of {self._limit} of the relay")
            raise RelayError(MAIL, "too_large", str(reply), reply=reply, permanent=True)
        path = wire_path(reverse_path, utf8)
        if path is None:
            reply = Reply(553, "5.1.7", "The sender's address cannot be sent")
            raise RelayError(MAIL, "address", str(reply), reply=reply, permanent=True)
        command = b"MAIL FROM:<" + path + b">"
        if "size" in self._offers:
            command += b" SIZE=%d" % size
        if "8bitmime" in self._offers:
            command += b" BODY=8BITMIME"
        if utf8:
            command += b" SMTPUTF8"
        return command

    async def _envelope(self, mail: bytes, transaction: Transaction) -> bool:
        """MAIL, RCPT and DATA; true when the relay now waits for the content."""
        data = await (self._together if self.pipelining else self._one_by_one)(mail, transaction)
        if data is not None and data.code == 354:
            if transaction.accepted:
                return True
            # It wants content for nobody. RFC 2920 3.1: a lone dot, and whatever it says to that counts for nothing.
            await self._command(b".", self._timeouts.dot)
        elif data is not None and transaction.accepted:
            transaction.settle(refusal(data))
        await self._reset()
        return False

    async def _together(self, mail: bytes, transaction: Transaction) -> Reply:
        """The whole envelope in one go (RFC 2920): one round trip instead of three."""
        timeout = self._timeouts.command
        self._say([mail, *transaction.commands, b"DATA"])
        transaction.hear_mail(await self._wire.answer(timeout))
        transaction.step = RCPT
        for _ in transaction.commands:
            transaction.hear_rcpt(await self._wire.answer(timeout))
        transaction.step = DATA
        return await self._wire.answer(self._timeouts.data)

    async def _one_by_one(self, mail: bytes, transaction: Transaction) -> Reply | None:
        timeout = self._timeouts.command
        if not transaction.hear_mail(await self._command(mail, timeout)):
            return None
        transaction.step = RCPT
        for command in transaction.commands:
            transaction.hear_rcpt(await self._command(command, timeout))
        if not transaction.accepted:
            return None
        transaction.step = DATA
        return await self._command(b"DATA", self._timeouts.data)

    async def _content(self, content: Content, transaction: Transaction, before_dot: BeforeDot) -> None:
        wire = self._wire
        stuffer = DotStuffer()
        held = b""
        position = 0
        while position < content.size and wire.unasked is None:
            if held:
                wire.write(held)
                await wire.drain(self._timeouts.chunk)
            piece = await _read(content, position)
            if not piece:
                raise EOFError("content ended early")  # half a message must not get an end
            position += len(piece)
            held = stuffer.feed(piece)
        if wire.unasked is None and wire.is_open:
            await before_dot(transaction.accepted)
        if wire.unasked is not None:
            # Refused in the middle. The relay did not see the end, so it has taken nothing.
            transaction.settle(refusal(wire.unasked))
            wire.abort()
            return
        if not wire.is_open:
            raise Lost(wire.lost or "dropped")
        # The last piece leaves together with the end: a small mail is one packet.
        transaction.step = DOT
        if self._log is not None:
            self._log("*", f"{content.size} bytes")
            self._log(">", ".")
        wire.write(held + stuffer.finish(), 1)
        reply = await wire.answer(self._timeouts.dot)
        transaction.settle(reply if reply.ok else refusal(reply))

    async def _reset(self) -> None:
        """Make the relay forget the envelope. What is known of the recipients stands, whatever comes of it."""
        if not self.alive:
            return
        try:
            await self._command(b"RSET", self._timeouts.command)
        except Lost:
            self._wire.abort()

    async def _command(self, line: bytes, timeout: float) -> Reply:
        self._say([line])
        return await self._wire.answer(timeout)

    def _say(self, lines: list[bytes]) -> None:
        if self._log is not None:
            for line in lines:
                self._log(">", line.decode("utf-8", "replace"))
        self._wire.write(b"\r\n".join(lines) + b"\r\n", len(lines))


async def _read(content: Content, position: int) -> bytes:
    if content.size <= _INLINE:
        return content.read(position, CHUNK)
    return await asyncio.to_thread(content.read, position, CHUNK)
