"""Settings of the site: title, logo, language, limits, certificate, proxies. A page, and fragments of the same."""

from collections.abc import Mapping
from dataclasses import replace

from quart import Blueprint, Response, request
from quart.datastructures import FileStorage

from mailapp import maillog
from mailapp.flow import inviting
from mailapp.flow.site_settings import (
    CERT,
    DOMAINS_MAX,
    LIMITS,
    LOGO_LONGEST,
    LOGO_WIDEST,
    PROXIES,
    PROXIES_MAX,
    TITLE,
    TITLE_LONGEST,
    SettingRefused,
)
from mailapp.mail.sizes import size_text
from mailapp.store import account_links
from mailapp.values import dataclass
from mailapp.web.admin import admin_page
from mailapp.web.context import context
from mailapp.web.forms import text
from mailapp.web.fragments import answer, is_fragment, piece
from mailapp.web.reader import Reader, current_account, current_reader

blueprint = Blueprint("admin_settings", __name__)
PAGE = "/admin/settings"
GROUPS = {
    "look": ("site_title", "default_language"),
    "limits": tuple(LIMITS),
    "invitations": (inviting.ON, inviting.DOMAINS, inviting.MOST),
    "certificate": ("tls_cert", "tls_key"),
    "proxies": ("trusted_proxies",),
}
"""Fields of each form."""
VALUE_LONGEST = 10_000


@dataclass(frozen=True, slots=True)
class SettingsView:
    """The page. `fixed` names what the environment says; `environment` shows the rest of that."""

    values: Mapping[str, str]
    usual_title: str
    logo: str
    logo_most: str
    limits: tuple[tuple[str, str, str], ...]
    """(name, label, hint)."""
    open_invitations: int
    """Links that are out and let somebody in for the first time."""
    cert_fixed: bool
    proxies_fixed: bool
    environment: tuple[tuple[str, str], ...]
    """(variable, what it is)."""
    said: str = ""
    group: str = ""
    """Of the form that was saved: it is said there, where it is seen on a phone as well."""
    error_field: str = ""
    error_text: str = ""


@blueprint.get(PAGE)
async def overview() -> Response:
    return await _show()


@blueprint.post(PAGE)
async def change() -> Response:
    """Field group=look|invitations|limits|certificate|proxies, and the fields of that form."""
    given, by = await request.form, current_account().address
    group = given.get("group", "look")
    values = {name: text(given, name, VALUE_LONGEST) for name in GROUPS.get(group, ())}
    try:
        await context().settings.change(values, by)
    except SettingRefused as refused:
        return await _refused(refused, values)
    context().tokens.forget()  # it remembers what each may ask for
    maillog.administered(by, "settings changed", group)
    return await _show(group)


@blueprint.post("/admin/site-logos")
async def set_logo() -> Response:
    """A form with the file logo; or remove=1."""
    form, files, by = await request.form, await request.files, current_account().address
    file: FileStorage | None = files.get("logo")
    data = None if form.get("remove") == "1" or file is None else file.stream.read(LOGO_LONGEST + 1)
    try:
        await context().settings.set_logo(data, by)
    except SettingRefused as refused:
        return await _refused(refused, {})
    maillog.administered(by, "logo changed", "")
    return await _show("logo")


async def _refused(refused: SettingRefused, values: Mapping[str, str]) -> Response:
    view = await _view()
    view = replace(
        view,
        values={**view.values, **values},
        error_field=refused.field,
        error_text=_error(current_reader(), refused),
    )
    return await _answered(view, 422)


async def _show(saved: str = "") -> Response:
    said = current_reader().gettext("Saved.") if saved else ""
    return await _answered(replace(await _view(), said=said, group=saved), 200)


async def _answered(view: SettingsView, status: int) -> Response:
    if is_fragment():
        return await answer(piece("admin/settings", "settings_piece", view), status=200)
    return await admin_page("admin_settings.html", "settings", status, view=view)


async def _view() -> SettingsView:
    found, config, reader = await context().settings.current(), context().config, current_reader()
    invitations = found.invitations
    values = {
        inviting.ON: "1" if invitations.on else "0",
        inviting.DOMAINS: "\n".join(invitations.domains),
        inviting.MOST: str(invitations.most or ""),
        "site_title": "" if found.title == TITLE else found.title,
        "default_language": found.language,
        "tls_cert": str(found.tls_cert or ""),
        "tls_key": str(found.tls_key or ""),
        "trusted_proxies": "\n".join(str(each) for each in found.proxies),
        **{name: str(number) for name, number in found.limits.items()},
    }
    environment = {
        "MAILAPP_HOSTNAME": config.hostname,
        "MAILAPP_PUBLIC_URL": config.public_url,
        "MAILAPP_HTTP": f"{config.http[0]}:{config.http[1]}",
        "MAILAPP_SMTP": ", ".join(f"{host}:{port}" for host, port in config.smtp),
        "MAILAPP_MAX_MESSAGE_SIZE": size_text(config.max_message_size),
        "MAILAPP_DATA_DIR": str(config.data_dir),
    }
    return SettingsView(
        values=values,
        usual_title=TITLE,
        logo=f"/logo?v={found.logo}" if found.logo else "",
        logo_most=size_text(LOGO_LONGEST),
        limits=_limits(reader),
        open_invitations=await context().database.read(account_links.open_invitations, int(context().clock() * 1000)),
        cert_fixed=CERT in found.fixed,
        proxies_fixed=PROXIES in found.fixed,
        environment=tuple(environment.items()),
    )


def _limits(reader: Reader) -> tuple[tuple[str, str, str], ...]:
    _ = reader.gettext
    names = {
        "recipients_limit": _("Recipients of one message"),
        "hourly_limit": _("Messages an account sends in an hour"),
        "api_requests_limit": _("Requests of a token in a minute"),
    }
    return tuple((name, label, str(LIMITS[name][0])) for name, label in names.items())


def _error(reader: Reader, refused: SettingRefused) -> str:
    _ = reader.gettext
    texts = {
        ("site_title", "long"): _("A title has at most {most} characters.").format(most=TITLE_LONGEST),
        ("logo", "long"): _("A logo has at most {size}.").format(size=size_text(LOGO_LONGEST)),
        ("logo", "wide"): _("A logo is at most {pixels} pixels wide and high.").format(pixels=LOGO_WIDEST),
        ("logo", "wrong"): _("This is no PNG, JPEG, WebP or GIF picture."),
        (inviting.DOMAINS, "long"): _("At most {most} of them.").format(most=DOMAINS_MAX),
        (inviting.DOMAINS, "unknown"): _("“{value}” is none of your domains."),
        ("trusted_proxies", "long"): _("At most {most} of them.").format(most=PROXIES_MAX),
        ("tls_cert", "file"): _("This pair cannot be used: {why}."),
    }
    if refused.reason == "number":
        return _("A number, {range}.").format(range=refused.value)
    if refused.reason == "fixed":
        return _("The environment of the server says this.")
    if (refused.field, refused.reason) in texts:
        return texts[refused.field, refused.reason].replace("{why}", refused.value).replace("{value}", refused.value)
    if refused.field == "trusted_proxies":
        return _("“{value}” is not an address or network. Example: 10.0.0.0/8").replace("{value}", refused.value)
    if refused.field in ("tls_cert", "tls_key"):
        return _("The path of a file, as in /etc/mailapp/tls/cert.pem.")
    return _("This cannot be used.")
