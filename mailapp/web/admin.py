"""The admin pages' door, and what stands around every one of them."""

from quart import Blueprint, Response, request

from mailapp import __version__
from mailapp.values import dataclass
from mailapp.web import admin_access
from mailapp.web.fragments import page, see_other
from mailapp.web.reader import Reader, current_account, current_reader

blueprint = Blueprint("admin", __name__)


@dataclass(frozen=True, slots=True)
class AdminItem:
    key: str
    href: str
    name: str
    current: bool


@dataclass(frozen=True, slots=True)
class AdminShell:
    """Side bar of the admin pages."""

    items: tuple[AdminItem, ...]
    domain: str
    version: str = __version__


def shell(reader: Reader, current: str) -> AdminShell:
    """The side bar with one of its items marked."""
    assert reader.account is not None
    names = {
        "overview": ("/admin", reader.gettext("Overview")),
        "receiving": ("/admin/receiving", reader.gettext("Receiving log")),
        "accounts": ("/admin/accounts", reader.gettext("Accounts")),
        "addresses": ("/admin/addresses", reader.gettext("Addresses")),
        "domains": ("/admin/domains", reader.gettext("Domains")),
        "checks": ("/admin/checks", reader.gettext("Checks")),
        "relays": ("/admin/relays", reader.gettext("Relays")),
        "queue": ("/queue?all=1", reader.gettext("Queue")),
        "mail": ("/admin/mail", reader.gettext("All mail")),
        "retention": ("/admin/retention", reader.gettext("Clean-up")),
        "settings": ("/admin/settings", reader.gettext("Settings")),
        "backups": ("/admin/backups", reader.gettext("Backups")),
        "audit": ("/admin/audit", reader.gettext("Audit log")),
    }
    items = tuple(AdminItem(key, href, name, key == current) for key, (href, name) in names.items())
    return AdminShell(items, reader.account.address.rpartition("@")[2])


async def admin_page(template: str, current: str, status: int = 200, **values: object) -> Response:
    """One of the admin pages."""
    return await page(template, status, shell=shell(current_reader(), current), **values)


@blueprint.post("/admin/session")
async def second_step() -> Response:
    """Fields password, next (a path under /admin): 303 there, or the question again."""
    given = await request.form
    following = admin_access.admin_path(given.get("next", ""))
    form = admin_access.StepForm(current_account().address, admin_access.SESSION, following)
    return await admin_access.take(given.get("password", ""), form) or see_other(following)
