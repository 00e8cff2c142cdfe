"""The accounts: list, add, and for each password, state, role, sessions, removal. Pages, and fragments of the same."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import partial
from urllib.parse import quote

from quart import Blueprint, Response, abort, request

from mailapp import maillog
from mailapp.flow.accounts import NoAccount
from mailapp.flow.exporting import ExportBusy
from mailapp.flow.inviting import InvitationRefused
from mailapp.flow.passwords import PasswordTooShort
from mailapp.mail.address import fold, is_valid
from mailapp.mail.sizes import LONGEST, parse_size, size_text
from mailapp.store import account_list, own_addresses, tokens
from mailapp.store.accounts import ADMIN, MEMBER, AccountExists, LastAdmin
from mailapp.web.account_views import (
    AccountsView,
    AccountView,
    NewAccount,
    last_admin,
    line_of,
    not_invited,
    too_short,
    view_of,
)
from mailapp.web.admin import admin_page
from mailapp.web.context import context
from mailapp.web.forms import positive_id, text
from mailapp.web.fragments import answer, is_fragment, piece, see_other
from mailapp.web.reader import current_account, current_reader
from mailapp.web.rows import Moment
from mailapp.web.session import LONGEST_PASSWORD
from mailapp.web.transfers import busy_text, exported

blueprint = Blueprint("admin_accounts", __name__)
LIST = "/admin/accounts"
PAGE = 100
NAME_LONGEST = 200


@blueprint.get(LIST)
async def overview() -> Response:
    """?after=<address> goes on behind one; ?new=1 opens the form."""
    said = current_reader().gettext("The account and its mail are gone.") if "erased" in request.args else ""
    return await _list(NewAccount() if "new" in request.args else None, said)


async def _list(form: NewAccount | None, said: str = "", status: int = 200) -> Response:
    reader, after = current_reader(), text(request.args, "after")
    invites = (await context().settings.current()).invitations.on
    found = await context().database.read(account_list.page, after, PAGE + 1, _now_ms())
    moment = Moment(reader, context().clock())
    lines = tuple(line_of(reader, moment, each) for each in found[:PAGE])
    view = AccountsView(lines, f"{LIST}?after={quote(after)}" if after else LIST, form=form, said=said, invites=invites)
    if len(found) > PAGE:
        view = replace(view, next_href=f"{LIST}?after={quote(lines[-1].address)}")
    if is_fragment() and request.method == "GET":
        return await answer(piece("admin/accounts", "accounts_table", view))
    return await admin_page("admin_accounts.html", "accounts", status, view=view)


@blueprint.post(LIST)
async def add() -> Response:
    """Fields address, name, admin=1, how=link|password, password: the page of the account, with its link."""
    given, reader = await request.form, current_reader()
    form = NewAccount(
        address=text(given, "address"),
        name=text(given, "name", NAME_LONGEST),
        admin=given.get("admin") == "1",
        how="password" if given.get("how") == "password" else "link",
    )
    if not is_valid(form.address) or "." not in form.address.rpartition("@")[2]:
        error = reader.gettext("This is not an address. Example: ann@example.com")
        return await _list(replace(form, error_field="address", error_text=error), status=422)
    password = given.get("password", "")[:LONGEST_PASSWORD] if form.how == "password" else None
    address, role = fold(form.address), ADMIN if form.admin else MEMBER
    try:
        account_id, token = await context().accounts.add(address, form.name, role, password, by=_by())
    except AccountExists:
        error = reader.gettext("This address belongs to an account or an alias already.")
        return await _list(replace(form, error_field="address", error_text=error), status=422)
    except PasswordTooShort:
        return await _list(replace(form, error_field="password", error_text=too_short(reader)), status=422)
    except InvitationRefused as refused:
        return await _list(replace(form, error_field="how", error_text=not_invited(reader, refused)), status=422)
    _note("account added", address)
    if not token:
        return see_other(f"{LIST}/{account_id}?added=1")
    return await _one(account_id, said=reader.gettext("The account is made."), link=_link(token))


@blueprint.get(f"{LIST}/<id:account_id>")
async def one(account_id: int) -> Response:
    if is_fragment() and await context().database.read(account_list.get, account_id, _now_ms()) is None:
        return see_other(f"{LIST}?erased=1")
    said = current_reader().gettext("The account is made.") if "added" in request.args else ""
    return await _one(account_id, said=said)


@blueprint.post("/admin/account-passwords")
async def reset_password() -> Response:
    """Fields account, how=link|password, password."""
    given, reader = await request.form, current_reader()
    account_id = positive_id(given.get("account", ""))
    password = None if given.get("how") == "link" else given.get("password", "")[:LONGEST_PASSWORD]
    field = "link" if password is None else "password"
    try:
        token = await context().accounts.reset_password(account_id, password, _kept(account_id), by=_by())
    except NoAccount:
        abort(404)
    except PasswordTooShort:
        return await _one(account_id, 422, error_field=field, error_text=too_short(reader))
    except LastAdmin:
        return await _one(account_id, 422, error_field=field, error_text=last_admin(reader))
    except InvitationRefused as refused:
        return await _one(account_id, 422, error_field=field, error_text=not_invited(reader, refused))
    said = reader.gettext("The link is made. The password before no longer works, and all its sessions ended.")
    if not token:
        said = reader.gettext("The password is changed, and all its sessions ended.")
    return await _done(account_id, "password reset", said, _link(token) if token else "")


@blueprint.post("/admin/account-states")
async def set_state() -> Response:
    """Fields account, active=0|1."""
    active = await _choice("active")
    said = current_reader().gettext("Enabled.") if active else current_reader().gettext("Disabled.")
    act = "account enabled" if active else "account disabled"
    return await _try("state", act, said, partial(context().accounts.set_active, active=active, by=_by()))


@blueprint.post("/admin/account-roles")
async def set_role() -> Response:
    """Fields account, admin=0|1."""
    admin = await _choice("admin")
    _ = current_reader().gettext
    said = _("An administrator from now on.") if admin else _("No administrator any more.")
    role = ADMIN if admin else MEMBER
    return await _try("role", f"role {role}", said, partial(context().accounts.set_role, role=role, by=_by()))


@blueprint.post("/admin/account-quotas")
async def set_quota() -> Response:
    """Fields account, quota (2 GB, 500 MB; "" or 0: no limit)."""
    given, reader = await request.form, current_reader()
    typed = text(given, "quota", LONGEST)
    size = 0 if typed in ("", "0") else parse_size(typed)
    if size is None:
        error = reader.gettext("This is not a size. Example: 2 GB or 500 MB")
        account_id = positive_id(given.get("account", ""))
        return await _one(account_id, 422, quota=typed, error_field="quota", error_text=error)
    said = reader.gettext("It may hold {size}.").format(size=size_text(size)) if size else reader.gettext("No limit.")
    return await _try("quota", f"quota {size}", said, partial(context().accounts.set_quota, quota=size, by=_by()))


@blueprint.post("/admin/account-alias-limits")
async def set_alias_limit() -> Response:
    """Fields account, most: how many addresses it may make for itself."""
    most = (await request.form).get("most", "")
    if not (most.isascii() and most.isdigit() and len(most) <= 4):
        abort(400)
    own, said, by = context().own_addressing, current_reader().gettext("Saved."), current_account().address
    return await _try("state", "alias limit set", said, lambda account_id: own.set_limit(account_id, int(most), by=by))


@blueprint.post("/admin/account-session-ends")
async def end_sessions() -> Response:
    """Field account: log it out everywhere, but here where it is the reader's own."""
    said = current_reader().gettext("Logged out everywhere.")
    return await _try(
        "sessions",
        "sessions ended",
        said,
        lambda account_id: context().accounts.end_sessions(account_id, _kept(account_id), by=_by()),
    )


@blueprint.post("/admin/account-token-ends")
async def end_tokens() -> Response:
    """Field account: revoke the tokens of all its scripts and programs."""
    said = current_reader().gettext("Every token is revoked.")
    return await _try("sessions", "tokens revoked", said, partial(context().accounts.revoke_tokens, by=_by()))


@blueprint.post("/admin/account-deletions")
async def delete() -> Response:
    """Fields account, mail=keep|export|erase, confirm (its address, before mail is erased)."""
    given, _ = await request.form, current_reader().gettext
    if given.get("mail") != "erase":
        said = _("Disabled. Its mail is kept.")
        if given.get("mail") == "export":
            said = _("Disabled. Take its mail away below; then it can be erased.")
        act = "account disabled"
        return await _try("confirm", act, said, partial(context().accounts.set_active, active=False, by=_by()))
    account_id = positive_id(given.get("account", ""))
    held = await _listed(account_id)
    if fold(text(given, "confirm")) != held.address:
        error = _("Type the address of the account, so that nobody else's mail is erased.")
        return await _one(account_id, 422, error_field="confirm", error_text=error)
    return await _try("confirm", "account erased", _("Being erased."), partial(context().accounts.erase, by=_by()))


@blueprint.post("/admin/account-exports")
async def take_mail() -> Response:
    """Fields account, format=mbox|maildir: all its mail as one file."""
    given = await request.form
    held = await _listed(positive_id(given.get("account", "")))
    try:
        response = exported(held.id, held.address, text(given, "format"))
    except ExportBusy as busy:
        return await _one(held.id, 409, error_field="export", error_text=busy_text(busy))
    await context().accounts.note(held.address, "account.exported", text(given, "format"), by=_by())
    _note("mail exported", held.address)
    return response


async def _try(field: str, act: str, said: str, change: Callable[[int], Awaitable[None]]) -> Response:
    """Make a change to the account of the form, and show it; `field` is where a refusal stands."""
    account_id = positive_id((await request.form).get("account", ""))
    try:
        await change(account_id)
    except NoAccount:
        abort(404)
    except LastAdmin:
        return await _one(account_id, 422, error_field=field, error_text=last_admin(current_reader()))
    return await _done(account_id, act, said)


async def _done(account_id: int, act: str, said: str, link: str = "") -> Response:
    _note(act, (await _listed(account_id)).address)
    if account_id == current_account().id and not await _stands(account_id):
        return see_other("/mail/inbox")
    return await _one(account_id, said=said, link=link)


async def _stands(account_id: int) -> bool:
    """Whether the reader may still see these pages, after a change of the own account."""
    held = await _listed(account_id)
    return held.is_admin and held.state == "active"


async def _one(account_id: int, status: int = 200, **changes: str) -> Response:
    """The page of an account, or only its piece; a piece that refuses is shown like any other."""
    reader = current_reader()
    devices = await context().signing_in.devices(account_id)
    held, scripts = await _listed(account_id), await context().database.read(tokens.of_account, account_id)
    view: AccountView = replace(
        view_of(reader, Moment(reader, context().clock()), held, devices, len(scripts)),
        alias_limit=await context().database.read(own_addresses.limit, account_id),
        **changes,  # type: ignore[arg-type]
    )
    if is_fragment():
        return await answer(piece("admin/account", "account_piece", view))
    return await admin_page("admin_account.html", "accounts", status, view=view)


async def _listed(account_id: int) -> account_list.Listed:
    """The account with this id, else 404."""
    found = await context().database.read(account_list.get, account_id, _now_ms())
    if found is None:
        abort(404)
    return found


async def _choice(name: str) -> bool:
    value: str = (await request.form).get(name, "")
    if value not in ("0", "1"):
        abort(400)
    return value == "1"


def _kept(account_id: int) -> bytes | None:
    """The session that stays: one's own, so that nobody is thrown out by what they change of themselves."""
    return current_reader().token_hash if account_id == current_account().id else None


def _by() -> str:
    return current_account().address


def _link(token: str) -> str:
    return f"{context().config.public_url}/join?token={token}"


def _note(act: str, address: str) -> None:
    maillog.administered(current_account().address, act, address)


def _now_ms() -> int:
    return int(context().clock() * 1000)
