"""The account's tokens for scripts and programs: made here (and shown once), listed, revoked."""

from quart import Blueprint, Response, abort, request

from mailapp.flow.tokens import TokenRefused, checked
from mailapp.mail.recipients import parse_recipients
from mailapp.store import tokens
from mailapp.store.tokens import ADDRESSES, SCOPES, Token, TooManyTokens
from mailapp.values import dataclass
from mailapp.web.access import requires_account
from mailapp.web.context import context
from mailapp.web.forms import positive_id, text
from mailapp.web.fragments import page, see_other
from mailapp.web.reader import Reader, current_account, current_reader
from mailapp.web.rows import Moment, pretty_time

blueprint = Blueprint("tokens", __name__)
PLACE = "/tokens"
FIRST = (tokens.READ, tokens.CODES)
"""What is ticked before somebody chooses."""
DAYS = ("", "30", "90", "365")
"""Choices of when a token ends, in days; "" for never."""


@dataclass(frozen=True, slots=True)
class TokenView:
    """One token in the list."""

    id: int
    name: str
    scopes: str
    reach: str
    """The addresses it is limited to, or a word for all."""
    times: str


@dataclass(frozen=True, slots=True)
class TokensPage:
    """The page."""

    held: tuple[TokenView, ...]
    scopes: tuple[tuple[str, str], ...]
    """(scope, what it allows)."""
    days: tuple[tuple[str, str], ...]
    chosen: tuple[str, ...] = FIRST
    chosen_days: str = "90"
    name: str = ""
    addresses: str = ""
    secret: str = ""
    """A token that was just made: nobody can show it again."""
    error_field: str = ""
    """scopes, addresses or "" for the whole form."""
    error_text: str = ""


@blueprint.get("/tokens")
@requires_account
async def list_() -> Response:
    return await _page()


@blueprint.post("/tokens")
@requires_account
async def add() -> Response:
    """Fields name, scope (several), addresses, days: the page with the new token, or the form again."""
    given = await request.form
    scopes, days = tuple(given.getlist("scope")), given.get("days", "")
    typed = {"name": text(given, "name", tokens.NAME_LONGEST), "addresses": text(given, "addresses", 20_000)}
    filled = {"chosen": scopes, "chosen_days": days, **typed}
    if days not in DAYS:
        abort(400)
    _ = current_reader().gettext
    named = parse_recipients(typed["addresses"])
    wanted = [*(each.address for each in named.people), *named.wrong]
    try:
        new = checked(scopes, wanted, typed["name"], days, int(context().clock() * 1000))
        secret, _kept = await context().tokens.add(current_account().id, new)
    except TokenRefused as refusal:
        said = {
            "scopes": _("Choose at least one thing it may do."),
            "addresses": _("Not an address: {address}").format(address=refusal.value)
            if refusal.value
            else _("At most {number} addresses.").format(number=ADDRESSES),
        }
        if refusal.field not in said or any(each not in SCOPES for each in scopes):
            abort(400)
        return await _page(422, **filled, error_field=refusal.field, error_text=said[refusal.field])
    except TooManyTokens:
        said_many = _("There are {number} tokens already. Revoke one first.").format(number=tokens.MOST)
        return await _page(422, **filled, error_text=said_many)
    return await _page(secret=secret)


@blueprint.post("/token-ends")
@requires_account
async def end() -> Response:
    """Field token=<id>."""
    if not await context().tokens.revoke(current_account().id, positive_id(text(await request.form, "token"))):
        abort(404)
    return see_other(PLACE)


async def _page(status: int = 200, **more: object) -> Response:
    reader = current_reader()
    held = await context().database.read(tokens.of_account, current_account().id)
    moment = Moment(reader, context().clock())
    view = TokensPage(
        held=tuple(_view(moment, each) for each in held),
        scopes=_scopes(reader),
        days=_days(reader),
        **more,  # type: ignore[arg-type]
    )
    return await page("tokens.html", status, tokens=view)


def _scopes(reader: Reader) -> tuple[tuple[str, str], ...]:
    _ = reader.gettext
    return (
        (tokens.READ, _("Read messages")),
        (tokens.CODES, _("Wait for verification codes")),
        (tokens.SEND, _("Send mail")),
        (tokens.MANAGE, _("Delete messages")),
    )


def _days(reader: Reader) -> tuple[tuple[str, str], ...]:
    def said(days: str) -> str:
        if not days:
            return reader.gettext("Never")
        return reader.ngettext("{number} day", "{number} days", int(days)).format(number=days)

    return tuple((each, said(each)) for each in DAYS)


def _view(moment: Moment, token: Token) -> TokenView:
    _ = moment.reader.gettext
    words = dict(_scopes(moment.reader))
    times = [_("Never used")]
    if token.used_at is not None:
        times = [_("Last used: {time}").format(time=pretty_time(moment, token.used_at))]
    if token.expires_at is not None:
        over = token.expires_at <= moment.now * 1000
        day = pretty_time(moment, token.expires_at)
        times.append((_("Expired {time}") if over else _("Expires {time}")).format(time=day))
    return TokenView(
        id=token.id,
        name=token.name or _("Token {number}").format(number=token.id),
        scopes=_(", ").join(words[each] for each in token.scopes if each in words),
        reach=_(", ").join(token.addresses) or _("All mail"),
        times=" · ".join(times),
    )
