"""Logging in and out."""

from quart import Blueprint, Response, request

from mailapp.flow.signing_in import SESSION_MS, LoginRefused
from mailapp.values import dataclass
from mailapp.web.access import COOKIE_SESSION
from mailapp.web.context import context
from mailapp.web.forms import text
from mailapp.web.fragments import local_path, page, see_other
from mailapp.web.reader import current_reader

blueprint = Blueprint("session", __name__)
LONGEST_PASSWORD = 4_096


@dataclass(frozen=True, slots=True)
class LoginForm:
    address: str = ""
    error: str = ""
    next: str = ""
    retry_after: int = 0
    """Seconds; 0 where nothing has to be waited for."""


@blueprint.get("/login")
async def form() -> Response:
    following = local_path(request.args.get("next", ""), "")
    if current_reader().account is not None:
        return see_other(following or "/")
    return await page("login.html", form=LoginForm(next=following))


@blueprint.post("/login")
async def log_in() -> Response:
    """Fields address, password, next (a path of ours): 303 with the session's cookie, or the form again."""
    given = await request.form
    address, following = text(given, "address"), local_path(given.get("next", ""), "")
    try:
        token, _ = await context().signing_in.log_in(
            address,
            given.get("password", "")[:LONGEST_PASSWORD],
            request.remote_addr or "",
            request.headers.get("User-Agent", ""),
        )
    except LoginRefused as refusal:
        return await _refused(address, following, refusal.retry_after)
    response = see_other(following or "/")
    keep(response, token)
    return response


async def _refused(address: str, following: str, retry_after: int) -> Response:
    reader = current_reader()
    if retry_after:
        error = reader.ngettext(
            "Too many tries. Try again in {number} second.",
            "Too many tries. Try again in {number} seconds.",
            retry_after,
        ).format(number=retry_after)
    else:
        error = reader.gettext("The address or the password is wrong.")
    response = await page(
        "login.html", 429 if retry_after else 401, form=LoginForm(address, error, following, retry_after)
    )
    if retry_after:
        response.headers["Retry-After"] = str(retry_after)
    return response


@blueprint.post("/logout")
async def log_out() -> Response:
    """End the session and its open streams."""
    token = request.cookies.get(COOKIE_SESSION, "")
    if token:
        await context().signing_in.log_out(token)
    response = see_other("/login")
    response.delete_cookie(COOKIE_SESSION, httponly=True, samesite="Lax", secure=is_secure())
    response.headers["Clear-Site-Data"] = '"cache"'
    return response


def keep(response: Response, token: str) -> None:
    """Give the browser its session."""
    response.set_cookie(
        COOKIE_SESSION, token, max_age=SESSION_MS // 1_000, httponly=True, samesite="Lax", secure=is_secure()
    )


def is_secure() -> bool:
    """Whether the cookie is for https alone."""
    return context().config.secure or request.scheme == "https"
