"""A connection's life: how it begins, what may be sent on it, how it ends.

This and wire.py take over what aiosmtpd does with asyncio's streams, because there a message is bounded by neither
memory nor time per chunk, a command line by no number of bytes, and a client that closes its writing half loses its
reply.
"""

import asyncio
import time
from typing import Any, cast

from aiosmtpd.smtp import SMTP, Envelope, Session

from mailapp.mail.peer import client_key
from mailapp.mail.transaction import Transaction
from mailapp.smtp.context import SmtpContext
from mailapp.smtp.deadline import Deadline

_LINGER = 2.0
"""Seconds a closing connection may take to fetch its last reply."""
_NO_HOOKS = type("_NoHooks", (), {"__slots__": (), "__dir__": lambda self: ()})()


class Link(SMTP):
    """A connection from its first moment to its last, and the replies it sends."""

    transport: asyncio.Transport | None
    session: Session
    envelope: Envelope
    transaction: Transaction

    def __init__(self, context: SmtpContext, loop: asyncio.AbstractEventLoop) -> None:
        settings = context.settings
        super().__init__(
            _NO_HOOKS,
            data_size_limit=settings.max_message_size,
            enable_SMTPUTF8=True,
            hostname=settings.hostname,
            loop=loop,
        )
        self.context = context
        self.limits = context.limits
        self.peer = ""
        self.client = ""
        self.tls = False
        self._eof = False
        self._ending = False
        self._choked: asyncio.Future[None] | None = None
        self._aborting: asyncio.TimerHandle | None = None
        self.deadline = Deadline(loop, self.limits.session_duration, self.hang_up)

    def __dir__(self) -> list[str]:
        # The base class goes through all attributes of every new connection, in search of commands: 0.2 ms each time.
        return []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Greet and start answering. The registry has admitted the client already."""
        self.transport = cast(asyncio.Transport, transport)
        self.session = self._create_session()
        self.session.peer = transport.get_extra_info("peername")
        self.peer = str(self.session.peer[0]) if self.session.peer else ""
        here = transport.get_extra_info("sockname")
        local = bool(here) and str(here[0]) == self.peer  # who comes from this machine has the address it came to
        self.transaction = Transaction(self.peer, time.monotonic(), local=local)
        self._set_rset_state()
        self.client = client_key(self.peer)
        self.context.connections.enter(self)
        self.deadline.within(self.limits.command_timeout)
        self._handler_coroutine = self.loop.create_task(self._handle_client())

    def connection_lost(self, error: Exception | None) -> None:
        """Wake whoever waits. A delivery that runs is left alone: it ends by itself."""
        if self.transport is None:
            return
        self.transport = None
        self._ending = True
        self.context.connections.leave(self)
        self.deadline.cancel()
        if self._aborting is not None:
            self._aborting.cancel()
        self._input_ended()
        if self._choked is not None and not self._choked.done():
            self._choked.set_result(None)
        asyncio.StreamReaderProtocol.connection_lost(self, None)

    def eof_received(self) -> bool:
        """The client will send no more. What it has sent is still answered."""
        self._input_ended()
        if self._ending and self.transport is not None:
            self.transport.close()
        return not self.tls

    @property
    def open(self) -> bool:
        """Replies can still be sent."""
        return not self._ending

    @property
    def task(self) -> "asyncio.Task[None] | None":
        """What answers the client, deliveries included."""
        return self._handler_coroutine

    def hang_up(self, reply: str, *, linger: bool = False) -> None:
        """Send a last reply and close.

        `linger`: bytes are still on their way here. Closing with them unread would reset the connection, and the
        client would never see the reply; so they are read and dropped for a short while.
        """
        if self._ending or self.transport is None:
            return
        self._send(reply)
        self._ending = True
        self.transaction.farewell = reply
        self.context.log.closed(self.peer, reply)
        self._input_ended()
        self._abort_soon(self.transport)
        if linger and self.transport.can_write_eof():
            try:
                self.transport.write_eof()
            except OSError:
                self.transport.abort()
        else:
            self.transport.close()

    def close(self) -> None:
        """Close without a word, unless that is under way; what was sent before still goes out."""
        if self._ending:
            return
        self._ending = True
        if self.transport is not None:
            self._abort_soon(self.transport)
            self.transport.close()

    def _abort_soon(self, transport: asyncio.Transport) -> None:
        self.deadline.cancel()
        if self._aborting is None:
            self._aborting = self.loop.call_later(_LINGER, transport.abort)

    def abort(self) -> None:
        """Close at once, whatever is under way."""
        if self.transport is not None:
            self.transport.abort()

    async def answer(self, reply: str | bytes) -> None:
        """Send a reply, CRLF added; wait while the client does not read its replies."""
        self._send(reply)
        if self._choked is not None:
            await self._choked

    def _send(self, reply: str | bytes) -> None:
        if self.transport is not None and not self._ending and not self.transport.is_closing():
            line = reply if isinstance(reply, bytes) else reply.encode("utf-8", "replace")
            self.transport.write(line + b"\r\n")

    def pause_writing(self) -> None:
        """Transport callback: the client does not read its replies."""
        self._choked = self.loop.create_future()

    def resume_writing(self) -> None:
        """Transport callback: it reads again."""
        if self._choked is not None and not self._choked.done():
            self._choked.set_result(None)
        self._choked = None

    # --- what is remembered of it

    def conclude(self) -> None:
        """The transaction at hand is over: tell the log, and begin the next one."""
        now = time.monotonic()
        over, self.transaction = self.transaction, self.transaction.again(now)
        over.ended = now
        self.context.log.ended(over)

    # --- what the levels above add

    @property
    def idle(self) -> bool:
        """Waiting for a command, no message under way."""
        raise NotImplementedError

    def _input_ended(self) -> None:
        raise NotImplementedError

    async def _handle_client(self) -> None:
        raise NotImplementedError

    # --- base class hooks

    def _set_post_data_state(self) -> None:
        self.envelope = self._create_envelope()

    def _set_rset_state(self) -> None:
        if self.transaction.asked:
            self.conclude()
        self._set_post_data_state()

    def _reset_timeout(self, duration: Any = None) -> None:
        """Base class hook: the timer here is another one."""
