"""What an account chooses for itself: name, language, theme, time zone, password."""

from dataclasses import dataclass
from functools import cache
from zoneinfo import available_timezones

from quart import Blueprint, Response, abort, g, request
from werkzeug.datastructures import MultiDict

from mailapp.flow.passwords import PasswordTooShort
from mailapp.flow.signing_in import LoginRefused
from mailapp.i18n import LANGUAGES
from mailapp.store.accounts import Account
from mailapp.web.access import requires_account
from mailapp.web.context import context
from mailapp.web.forms import text
from mailapp.web.fragments import page, see_other
from mailapp.web.reader import THEMES, current_account, current_reader, zone
from mailapp.web.session import LONGEST_PASSWORD

blueprint = Blueprint("settings", __name__)


@dataclass(frozen=True, slots=True)
class SettingsForm:
    address: str
    name: str
    language: str
    theme: str
    time_zone: str
    time_zones: tuple[str, ...]
    saved: bool = False
    error_field: str = ""
    """name, time_zone, password or new_password."""
    error_text: str = ""


@blueprint.get("/settings")
@requires_account
async def form() -> Response:
    return await page("settings.html", settings=_form(current_account(), saved="saved" in request.args))


@blueprint.post("/settings")
@requires_account
async def change() -> Response:
    """Fields language, theme, time_zone, name; or password (the old one) and new_password."""
    given = await request.form
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
    await context().signing_in.set_preferences(
        account.id, name=name, language=language, time_zone=time_zone, theme=theme
    )
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
    return see_other("/settings?saved=1")


async def _again(field: str, error: str) -> Response:
    return await page("settings.html", 422, settings=_form(current_account(), error_field=field, error_text=error))


def _form(account: Account, *, saved: bool = False, error_field: str = "", error_text: str = "") -> SettingsForm:
    return SettingsForm(
        address=account.address,
        name=account.name,
        language=account.language,
        theme=account.theme,
        time_zone=account.time_zone,
        time_zones=_zones(),
        saved=saved,
        error_field=error_field,
        error_text=error_text,
    )


@cache
def _zones() -> tuple[str, ...]:
    """Zones named after places, and UTC."""
    return ("UTC", *sorted(name for name in available_timezones() if "/" in name and not name.startswith("Etc/")))
