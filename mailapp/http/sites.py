"""The pages and the API behind one port: two applications that know nothing of each other."""

from typing import Any

from quart import Quart

API = "/api/"
DOCS = "/api/docs"
"""A page like the others, for people."""


class Sites:
    """ASGI: a request goes to one of the two by its path."""

    def __init__(self, pages: Quart, api: Quart) -> None:
        self.pages = pages
        self.api = api

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            await self._live(receive, send)
            return
        path = scope.get("path", "")
        to_api = (path.startswith(API) or path == API[:-1]) and path != DOCS
        await (self.api if to_api else self.pages)(scope, receive, send)

    async def _live(self, receive: Any, send: Any) -> None:
        """Start and end both with the server."""
        await receive()
        await self.pages.startup()
        await self.api.startup()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await self.api.shutdown()
        await self.pages.shutdown()
        await send({"type": "lifespan.shutdown.complete"})
