"""The site: one Quart application, what happens before and after every request, and its blueprints."""

import asyncio
import gzip

from quart import Response, abort, request

from mailapp.http.bodies import LimitedConnection
from mailapp.resources import root
from mailapp.web import (
    access,
    admin,
    admin_access,
    bodies,
    choices,
    codes,
    colours,
    compose,
    conversation,
    deletions,
    draft_files,
    drafts,
    emptyings,
    errors,
    files,
    flags,
    folder_pages,
    headers,
    health,
    images,
    inbox,
    labelings,
    large_forms,
    live,
    logos,
    message,
    moves,
    offline,
    origin,
    originals,
    people,
    queue,
    saved_searches,
    search,
    session,
    session_ends,
    settings,
    submissions,
    undos,
    unsubscribes,
    verification,
    views,
)
from mailapp.web.context import EXTENSION, Site, WebContext
from mailapp.web.fragments import GZIP_FROM
from mailapp.web.pages import Pages
from mailapp.web.parts import Part, PartedSite
from mailapp.web.proxies import TrustedProxies

BODY_TIMEOUT_S = 60
GZIP_LEVEL = 1
"""50 rows: 0.3 ms at level 1, 1 ms at 6, for a tenth less."""
GZIP_LARGE = 65_536
"""Bytes from which packing leaves the event loop (zlib releases the GIL)."""
ADMINISTRATION = ("mailapp.web.administration", (admin_access.ROOT,))
"""Loaded with the first request of an admin who gave their password once more: it is a tenth of all our memory."""
SELDOM = (
    "mailapp.web.seldom",
    (
        "/aliases",
        "/alias-states",
        "/alias-deletions",
        "/api/docs",
        "/join",
        "/metrics",
        "/receiving",
        "/relay-events",
        "/retention",
        "/retention-rules",
        "/retention-rule-removals",
        "/setup",
        "/token-ends",
        "/tokens",
        "/transfers",
        "/view-links",
        "/view-link-ends",
    ),
)
LETTERS = (compose, drafts, draft_files, submissions, people, queue)
FILING = (moves, deletions, labelings, choices, emptyings, undos, folder_pages)
READING = (message, conversation, files, flags, images, colours, originals, unsubscribes)
MAIL = (inbox, codes, *READING, live, search, saved_searches, *FILING)
NOUNS = (
    *MAIL,
    *LETTERS,
    views,
    verification,
    session,
    session_ends,
    settings,
    offline,
    health,
    logos,
    admin,
)


def create_site(context: WebContext) -> PartedSite:
    """Make the application. `context` is app.py's; nothing here outlives it."""
    app = PartedSite("mailapp.web", static_folder=None, template_folder=None)
    app.parts = [Part(*ADMINISTRATION), Part(*SELDOM)]
    app.request_class = bodies.request_class(context.config.max_message_size, context.config.spool_dir)
    app.asgi_http_class = LimitedConnection
    app.config.update(
        MAX_CONTENT_LENGTH=bodies.LONGEST,
        MAX_FORM_MEMORY_SIZE=bodies.LONGEST,
        MAX_FORM_PARTS=bodies.PARTS,
        BODY_TIMEOUT=BODY_TIMEOUT_S,
        PROVIDE_AUTOMATIC_OPTIONS=False,
    )
    pages = Pages(root())
    app.extensions[EXTENSION] = Site(context, pages)
    app.url_map.converters["id"] = access.IdConverter
    app.register_blueprint(pages.assets.blueprint())
    for noun in NOUNS:
        app.register_blueprint(noun.blueprint)
    errors.register(app)
    app.before_request(_same_origin)
    app.before_request(access.identify)
    app.before_request(_limit_body)
    app.before_request(large_forms.admit)
    app.before_request(admin_access.guard)
    app.after_request(_finish)
    app.teardown_request(large_forms.dismiss)
    proxies = app.extensions[EXTENSION].proxies = TrustedProxies(app.asgi_app, context.config.trusted_proxies)
    app.asgi_app = proxies  # type: ignore[method-assign]
    return app


async def _same_origin() -> None:
    if not origin.is_allowed(request, access.COOKIE_SESSION):
        abort(403)


async def _limit_body() -> None:
    await bodies.limit(request)


async def _finish(response: Response) -> Response:
    await _compress(response)
    return headers.secure(response)


async def _compress(response: Response) -> None:
    """Pack HTML; streams, files and what is packed already stay as they are."""
    if response.mimetype != "text/html" or "gzip" not in request.headers.get("Accept-Encoding", ""):
        return
    body = await response.get_data(as_text=False)
    if len(body) < GZIP_FROM or "Content-Encoding" in response.headers:
        return
    large = len(body) >= GZIP_LARGE
    response.set_data(await asyncio.to_thread(_packed, body) if large else _packed(body))
    response.headers["Content-Encoding"] = "gzip"


def _packed(body: bytes) -> bytes:
    return gzip.compress(body, GZIP_LEVEL, mtime=0)
