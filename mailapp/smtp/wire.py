"""A connection's input: command lines, messages, how much of it is read at a time. Knows no SMTP command."""

import asyncio
from typing import Any

from mailapp.smtp.lines import CommandLines
from mailapp.smtp.link import Link
from mailapp.smtp.receiving import Arrived, Receiving

_SENT_AHEAD = 16_384
"""Bytes of commands a client may send ahead before we stop reading from it."""
_TURN = 131_072
"""Bytes of a message that are read before others get a turn; uvloop alone would read up to 8 MB."""
_YIELD_EVERY = 32
"""Commands sent ahead that are answered before others get a turn."""


class Wire(Link):
    """What the client sends goes to whoever waits for it: a command line or a message."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self._lines = CommandLines(self.limits.command_line, self.limits.endless_line)
        self._answered = 0
        self._turn = 0
        self._charged = 0
        self._reading = True
        self.stopping = False
        self._waiting: asyncio.Future[None] | None = None
        self._receiving: Receiving | None = None
        self._arrived: asyncio.Future[Arrived] | None = None

    @property
    def idle(self) -> bool:
        return self._waiting is not None and not self.envelope.mail_from

    def stop(self) -> None:
        """Close after what is being done now: at once, or after the message that is coming in."""
        self.stopping = True
        if self._waiting is not None:
            self.hang_up("421 4.3.2 Service shutting down")

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
        self._turn += len(data)
        if self._turn >= _TURN and self._reading and self.transport is not None:
            self._reading = False
            self.transport.pause_reading()
            self.loop.call_soon(self._next_turn)

    def _next_turn(self) -> None:
        self._turn = 0
        if len(self._lines) <= _SENT_AHEAD:
            self._resume()

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
        if self.transport is not None and not self.transport.is_closing():
            self.transport.resume_reading()

    def _charge(self, size: int) -> bool:
        self.context.memory.give(self._charged)
        self._charged = 0
        if size and not self.context.memory.take(size):
            return False
        self._charged = size
        return True

    def _input_ended(self) -> None:
        self._eof = True
        if self._ending:
            # Nobody will answer what lies here; what still comes, while the last reply is fetched, is dropped.
            self._lines.take_all()
            self._resume()
        self._wake()
        self._end_data(Arrived.CUT_OFF)
