"""Page or fragment: the protocol between htmx and us in one file.

htmx asks for the same URL with HX-Request: true and gets a fragment; everybody else gets the whole page. What changes
beside the target travels as <hx-partial> elements.
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, unquote, urlsplit

from markupsafe import Markup
from quart import Response, request

from mailapp.web.context import site
from mailapp.web.reader import current_reader

SLASHES_WITHIN = 12
"""Characters of a path in which three encoded slashes or dots can stand."""
GZIP_FROM = 1_024
"""Bytes below which an answer is not compressed."""


def is_fragment() -> bool:
    """Whether htmx asks for a piece of the page (not for a page to restore from history)."""
    headers = request.headers
    return (
        headers.get("HX-Request") == "true"
        and headers.get("HX-Request-Type") != "full"
        and headers.get("HX-History-Restore-Request") != "true"
    )


def is_preload() -> bool:
    """Whether nobody looks at the answer yet: a prefetch must not mark anything read."""
    headers = request.headers
    return (
        "HX-Preloaded" in headers
        or "prefetch" in headers.get("Sec-Purpose", headers.get("Purpose", ""))
        or headers.get("Sec-Fetch-Dest", "document") not in ("document", "empty")
    )


def message_dom_id(message_id: int) -> str:
    """The id of a message's row, in every list."""
    return f"message-{message_id}"


def piece(file: str, name: str, *values: Any) -> Markup:
    """A macro of templates/partials/<file>.html in the reader's language."""
    return site().pages.macro(current_reader().language, name, file)(*values)


async def page(template: str, status: int = 200, **values: Any) -> Response:
    """A whole page with the globals of every template."""
    reader = current_reader()
    html = site().pages.page(
        reader.language,
        template,
        account=reader.account,
        theme=reader.theme,
        site_title=site().title,
        site_logo=site().logo,
        **values,
    )
    return await answer(html, status)


async def answer(html: str, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """HTML for a person's eyes only."""
    response = Response(html, status, dict(headers or {}), content_type="text/html; charset=utf-8")
    response.headers["Cache-Control"] = "no-store"
    response.headers["Vary"] = "HX-Request, Accept-Encoding, Cookie"
    return response


def see_other(path: str) -> Response:
    """303 to a path of ours; a fragment is told to load it as a page."""
    if is_fragment():
        return Response("", 200, {"HX-Redirect": path, "Cache-Control": "no-store"})
    return Response("", 303, {"Location": path, "Cache-Control": "no-store"})


def local_path(value: str, default: str = "/") -> str:
    """`value` where it is a path on this site, else `default`: what `next` and Referer are let through."""
    if not value.startswith("/") or any(ord(each) < 33 for each in value):
        return default
    # a proxy or a browser may decode or shorten the path before it follows it
    if unquote(value[:SLASHES_WITHIN]).startswith(("//", "/\\", "/.//", "/./\\")):
        return default
    parts = urlsplit(value)
    return default if parts.scheme or parts.netloc or "\\" in value else value


def login_path() -> str:
    """/login that leads back to where the reader is: the page on screen, not the fragment it asked for."""
    path = request.full_path.rstrip("?") if request.method == "GET" and not is_fragment() else current_path()
    return "/login" if path in ("/", "") else f"/login?next={quote(path, safe='/')}"


def current_path() -> str:
    """Path and query of the page the reader looks at, "" where that is unknown or not ours."""
    parts = urlsplit(request.headers.get("HX-Current-URL") or request.headers.get("Referer", ""))
    if parts.netloc != request.host:
        return ""
    return local_path(parts.path + (f"?{parts.query}" if parts.query else ""), "")
