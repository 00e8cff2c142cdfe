"""GET /events: bus -> journal -> partials -> server-sent events.

Subscribe first, then replay, then follow: every push reads the journal from where this stream stands, so nothing is
missed between a page and its stream, nothing comes twice, and a queue that overflowed costs nothing but a read.
"""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

from quart import Blueprint, Response, request

from mailapp.events import Changed, Event, SessionsRevoked, Stopping, Subscription
from mailapp.flow.traffic import SHOWN
from mailapp.store.accounts import Account
from mailapp.store.changes import DELIVERED, DISPLAY, QUEUE
from mailapp.store.database import StoreError
from mailapp.web.access import COOKIE_SESSION, refuse
from mailapp.web.code_frames import WALL
from mailapp.web.context import Site, site
from mailapp.web.feed import Batch
from mailapp.web.folders import INBOX, key_of
from mailapp.web.frames import batch_html, frame, hello, ping
from mailapp.web.reader import Reader, current_reader
from mailapp.web.search_live import watch

PING_S = 20.0
"""Seconds of silence after which a sign of life is sent: only a failed write shows that a peer has vanished."""
CROWD = 3
"""Messages in one push from which the next one waits: in a flood, fewer and fuller frames."""
CROWD_PAUSE_S = 0.02
"""For each of them."""
LONGEST_PAUSE_S = 0.25
"""Seconds a flooded list may be behind: nobody reads rows that pass faster."""
BUSY_RETRY_S = 8
"""What a page beyond the streams of its session is told to wait; live.js and hx-sse back off to it by themselves."""
FRESH_MS = 5_000
"""Age of a message above which it is not the stream that was slow."""
UNKNOWN = -1
"""A position nobody can replay from: it is answered with a reset."""

blueprint = Blueprint("live", __name__)


@blueprint.get("/events")
async def events() -> Response:
    reader = current_reader()
    if reader.account is None:
        return refuse()
    if not site().places.is_free(reader.token_hash):
        return Response("", 503, {"Retry-After": str(BUSY_RETRY_S), "Cache-Control": "no-store"})
    token = request.cookies.get(COOKIE_SESSION, "")
    since = _position(request.headers.get("Last-Event-ID") or request.args.get("since", ""))
    view = request.args.get("view", INBOX)
    stream = Stream(site(), reader, token, WALL if view == f"/{WALL}" else key_of(view), since)
    response = Response(stream.frames(), 200, content_type="text/event-stream; charset=utf-8")
    response.headers["Cache-Control"] = "no-store, no-transform"
    response.headers["X-Accel-Buffering"] = "no"
    response.timeout = None
    return response


class Stream:
    """One open stream of one reader, beside one list."""

    def __init__(self, site: Site, reader: Reader, token: str, key: str, since: int | None) -> None:
        self.site = site
        self.reader = reader
        self.token = token
        self.key = key
        self.since = since

    async def frames(self) -> AsyncIterator[bytes]:
        """Frames until the session or the process ends, or the store fails: the browser then comes back by itself."""
        account = self.reader.account
        assert account is not None
        try:
            with (
                self.site.context.bus.subscribe(account.id) as subscription,
                self.site.places.taken(self.reader.token_hash, subscription) as held,
            ):
                if not held:
                    return
                async for piece in self._follow(account.id, subscription):
                    yield piece
        except StoreError:
            return

    async def _follow(self, account_id: int, subscription: Subscription) -> AsyncIterator[bytes]:
        database, feed = self.site.context.database, self.site.feed
        upto: int | None = None
        if self.since is None:
            self.since = (await feed.load(database, account_id, UNKNOWN, None)).seq
        yield hello(max(self.since, 0))
        while True:
            batch = await feed.load(database, account_id, self.since, upto)
            account = await self._account()
            if account is None:
                yield frame("", max(self.since, 0), "signed-out")
                return
            self.since = batch.seq
            self.reader = replace(self.reader, account=account)
            if batch.changed is None:
                yield frame("", batch.seq, "reset")
            elif any(each.kind == DISPLAY for each in batch.changed):
                yield frame("", batch.seq, "display")
            elif batch.changed:
                context = self.site.context
                if "?" in self.key:
                    await watch(database, self.reader, batch, self.key)
                yield frame(batch_html(self.site.pages, self.reader, batch, self.key, context.clock()), batch.seq)
                self._time(batch)
                # what the queue does comes gathered already (flow/relay_ledger.py) and must not hold up new mail
                crowd = len({each.message_id for each in batch.changed if each.kind != QUEUE})
                if crowd >= CROWD:
                    await asyncio.sleep(min(crowd * CROWD_PAUSE_S, LONGEST_PAUSE_S))
            upto = None
            while upto is None:
                happened = await subscription.several(PING_S)  # many at once become one write
                if any(isinstance(each, Stopping) for each in happened):
                    return
                if subscription.lost:
                    subscription.lost = False
                    break
                if any(isinstance(each, SessionsRevoked) for each in happened):
                    break
                if not happened:
                    yield ping(self.since)
                upto = _newest(happened, self.since)

    def _time(self, batch: Batch) -> None:
        """Count how long mail that came just now took to get here; what a page catches up with was not slow."""
        now_ms, took = int(self.site.context.clock() * 1000), self.site.context.receiving.traffic.took
        for each in batch.changed or ():
            if each.kind == DELIVERED and 0 <= now_ms - (each.message_id >> 12) < FRESH_MS:
                took(SHOWN, now_ms - (each.message_id >> 12))

    async def _account(self) -> Account | None:
        """Whose session it is, None where it ended; from memory, invalidated by events."""
        found = await self.site.context.signing_in.account_of(self.token)
        return found.account if found is not None and found.token_hash == self.reader.token_hash else None


def _newest(happened: list[Event], since: int) -> int | None:
    """The highest number above `since` among the events, None where there is nothing new."""
    numbers = [each.seq for each in happened if isinstance(each, Changed)]
    return max(numbers) if numbers and max(numbers) > since else None


def _position(value: str) -> int | None:
    """A sequence number; None where none was given, UNKNOWN for nonsense."""
    if not value:
        return None
    return int(value) if value.isascii() and value.isdigit() and len(value) < 19 else UNKNOWN
