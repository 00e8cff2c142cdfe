"""The overview, and its stream: the same piece anew whenever what came and went is written down."""

import asyncio
import secrets
from collections.abc import AsyncIterator

from markupsafe import Markup
from quart import Blueprint, Response, request

from mailapp import maillog
from mailapp.events import TRAFFIC, Stopping, Subscription
from mailapp.flow import machine
from mailapp.flow.traffic import BOUNDS_MS
from mailapp.store import overview
from mailapp.store.database import StoreError
from mailapp.web import metrics
from mailapp.web.access import COOKIE_SESSION
from mailapp.web.admin import admin_page
from mailapp.web.context import Site, context, site
from mailapp.web.frames import frame, hello, ping
from mailapp.web.overview_views import DAYS, OverviewView, overview_view
from mailapp.web.reader import Reader, current_account, current_reader
from mailapp.web.rows import Moment

blueprint = Blueprint("admin_overview", __name__)
EVENTS = "/admin/overview/events"
SENDERS = 8
WANTED = 3
COUNTED = 20
"""Batches of mail whose senders are counted before the page is shown."""
PING_S = 20.0
REST_S = 2.0
"""Seconds between two pushes."""
BUSY_RETRY_S = 8


@blueprint.get("/admin")
async def show() -> Response:
    await context().tallying.catch_up(COUNTED)
    return await _show()


@blueprint.post("/admin/metrics-tokens")
async def make_token() -> Response:
    """A new token for /metrics, shown once; the one before ends."""
    token = secrets.token_urlsafe(32)
    await context().database.write(metrics.keep, token, current_account().address)
    maillog.administered(current_account().address, "metrics token made", "/metrics")
    return await _show(token)


async def _show(token: str = "") -> Response:
    view = await _load(site(), current_reader())
    return await admin_page("admin_overview.html", "overview", view=view, events=EVENTS, token=token)


async def _load(site: Site, reader: Reader) -> OverviewView:
    known = site.context
    now = known.clock()
    found = await known.database.read(overview.load, int(now // 3600), DAYS, len(BOUNDS_MS) + 1, SENDERS, WANTED)
    return overview_view(Moment(reader, now), found, machine.memory(), machine.disk(known.database.path))


@blueprint.get(EVENTS)
async def events() -> Response:
    """Frames with the whole piece, until the session or its second step ends."""
    reader = current_reader()
    if not site().places.is_free(reader.token_hash):
        return Response("", 503, {"Retry-After": str(BUSY_RETRY_S), "Cache-Control": "no-store"})
    stream = _Stream(site(), reader, request.cookies.get(COOKIE_SESSION, ""))
    response = Response(stream.frames(), 200, content_type="text/event-stream; charset=utf-8")
    response.headers["Cache-Control"] = "no-store, no-transform"
    response.headers["X-Accel-Buffering"] = "no"
    response.timeout = None
    return response


class _Stream:
    """One open overview."""

    def __init__(self, site: Site, reader: Reader, token: str) -> None:
        self._site = site
        self._reader = reader
        self._token = token

    async def frames(self) -> AsyncIterator[bytes]:
        try:
            with (
                self._site.context.bus.subscribe(TRAFFIC) as subscription,
                self._site.places.taken(self._reader.token_hash, subscription) as held,
            ):
                if held:
                    async for piece in self._follow(subscription):
                        yield piece
        except StoreError:
            return

    async def _follow(self, subscription: Subscription) -> AsyncIterator[bytes]:
        yield hello(0)
        while True:
            if not await self._may_go_on():
                yield frame(self._piece("overview_paused"), 0)
                return
            yield frame(self._piece("overview_again", await _load(self._site, self._reader)), 0)
            await asyncio.sleep(REST_S)
            happened = await subscription.several(PING_S)
            if any(isinstance(each, Stopping) for each in happened):
                return
            if not happened:
                yield ping(0)

    async def _may_go_on(self) -> bool:
        """Asked before every push: still an admin, logged in, the second step not over."""
        known = self._site.context
        found = await known.signing_in.account_of(self._token)
        standing = self._site.second_steps.stands(self._reader.token_hash, known.clock())
        return found is not None and found.account.is_admin and standing

    def _piece(self, name: str, *values: object) -> Markup:
        return self._site.pages.macro(self._reader.language, name, "admin/overview")(*values).strip()
