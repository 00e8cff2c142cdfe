"""The lower half of a connection: bytes, lines, time limits, the end. Knows no SMTP command.

It takes over what aiosmtpd does with asyncio's streams, because there a message is bounded by neither memory nor
time per chunk, a command line by no number of bytes, and a client that closes its writing half loses its reply.
"""

import asyncio
from typing import Any, cast

from aiosmtpd.smtp import SMTP, Envelope, Session

from mailapp.smtp.context import SmtpContext
from mailapp.smtp.deadline import Deadline
from mailapp.smtp.limits import client_key
from mailapp.smtp.lines import CommandLines
from mailapp.smtp.receiving import Arrived, Receiving

_SENT_AHEAD = 16_384
"""Bytes of commands a client may send ahead before we stop reading from it."""
_YIELD_EVERY = 32
"""Commands sent ahead that are answered before others get a turn."""
_LINGER = 2.0
"""Seconds a closing connection may take to fetch its last reply."""
_NO_HOOKS = type("_NoHooks", (), {"__slots__": (), "__dir__": lambda self: ()})()


class Wire(SMTP):
    """A connection without its commands."""

    transport: asyncio.Transport | None
    session: Session
    envelope: Envelope

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
        self._lines = CommandLines(self.limits.command_line, self.limits.endless_line)
        self._answered = 0
        self._charged = 0
        self._reading = True
        self._eof = False
        self._ending = False
        self.stopping = False
        self._waiting: asyncio.Future[None] | None = None
        self._choked: asyncio.Future[None] | None = None
        self._receiving: Receiving | None = None
        self._arrived: asyncio.Future[Arrived] | None = None
        self._aborting: asyncio.TimerHandle | None = None
        self.deadline = Deadline(loop, self.limits.session_duration, self.hang_up)

    def __dir__(self) -> list[str]:
        # The base class goes through all attributes of every new connection, in search of commands: 0.2 ms each time.
        return []

    # --- the connection's life

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Greet and start answering. The registry has admitted the client already."""
        self.transport = cast(asyncio.Transport, transport)
        self.session = self._create_session()
        self.session.peer = transport.get_extra_info("peername")
        self._set_rset_state()
        self.peer = str(self.session.peer[0]) if self.session.peer else ""
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
        self._charge(0)
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

    def _input_ended(self) -> None:
        self._eof = True
        self._wake()
        self._end_data(Arrived.CUT_OFF)

    @property
    def open(self) -> bool:
        """Replies can still be sent."""
        return not self._ending

    @property
    def task(self) -> "asyncio.Task[None] | None":
        """What answers the client, deliveries included."""
        return self._handler_coroutine

    @property
    def idle(self) -> bool:
        """Waiting for a command, no message under way."""
        return self._waiting is not None and not self.envelope.mail_from

    def stop(self) -> None:
        """Close after what is being done now: at once, or after the message that is coming in."""
        self.stopping = True
        if self._waiting is not None:
            self.hang_up("421 4.3.2 Service shutting down")

    def hang_up(self, reply: str, *, linger: bool = False) -> None:
        """Send a last reply and close.

        `linger`: bytes are still on their way here. Closing with them unread would reset the connection, and the
        client would never see the reply; so they are read and dropped for a short while.
        """
        if self._ending or self.transport is None:
            return
        self._send(reply)
        self._ending = True
        self.context.log.closed(self.peer, reply)
        self._input_ended()
        self._abort_soon(self.transport)
        if linger and self.transport.can_write_eof():
            self._resume()
            self.transport.write_eof()
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

    # --- bytes in

    def data_received(self, data: bytes) -> None:
        """Bytes go to the message that is coming in, else they wait to be read as commands."""
        if self._ending:
            return
        if self._receiving is not None:
            self._feed(data)
            return
        self._lines.feed(data)
        self._wake()
        if len(self._lines) > _SENT_AHEAD:
            self._pause()

    async def next_line(self) -> bytes | None:
        """Return the next command line, None when the connection is over. Raises LineTooLong."""
        while True:
            line = self._lines.take()
            if line is not None:
                self._answered += 1
                if self._answered % _YIELD_EVERY == 0:
                    await asyncio.sleep(0)
                return line
            self._resume()
            if self._eof or self._ending:
                return None
            self._answered = 0
            self._waiting = self.loop.create_future()
            try:
                await self._waiting
            finally:
                self._waiting = None

    async def receive(self, receiving: Receiving) -> Arrived:
        """Fill `receiving` up to the end of the message; what the client sent after that stays for next_line()."""
        self._receiving = receiving
        self._arrived = self.loop.create_future()
        self.deadline.within(self.limits.data_chunk_timeout)
        self._feed(self._lines.take_all())
        if self._eof or self._ending:
            self._end_data(Arrived.CUT_OFF)
        self._resume()
        return await self._arrived

    def discard_input(self) -> None:
        """Forget what the client sent ahead."""
        self._lines.take_all()
        self._resume()

    def _feed(self, data: bytes) -> None:
        receiving = self._receiving
        assert receiving is not None
        self.deadline.later(self.limits.data_chunk_timeout)
        rest = receiving.feed(data)
        if rest is not None:
            self._end_data(Arrived.WHOLE)
            self._lines.feed(rest)
            if len(rest) > _SENT_AHEAD:
                self._pause()
        elif receiving.hopeless:
            self._end_data(Arrived.TOO_MUCH)

    def _end_data(self, how: Arrived) -> None:
        self._receiving = None
        if self._arrived is not None and not self._arrived.done():
            self._arrived.set_result(how)

    def _wake(self) -> None:
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(None)

    def _pause(self) -> None:
        """Read no further, and count what lies here: many clients that send ahead must not fill the memory."""
        if self.transport is None:
            return
        if self._reading:
            self._reading = False
            self.transport.pause_reading()
        if not self._charge(len(self._lines)):
            self.hang_up("421 4.3.2 Too busy")

    def _resume(self) -> None:
        if self._reading:
            return
        self._reading = True
        self._charge(0)
        if self.transport is not None:
            self.transport.resume_reading()

    def _charge(self, size: int) -> bool:
        self.context.memory.give(self._charged)
        self._charged = 0
        if size and not self.context.memory.take(size):
            return False
        self._charged = size
        return True

    # --- bytes out

    async def answer(self, reply: str | bytes) -> None:
        """Send a reply, CRLF added; wait while the client does not read its replies."""
        self._send(reply)
        if self._choked is not None:
            await self._choked

    def _send(self, reply: str | bytes) -> None:
        if self.transport is not None and not self._ending:
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

    # --- what the upper half adds

    async def _handle_client(self) -> None:
        raise NotImplementedError

    def _set_post_data_state(self) -> None:
        self.envelope = self._create_envelope()

    def _set_rset_state(self) -> None:
        self._set_post_data_state()

    def _reset_timeout(self, duration: Any = None) -> None:
        """Base class hook: the timer here is another one."""
