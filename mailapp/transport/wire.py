"""A connection once it is ready for mail: commands out, replies in, in order."""

import asyncio
from collections import deque
from collections.abc import Callable

from mailapp.transport.target import Log, Reply, make_reply, one_line

_REPLY_LIMIT = 32_768
"""Bytes of one reply; a relay that talks without end must not fill memory."""


class Lost(Exception):
    """The connection is of no use any more. `kind`: "dropped", "timeout" or "nonsense"."""

    def __init__(self, kind: str) -> None:
        super().__init__(kind)
        self.kind = kind


class Wire(asyncio.Protocol):
    """Takes a transport over from aiosmtplib after the login.

    Why not its own protocol: that one keeps one reply at a time, so commands cannot be sent together (RFC 2920), and
    its DATA wants the message in one piece, which for 35 MB means some 100 MB beside the copy on disk.
    """

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop, log: Log | None = None) -> None:
        self._transport = transport
        self._loop = loop
        self._log = log
        self._buffer = bytearray()
        self._lines: list[str] = []
        self._length = 0
        self._replies: deque[Reply] = deque()
        self._owed = 0
        self._paused = False
        self._waiter: asyncio.Future[None] | None = None
        self._closed: asyncio.Future[None] = loop.create_future()
        self.lost = ""
        """Why the connection is of no use any more; "" while it is."""
        self.unasked: Reply | None = None
        """A reply nobody asked for: 421 before the relay hangs up, or a refusal in the middle of the content."""
        self.ending = False
        """The relay said 421: it is about to hang up."""

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        start = 0
        while not self.lost:
            end = self._buffer.find(b"\n", start)
            if end < 0:
                break
            self._line(bytes(self._buffer[start:end]).rstrip(b"\r"))
            start = end + 1
        del self._buffer[:start]
        if self._length + len(self._buffer) > _REPLY_LIMIT:
            self.abort("nonsense")

    def connection_lost(self, exc: Exception | None) -> None:
        self.lost = self.lost or "dropped"
        if not self._closed.done():
            self._closed.set_result(None)
        self._wake()

    def pause_writing(self) -> None:
        self._paused = True

    def resume_writing(self) -> None:
        self._paused = False
        self._wake()

    @property
    def is_open(self) -> bool:
        """What is written may still arrive."""
        return not self.lost and not self._transport.is_closing()

    @property
    def usable(self) -> bool:
        """Open, not about to end, and everything that came was asked for."""
        return self.is_open and not self.ending and self.unasked is None

    def write(self, data: bytes, answers: int = 0) -> None:
        """Send bytes that the relay answers with this many replies."""
        self._owed += answers
        if not self.lost:
            self._transport.write(data)

    async def answer(self, timeout: float) -> Reply:
        """The next reply; raises Lost when there is none within `timeout` seconds."""
        if not self._replies:
            await self._until(lambda: bool(self._replies), timeout)
        if not self._replies:
            raise Lost(self.lost)
        return self._replies.popleft()

    async def drain(self, timeout: float) -> None:
        """Return when the relay has taken enough to be sent more, or has said something unasked; raises Lost."""
        await self._until(lambda: not self._paused or self.unasked is not None, timeout)
        if self.lost and self.unasked is None:
            raise Lost(self.lost)

    def abort(self, kind: str = "dropped") -> None:
        """Cut the connection, at once and for whatever reason."""
        self.lost = self.lost or kind
        self._transport.abort()
        self._wake()

    async def close(self, timeout: float) -> None:
        """Close, and wait at most this long for the relay to do so too."""
        self._transport.close()
        try:
            await asyncio.wait_for(asyncio.shield(self._closed), timeout)
        except TimeoutError:
            self._transport.abort()

    def _line(self, line: bytes) -> None:
        text = line.decode("utf-8", "replace")
        if self._log is not None:
            self._log("<", one_line(text))
        code = text[:3]
        if len(code) < 3 or not (code.isascii() and code.isdigit()) or not 200 <= int(code) < 600:
            self.abort("nonsense")
            return
        self._lines.append(text[4:])
        self._length += len(line)
        if text[3:4] == "-":
            return
        reply = make_reply(int(code), self._lines)
        self._lines = []
        self._length = 0
        self.ending = self.ending or reply.code == 421
        if self._owed:
            self._owed -= 1
            self._replies.append(reply)
        elif self.unasked is None:
            self.unasked = reply
        self._wake()

    async def _until(self, done: Callable[[], bool], timeout: float) -> None:
        """Wait until done() or lost. Every reply, and every time the relay takes bytes, begins the wait anew."""
        while not done() and not self.lost:
            self._waiter = self._loop.create_future()
            timer = self._loop.call_later(timeout, self.abort, "timeout")
            try:
                await self._waiter
            finally:
                timer.cancel()
                self._waiter = None

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)
