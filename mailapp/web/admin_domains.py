"""The domains: add, catch-all, remove. Pages, and fragments of the same."""

import sqlite3
from dataclasses import replace

from quart import Blueprint, Response, request

from mailapp import maillog
from mailapp.flow.addressing import AddressRefused
from mailapp.store import accounts, check_results, domains
from mailapp.values import dataclass
from mailapp.web.address_views import refusal
from mailapp.web.admin import admin_page
from mailapp.web.context import context
from mailapp.web.forms import text
from mailapp.web.fragments import answer, is_fragment, piece
from mailapp.web.reader import Reader, current_account, current_reader

blueprint = Blueprint("admin_domains", __name__)
LIST = "/admin/domains"
NAME_LONGEST = 253


@dataclass(frozen=True, slots=True)
class DomainLine:
    name: str
    catch_all: str
    """Address of the account, "" where there is none."""
    error: str = ""
    makes: bool = False
    """Whether the catch-all makes addresses."""
    look: str = "quiet"
    """Of the badge: good, warn or quiet."""
    state: str = ""
    """What the checks came to."""


@dataclass(frozen=True, slots=True)
class DomainsView:
    lines: tuple[DomainLine, ...]
    hostname: str
    new: str = ""
    """A domain that was refused, as it was posted."""
    error: str = ""
    said: str = ""


@blueprint.get(LIST)
async def overview() -> Response:
    return await _show()


@blueprint.post(LIST)
async def add() -> Response:
    """Field domain."""
    name = text(await request.form, "domain", NAME_LONGEST).rstrip(".")
    try:
        await context().addressing.add_domain(name, by=current_account().address)
    except AddressRefused as refused:
        return await _show(422, new=name, error=refusal(current_reader(), refused))
    _note("domain added", name)
    return await _show(said=current_reader().gettext("Added. Now its MX record has to lead here."))


@blueprint.post("/admin/domain-catch-alls")
async def set_catch_all() -> Response:
    """Fields domain, account (its address, "" for none), makes=1."""
    given = await request.form
    name, account = text(given, "domain", NAME_LONGEST), text(given, "account", 320)
    try:
        makes = given.get("makes") == "1"
        await context().addressing.set_catch_all(name, account, makes, by=current_account().address)
    except AddressRefused as refused:
        return await _refused(name, refused, account)
    _note("catch-all changed", name)
    return await _show(said=current_reader().gettext("Saved."))


@blueprint.post("/admin/domain-deletions")
async def remove() -> Response:
    """Field domain."""
    name = text(await request.form, "domain", NAME_LONGEST)
    try:
        await context().addressing.remove_domain(name, by=current_account().address)
    except AddressRefused as refused:
        return await _refused(name, refused)
    _note("domain removed", name)
    return await _show(said=current_reader().gettext("Removed."))


async def _refused(name: str, refused: AddressRefused, account: str = "") -> Response:
    """The list with what is wrong beside its domain."""
    error = refusal(current_reader(), refused)
    lines = [
        replace(each, error=error, catch_all=account or each.catch_all) if each.name == name else each
        for each in await _lines()
    ]
    known = any(each.name == name for each in lines)
    return await _show(422, tuple(lines), error="" if known else error)


async def _show(
    status: int = 200, lines: tuple[DomainLine, ...] | None = None, new: str = "", error: str = "", said: str = ""
) -> Response:
    found = await _lines() if lines is None else lines
    view = DomainsView(found, context().config.hostname, new, error, said)
    if is_fragment():
        return await answer(piece("admin/domains", "domains_piece", view))
    return await admin_page("admin_domains.html", "domains", status, view=view)


async def _lines() -> tuple[DomainLine, ...]:
    reader = current_reader()

    def load(db: sqlite3.Connection) -> tuple[DomainLine, ...]:
        lines, checked = [], check_results.troubles(db)
        for each in domains.all_(db):
            caught = accounts.get(db, each.catch_all_account_id) if each.catch_all_account_id else None
            look, state = _state(reader, *checked.get(each.name, (0, 0)))
            lines.append(
                DomainLine(
                    each.name,
                    caught.address if caught else "",
                    look=look,
                    state=state,
                    makes=bool(each.catch_all_makes),
                )
            )
        return tuple(lines)

    return await context().database.read(load)


def _state(reader: Reader, looked_at: int, troubles: int) -> tuple[str, str]:
    """Look and words of what the checks of a domain came to."""
    if not looked_at:
        return "quiet", reader.gettext("not checked yet")
    if not troubles:
        return "good", reader.gettext("in order")
    said = reader.ngettext("{number} thing is missing", "{number} things are missing", troubles)
    return "warn", said.format(number=troubles)


def _note(act: str, name: str) -> None:
    maillog.administered(current_account().address, act, name)
