"""What an account chooses for itself: name, language, how mail is shown, undo, signatures, password."""

import sqlite3
from functools import cache
from zoneinfo import available_timezones

from quart import Blueprint, Response, abort, g, request
from werkzeug.datastructures import MultiDict

from mailapp.flow import preferences
from mailapp.flow.passwords import PasswordTooShort
from mailapp.flow.signing_in import LoginRefused
from mailapp.i18n import LANGUAGES
from mailapp.mail.sizes import size_text
from mailapp.store import addresses, all_mail, own_addresses, quotas, signatures, tokens
from mailapp.store.accounts import DENSITIES, PAGE_SIZES, REMOTE_IMAGES, UNDO_SEND_MAX_S, Account
from mailapp.values import dataclass
from mailapp.web.access import requires_account
from mailapp.web.context import context
from mailapp.web.forms import text
from mailapp.web.fragments import page, see_other
from mailapp.web.reader import THEMES, current_account, current_reader, zone
from mailapp.web.rows import Moment, pretty_time
from mailapp.web.session import LONGEST_PASSWORD
from mailapp.web.session_ends import SessionView, sessions_of
from mailapp.web.shares import Share, share_of
from mailapp.web.view_links import LinkView, links_of

blueprint = Blueprint("settings", __name__)


@dataclass(frozen=True, slots=True)
class SettingsForm:
    address: str
    name: str
    language: str
    theme: str
    time_zone: str
    time_zones: tuple[str, ...]
    undo_send_s: int
    undo_max_s: int
    signatures: tuple[tuple[str, str], ...]
    """(address, text), the account's own address first."""
    density: str
    page_size: int
    page_sizes: tuple[int, ...]
    remote_images: str
    conversations: bool
    file_codes: bool
    sessions: tuple[SessionView, ...]
    tokens: int
    """How many the account has."""
    aliases: int
    """Addresses of its own making, or that it may make; 0 hides their page."""
    links: tuple[LinkView, ...]
    used: str
    share: Share | None
    """None where there is no quota."""
    searchable: bool
    """Whether administrators may search all mail."""
    searched: str
    """When one last did, "" for never."""
    saved: bool = False
    error_field: str = ""
    """name, time_zone, password or new_password."""
    error_text: str = ""


@blueprint.get("/settings")
@requires_account
async def form() -> Response:
    return await page("settings.html", settings=await _form(current_account(), saved="saved" in request.args))


@blueprint.post("/settings")
@requires_account
async def change() -> Response:
    """Fields language, theme, time_zone, name; density, page_size, remote_images, conversations=0|1; file_codes=0|1;
    password (the old one), new_password and revoke_tokens=1; or undo_send_s and pairs of signature_of (an address) and
    signature."""
    given = await request.form
    if "page_size" in given:
        return await _change_display(given)
    if "file_codes" in given:
        return await _change_codes(given["file_codes"])
    if "undo_send_s" in given:
        return await _change_writing(given)
    return await _change_password(given) if "new_password" in given else await _change_preferences(given)


async def _change_preferences(given: MultiDict[str, str]) -> Response:
    account = current_account()
    language, theme = given.get("language", account.language), given.get("theme", account.theme)
    time_zone = text(given, "time_zone", 64) if "time_zone" in given else account.time_zone
    name = text(given, "name", 200) if "name" in given else account.name
    if language not in ("", *LANGUAGES) or theme not in THEMES:
        abort(400)
    if time_zone and zone(time_zone) is None:
        return await _again("time_zone", current_reader().gettext("This time zone is not known here."))
    await preferences.set_person(
        context().database,
        context().bus,
        context().signing_in,
        account.id,
        name=name,
        language=language,
        time_zone=time_zone,
        theme=theme,
    )
    return see_other("/settings?saved=1")


async def _change_display(given: MultiDict[str, str]) -> Response:
    density, size, images = given.get("density", ""), given["page_size"], given.get("remote_images", "ask")
    together = given.get("conversations", "1")
    sizes = {str(each): each for each in PAGE_SIZES}
    if density not in DENSITIES or size not in sizes or images not in REMOTE_IMAGES or together not in ("0", "1"):
        abort(400)
    await preferences.set_display(
        context().database,
        context().bus,
        context().signing_in,
        current_account().id,
        density=density,
        page_size=sizes[size],
        remote_images=images,
        conversations=together == "1",
    )
    return see_other("/settings?saved=1")


async def _change_codes(value: str) -> Response:
    if value not in ("0", "1"):
        abort(400)
    await preferences.set_file_codes(context().database, current_account().id, value == "1")
    context().signing_in.forget()
    return see_other("/settings?saved=1")


async def _change_writing(given: MultiDict[str, str]) -> Response:
    seconds = given.get("undo_send_s", "")
    if not (seconds.isascii() and seconds.isdigit() and int(seconds[:4]) <= UNDO_SEND_MAX_S):
        error = current_reader().gettext("A number from 0 to {most}.").format(most=UNDO_SEND_MAX_S)
        return await _again("undo_send_s", error)
    texts = [each.replace("\x00", "").replace("\r\n", "\n").strip("\n") for each in given.getlist("signature")]
    pairs = dict(zip(given.getlist("signature_of"), texts, strict=False))
    await preferences.set_writing(context().database, current_account().id, int(seconds), pairs)
    context().signing_in.forget()
    return see_other("/settings?saved=1")


async def _change_password(given: MultiDict[str, str]) -> Response:
    _ = current_reader().gettext
    old, new = given.get("password", "")[:LONGEST_PASSWORD], given.get("new_password", "")[:LONGEST_PASSWORD]
    try:
        await context().signing_in.change_password(current_account().id, old, new, g.reader.token_hash)
    except PasswordTooShort:
        return await _again("new_password", _("A password has at least 12 characters."))
    except LoginRefused:
        return await _again("password", _("This is not the present password."))
    if given.get("revoke_tokens") == "1":
        await context().tokens.revoke_all(current_account().id)
    return see_other("/settings?saved=1")


async def _again(field: str, error: str) -> Response:
    return await page(
        "settings.html", 422, settings=await _form(current_account(), error_field=field, error_text=error)
    )


async def _form(account: Account, *, saved: bool = False, error_field: str = "", error_text: str = "") -> SettingsForm:
    known, texts = await context().database.read(_signatures, account.id)
    held = len(await context().database.read(tokens.of_account, account.id))
    usage = await context().database.read(quotas.of, account.id)
    last = await context().database.read(all_mail.searched_ms, account.id)
    aliases = await context().database.read(_aliases, account.id)
    return SettingsForm(
        address=account.address,
        name=account.name,
        language=account.language,
        theme=account.theme,
        time_zone=account.time_zone,
        time_zones=_zones(),
        undo_send_s=account.undo_send_s,
        undo_max_s=UNDO_SEND_MAX_S,
        signatures=tuple((each, texts.get(each, "")) for each in (account.address, *sorted(known - {account.address}))),
        density=account.density,
        page_size=account.page_size,
        page_sizes=PAGE_SIZES,
        conversations=bool(account.conversations),
        file_codes=bool(account.file_codes),
        remote_images=account.remote_images,
        sessions=await sessions_of(current_reader()),
        tokens=held,
        aliases=aliases,
        links=await links_of(current_reader()),
        used=size_text(usage.used),
        share=share_of(usage.used, usage.quota),
        searchable=await context().database.read(all_mail.is_allowed),
        searched=pretty_time(Moment(current_reader(), context().clock()), last) if last else "",
        saved=saved,
        error_field=error_field,
        error_text=error_text,
    )


def _aliases(db: sqlite3.Connection, account_id: int) -> int:
    return own_addresses.limit(db, account_id) + len(own_addresses.page(db, account_id, "", 1))


def _signatures(db: sqlite3.Connection, account_id: int) -> tuple[frozenset[str], dict[str, str]]:
    return addresses.of_account(db, account_id), signatures.all_(db, account_id)


@cache
def _zones() -> tuple[str, ...]:
    """Zones named after places, and UTC."""
    return ("UTC", *sorted(name for name in available_timezones() if "/" in name and not name.startswith("Etc/")))
