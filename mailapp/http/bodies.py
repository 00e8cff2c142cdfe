"""Request bodies: counted as a whole, and taken from the connection no faster than somebody reads them."""

import asyncio
from collections.abc import Awaitable, Callable, Generator
from typing import Any

from quart import Request
from quart.asgi import ASGIHTTPConnection
from quart.wrappers.request import Body
from werkzeug.exceptions import RequestEntityTooLarge

HELD = 262_144
"""Bytes of a body that wait for their reader; then nothing more is taken from the connection."""


class LimitedBody(Body):
    """A body that is counted as a whole, and that slows its sender down where it is read in pieces.

    Quart's own counts only what waits, and takes everything at once.
    """

    def __init__(self, expected_content_length: int | None, max_content_length: int | None) -> None:
        super().__init__(expected_content_length, max_content_length)
        self._received = 0
        self._whole = False
        self._room = asyncio.Event()

    def narrow(self, longest: int) -> None:
        """Answer 413 above so many bytes, those that are here already included."""
        self._max_content_length = longest
        self._judge()

    def append(self, data: bytes) -> None:
        self._received += len(data)
        super().append(data)
        self._judge()

    def _judge(self) -> None:
        if self._max_content_length is not None and self._received > self._max_content_length:
            self._must_raise = RequestEntityTooLarge()
            self.clear()
            self.set_complete()

    async def __anext__(self) -> bytes:
        data = await super().__anext__()
        self._room.set()
        return data

    def __await__(self) -> Generator[Any, None, Any]:
        self._whole = True
        self._room.set()
        return super().__await__()

    async def room(self) -> None:
        """Wait until more may be taken from the connection."""
        while len(self._data) >= HELD and not self._whole:
            self._room.clear()
            await self._room.wait()


class LimitedConnection(ASGIHTTPConnection):
    """Takes no more of a body than its reader keeps up with."""

    async def handle_messages(self, request: Request, receive: Callable[[], Awaitable[Any]]) -> None:
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                return
            if message["type"] == "http.request":
                body = request.body
                body.append(message.get("body", b""))
                if not message.get("more_body", False):
                    body.set_complete()
                elif isinstance(body, LimitedBody):
                    await body.room()
