"""The stream of an open view link: what it shows, anew whenever that changes, until the link ends.

Subscribe first, then look, then follow; the whole list is pushed, so there is nothing to replay. Before every push
the store is asked whether the link still stands.
"""

import asyncio
import sqlite3
from collections.abc import AsyncIterator

from quart import Response

from mailapp.events import Stopping, Subscription
from mailapp.flow.viewing import hash_, look
from mailapp.store.database import StoreError
from mailapp.store.views import ViewLink
from mailapp.web.context import Site
from mailapp.web.frames import frame, hello, ping
from mailapp.web.reader import Reader
from mailapp.web.viewed import Held, base_of, gist, held, items_html

PING_S = 20.0
"""Seconds of silence after which a sign of life is sent."""
REST_S = 0.15
"""Seconds between two looks: in a flood, whatever of it the link shows, fewer of them."""
STREAMS = 1_000
"""Open streams of all links together."""
BUSY_RETRY_S = 8


def stream(site: Site, reader: Reader, link: ViewLink, token: str, visit: str) -> Response:
    """The answer to GET /v/<token>/events of a visitor who opened the link; 503 where too many look at it."""
    if not site.view_places.is_free(hash_(token)) or site.view_places.total >= STREAMS:
        return Response("", 503, {"Retry-After": str(BUSY_RETRY_S), "Cache-Control": "no-store"})
    frames = ViewStream(site, reader, link, token, visit).frames()
    response = Response(frames, 200, content_type="text/event-stream; charset=utf-8")
    response.headers["Cache-Control"] = "no-store, no-transform"
    response.headers["X-Accel-Buffering"] = "no"
    response.timeout = None
    return response


class ViewStream:
    """One open stream of one visitor."""

    def __init__(self, site: Site, reader: Reader, link: ViewLink, token: str, visit: str) -> None:
        self.site = site
        self.reader = reader
        self.link = link
        self.base = base_of(token)
        self.token_hash, self.visit_hash = hash_(token), hash_(visit)

    async def frames(self) -> AsyncIterator[bytes]:
        """Frames until the link or the process ends, or the store fails: the browser then comes back by itself."""
        try:
            with (
                self.site.context.bus.subscribe(self.link.account_id) as subscription,
                self.site.view_places.taken(self.token_hash, subscription) as let_in,
            ):
                if let_in:
                    async for piece in self._follow(subscription):
                        yield piece
        except StoreError:
            return

    async def _follow(self, subscription: Subscription) -> AsyncIterator[bytes]:
        yield hello(0)
        shown: tuple[object, ...] | None = None
        while True:
            now_ms = int(self.site.context.clock() * 1000)
            found = await self.site.context.database.read(self._look, now_ms)
            if found is None:
                yield frame("", 0, "gone")
                return
            if gist(found) != shown:
                shown = gist(found)
                yield frame(items_html(self.site, self.reader, self.link, self.base, found), 0, "items")
            await asyncio.sleep(REST_S)
            left_s = (self.link.expires_at - now_ms) / 1000
            happened = await subscription.several(max(min(PING_S, left_s + 0.05), 0.05))
            if any(isinstance(each, Stopping) for each in happened):
                return
            if not happened:
                yield ping(0)

    def _look(self, db: sqlite3.Connection, now_ms: int) -> Held | None:
        """What the link shows, None where it no longer does."""
        visit = look(db, self.token_hash, self.visit_hash, now_ms)
        return held(db, visit.link) if visit is not None and visit.opened else None
