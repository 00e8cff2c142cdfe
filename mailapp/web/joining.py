"""The page behind an invitation or a reset: whoever has the link chooses the password, once."""

from dataclasses import replace

from quart import Blueprint, Response, request

from mailapp.flow.accounts import LinkRefused
from mailapp.flow.passwords import PasswordTooShort
from mailapp.flow.signing_in import LoginRefused
from mailapp.values import dataclass
from mailapp.web.account_views import too_short
from mailapp.web.context import context
from mailapp.web.forms import text
from mailapp.web.fragments import page, see_other
from mailapp.web.reader import current_reader
from mailapp.web.session import LONGEST_PASSWORD, keep

blueprint = Blueprint("joining", __name__)
TOKEN_LONGEST = 100


@dataclass(frozen=True, slots=True)
class JoinForm:
    token: str
    address: str = ""
    name: str = ""
    error: str = ""
    """What is wrong with the password."""


@blueprint.get("/join")
async def form() -> Response:
    """?token=: the form, or what to do where the link no longer works (410)."""
    token = request.args.get("token", "")[:TOKEN_LONGEST]
    try:
        account = await context().accounts.invited(token)
    except LinkRefused as refused:
        return await _gone(refused)
    if account is None:
        return await _gone(LinkRefused())
    return await page("join.html", form=JoinForm(token, account.address, account.name))


@blueprint.post("/join")
async def join() -> Response:
    """Fields token, name, password: 303 into the inbox, or the form again."""
    given = await request.form
    token, password = given.get("token", "")[:TOKEN_LONGEST], given.get("password", "")[:LONGEST_PASSWORD]
    try:
        account = await context().accounts.invited(token)
        if account is None:
            return await _gone(LinkRefused())
        filled = JoinForm(token, account.address, text(given, "name", 200))
        await context().accounts.choose_password(token, filled.name, password)
    except PasswordTooShort:
        return await page("join.html", 422, form=replace(filled, error=too_short(current_reader())))
    except LinkRefused as refused:
        return await _gone(refused)
    response = see_other("/")
    peer, agent = request.remote_addr or "", request.headers.get("User-Agent", "")
    try:
        keep(response, (await context().signing_in.log_in(account.address, password, peer, agent))[0])
    except LoginRefused:
        return see_other("/login")
    return response


async def _gone(refused: LinkRefused) -> Response:
    # closed for now: the link works again when registration is opened
    return await page("join.html", 403 if refused.closed else 410, form=None, closed=refused.closed)
