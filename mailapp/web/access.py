"""Who may see what: the session of a request, and what it is refused with."""

from collections.abc import Awaitable, Callable
from functools import wraps
from typing import ParamSpec

from quart import Response, current_app, g, request
from werkzeug.routing import BaseConverter

from mailapp.web.context import context, site
from mailapp.web.fragments import is_fragment, login_path, see_other
from mailapp.web.reader import read_from

COOKIE_SESSION = "session"
PUBLIC_PREFIXES = ("/static/", "/healthz", "/metrics", "/logo", "/relay-events/", "/v/")
P = ParamSpec("P")


class IdConverter(BaseConverter):
    """A positive integer below 2^63 without a leading zero; anything else is no such page."""

    regex = "[1-9][0-9]{0,17}"

    def to_python(self, value: str) -> int:
        return int(value)


async def identify() -> None:
    """Before every request: find the session and make the reader."""
    if request.path.startswith(PUBLIC_PREFIXES):
        g.reader = read_from(request, None, b"")
        return
    default = await _settle()
    token = request.cookies.get(COOKIE_SESSION, "")
    found = await context().signing_in.account_of(token) if token else None
    g.reader = read_from(request, found.account if found else None, found.token_hash if found else b"", default)


async def _settle() -> str:
    """Let the site be as its settings say; its default language."""
    found, here = await context().settings.current(), site()
    here.title, here.logo = found.title, f"/logo?v={found.logo}" if found.logo else ""
    if here.proxies is not None:
        here.proxies.networks = found.proxies
    return found.language


def requires_account(view: Callable[P, Awaitable[Response]]) -> Callable[P, Awaitable[Response]]:
    """Only with a session; without, a page leads to /login and a fragment gets 401 with HX-Redirect."""

    @wraps(view)
    async def guarded(*args: P.args, **kwargs: P.kwargs) -> Response:
        if g.reader.account is None:
            return refuse()
        return await current_app.ensure_async(view)(*args, **kwargs)

    return guarded


def refuse() -> Response:
    """The answer to someone who is not logged in."""
    target = login_path()
    if is_fragment() or request.path == "/events":
        return Response("", 401, {"HX-Redirect": target, "Cache-Control": "no-store"})
    return see_other(target)
