"""The pages and the API behind one port: two applications that know nothing of each other."""

import asyncio
import time
from collections.abc import Callable
from typing import Any

from quart import Quart

API = "/api/"
DOCS = "/api/docs"
"""A page like the others, for people."""
ASKED = "mailapp.asked_ms"
"""In the scope of a request for the API: when it came, ms since 1970. The first one waits for the API to load."""


class Sites:
    """ASGI: a request goes to one of the two by its path."""

    def __init__(self, pages: Quart, create_api: Callable[[], Quart]) -> None:
        """`create_api` is called in a thread when the first request for the API is there."""
        self.pages = pages
        self._create_api = create_api
        self._api: Quart | None = None
        self._creating = asyncio.Lock()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            await self._live(receive, send)
            return
        path = scope.get("path", "")
        to_api = (path.startswith(API) or path == API[:-1]) and path != DOCS
        if not to_api:
            await self.pages(scope, receive, send)
            return
        scope[ASKED] = time.time_ns() // 1_000_000
        await (await self.api())(scope, receive, send)

    async def api(self) -> Quart:
        """The API, made and started where it is not there yet: most servers are never asked for it."""
        async with self._creating:
            if self._api is None:
                api = await asyncio.to_thread(self._create_api)
                await api.startup()
                self._api = api
            return self._api

    async def _live(self, receive: Any, send: Any) -> None:
        """Start with the server, and end both with it."""
        await receive()
        await self.pages.startup()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        if self._api is not None:
            await self._api.shutdown()
        await self.pages.shutdown()
        await send({"type": "lifespan.shutdown.complete"})
