"""The page of the first start: makes the first account, then is gone."""

from dataclasses import replace

from quart import Blueprint, Response, abort, request

from mailapp.flow.passwords import PasswordTooShort
from mailapp.flow.signing_in import FirstAccount, LoginRefused, SetupRefused
from mailapp.mail.address import fold, is_valid
from mailapp.values import dataclass
from mailapp.web.context import context
from mailapp.web.forms import text
from mailapp.web.fragments import page, see_other
from mailapp.web.reader import current_reader
from mailapp.web.session import LONGEST_PASSWORD, keep

blueprint = Blueprint("setup", __name__)


@dataclass(frozen=True, slots=True)
class SetupForm:
    hostname: str
    token: str
    local: str = ""
    domain: str = ""
    name: str = ""
    catch_all: bool = True
    error_field: str = ""
    """local, domain, name or password; "" where the error is about none of them."""
    error_text: str = ""


@blueprint.get("/setup")
async def form() -> Response:
    """The form, for who has the link; 404 once there is an account."""
    token = request.args.get("token", "")
    if not await context().signing_in.setup_open(token):
        abort(404)
    return await page("setup.html", form=SetupForm(context().config.hostname, token))


@blueprint.post("/setup")
async def set_up() -> Response:
    """Fields local, domain, name, password, catch_all, token: 303 into the inbox, or the form again."""
    given = await request.form
    filled = SetupForm(
        hostname=context().config.hostname,
        token=given.get("token", ""),
        local=text(given, "local", 64),
        domain=text(given, "domain", 253).rstrip("."),
        name=text(given, "name", 200),
        catch_all=given.get("catch_all") == "1",
    )
    signing_in, password = context().signing_in, given.get("password", "")[:LONGEST_PASSWORD]
    if not await signing_in.setup_open(filled.token):
        abort(404)
    wrong = _wrong(filled)
    if wrong is not None:
        return await page("setup.html", 422, form=wrong)
    first = FirstAccount(fold(f"{filled.local}@{filled.domain}"), filled.name, password, filled.catch_all)
    try:
        account = await signing_in.set_up(filled.token, first)
    except PasswordTooShort:
        short = current_reader().gettext("A password has at least 12 characters.")
        return await page("setup.html", 422, form=replace(filled, error_field="password", error_text=short))
    except SetupRefused:
        abort(404)
    response = see_other("/")
    peer, agent = request.remote_addr or "", request.headers.get("User-Agent", "")
    try:
        keep(response, (await signing_in.log_in(account.address, password, peer, agent))[0])
    except LoginRefused:
        return see_other("/login")
    return response


def _wrong(filled: SetupForm) -> SetupForm | None:
    """The form with what is wrong in it, None where it can be used."""
    _ = current_reader().gettext
    if "." not in filled.domain or not is_valid(f"postmaster@{filled.domain}"):
        text_ = _("This is not a domain. Example: example.com")
        return replace(filled, error_field="domain", error_text=text_)
    if not is_valid(f"{filled.local}@{filled.domain}"):
        text_ = _("This cannot stand before the @. Example: ann")
        return replace(filled, error_field="local", error_text=text_)
    return None
