"""/v/<token>: what a view link shows, without a session. Everything it reaches lies below its own path.

The first page shows nothing of the mail: chat programs that preview links see only that, and an open is counted by the
press on it. Every link there is not, or no longer, is answered with one and the same page.
"""

import re
import sqlite3

from markupsafe import Markup
from quart import Blueprint, Response, abort, request
from werkzeug.exceptions import HTTPException

from mailapp.flow.viewing import TooManyGuesses, Visit, new_visit
from mailapp.mail.message import Message
from mailapp.store import codes, messages, views
from mailapp.store.codes import StoredCode
from mailapp.store.messages import StoredMessage
from mailapp.store.views import MESSAGE, ViewLink
from mailapp.web import headers
from mailapp.web.context import context, site
from mailapp.web.files import sent_part
from mailapp.web.fragments import answer, page, see_other
from mailapp.web.letters import FOLD
from mailapp.web.reader import current_reader
from mailapp.web.session import is_secure
from mailapp.web.view_stream import stream
from mailapp.web.viewed import base_of, held, items_html, shared_message, shared_page

blueprint = Blueprint("views", __name__)
COOKIE_VISIT = "view"
"""Below a link's own path: what the browser that opened it is known by."""
VISIT = re.compile(r"[\w-]{43}", re.ASCII)


@blueprint.after_request
async def unlisted(response: Response) -> Response:
    """Nothing of it is for search engines."""
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Robots-Tag"] = "noindex, nofollow, noarchive"
    return response


@blueprint.errorhandler(404)
async def gone(error: HTTPException) -> Response:
    """Unknown, expired, revoked, used up, not of this link: nobody is told which."""
    return await page("view_gone.html", 404, retry_after=0)


@blueprint.errorhandler(TooManyGuesses)
async def slower(error: TooManyGuesses) -> Response:
    response = await page("view_gone.html", 429, retry_after=error.retry_after)
    response.headers["Retry-After"] = str(error.retry_after)
    return response


@blueprint.get("/v/<token>")
async def view(token: str) -> Response:
    """Before the press a page with the button, then what the link shows."""
    visit, base = await _visit(token), base_of(token)
    if not visit.opened:
        return await page("view.html", base=base, visit=new_visit())
    link, reader = visit.link, current_reader()
    if link.kind == MESSAGE:
        return await _message(link, base, link.message_id)
    found = await context().database.read(held, link)
    return await page(
        "view_list.html",
        shared=shared_page(site(), reader, link, base),
        items=items_html(site(), reader, link, base, found),
    )


@blueprint.post("/v/<token>/opens")
async def press(token: str) -> Response:
    """Field visit, from the page with the button: pressed twice it is one open."""
    visit, base = await _visit(token), base_of(token)
    if visit.opened:
        return see_other(base)
    given = (await request.form).get("visit", "")
    known = given if VISIT.fullmatch(given) else new_visit()
    agent = request.headers.get("User-Agent", "")
    if not await context().viewing.open(visit.link, known, request.remote_addr or "", agent):
        abort(404)
    response = see_other(base)
    left_s = visit.link.expires_at // 1000 - int(context().clock())
    response.set_cookie(
        COOKIE_VISIT, known, max_age=max(left_s, 1), path=base, httponly=True, samesite="Lax", secure=is_secure()
    )
    return response


@blueprint.get("/v/<token>/messages/<id:message_id>")
async def message(token: str, message_id: int) -> Response:
    """One message the link shows; ?images=1 loads its remote images."""
    return await _message((await _opened(token)).link, base_of(token), message_id)


@blueprint.get("/v/<token>/messages/<id:message_id>/body")
async def body(token: str, message_id: int) -> Response:
    """Its HTML, sanitised, as the document of the mail frame."""
    link, reader, remote = (await _opened(token)).link, current_reader(), request.args.get("images") == "1"
    _, letter, _ = await _covered(link, message_id, whole=True)
    safe = await site().letters.sanitized(message_id, letter, remote=remote, base=base_of(token), link_id=link.id)
    if safe.refused or not letter.html:
        abort(404)
    html = site().pages.page(
        reader.language,
        "partials/message/frame.html",
        body=Markup(safe.html.replace(FOLD, reader.gettext("Quoted text"))),  # noqa: S704 - sanitised, in its frame
        letter=safe,
        theme=reader.theme,
        adapted=False,
    )
    return await answer(html, headers={"Content-Security-Policy": headers.frame_policy(remote=remote)})


@blueprint.get("/v/<token>/messages/<id:message_id>/attachments/<id:number>")
@blueprint.get("/v/<token>/messages/<id:message_id>/attachments/<id:number>/<path:name>")
async def attachment(token: str, message_id: int, number: int, name: str = "") -> Response:
    """A file of a message the link shows whole."""
    stored, letter, _ = await _covered((await _opened(token)).link, message_id, whole=True)
    part = next((each for each in letter.attachments if each.number == number), None)
    if part is None:
        abort(404)
    return await sent_part(stored.content_id, part)


@blueprint.get("/v/<token>/events")
async def events(token: str) -> Response:
    """What comes to the page while it is open."""
    visit = request.cookies.get(COOKIE_VISIT, "")
    return stream(site(), current_reader(), (await _opened(token)).link, token, visit)


@blueprint.get("/v/")
@blueprint.get("/v/<path:rest>")
async def nothing(rest: str = "") -> Response:
    abort(404)


async def _visit(token: str) -> Visit:
    """404 where there is no such link for this visitor. Raises TooManyGuesses."""
    found = await context().viewing.visit(token, request.cookies.get(COOKIE_VISIT, ""), request.remote_addr or "")
    return found or abort(404)


async def _opened(token: str) -> Visit:
    """The same, and only after the press."""
    visit = await _visit(token)
    return visit if visit.opened else abort(404)


async def _covered(
    link: ViewLink, message_id: int, *, whole: bool = False
) -> tuple[StoredMessage, Message, StoredCode | None]:
    """A message the link shows, `whole` only of one that shows HTML and files; else 404."""
    letters = site().letters

    def find(db: sqlite3.Connection) -> tuple[StoredMessage, Message, StoredCode | None] | None:
        stored = messages.get(db, link.account_id, message_id) if views.covers(db, link, message_id) else None
        if stored is None:
            return None
        code = codes.of_message(db, link.account_id, message_id)
        return stored, letters.parsed(db, stored.content_id), code

    found = await context().database.read(find) if link.whole or not whole else None
    return found or abort(404)


async def _message(link: ViewLink, base: str, message_id: int) -> Response:
    reader, images = current_reader(), request.args.get("images") == "1"
    stored, letter, code = await _covered(link, message_id)
    shown = await shared_message(site(), reader, link, base, stored, letter, code, images=images)
    shared = shared_page(site(), reader, link, base, title=shown.subject, live=link.kind == MESSAGE)
    return await page("view_message.html", shared=shared, message=shown)
