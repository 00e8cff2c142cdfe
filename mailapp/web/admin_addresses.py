"""The addresses: what comes for each and from whom; aliases, muting, blocking. Pages, and fragments of the same."""

import sqlite3
from dataclasses import replace
from urllib.parse import urlencode

from quart import Blueprint, Response, abort, request

from mailapp import maillog
from mailapp.flow.addressing import AddressRefused
from mailapp.mail.address import fold
from mailapp.store import address_list, domains, tallies
from mailapp.store.address_list import ACTIVE, STATES
from mailapp.values import dataclass
from mailapp.web.address_views import (
    TARGETS_LONGEST,
    AddressLine,
    Found,
    SenderLine,
    address_line,
    day_of,
    find,
    refusal,
    sender_line,
)
from mailapp.web.admin import admin_page
from mailapp.web.context import context
from mailapp.web.forms import text
from mailapp.web.fragments import answer, is_fragment, piece, see_other
from mailapp.web.reader import current_account, current_reader
from mailapp.web.rows import Moment

blueprint = Blueprint("admin_addresses", __name__)
LIST = "/admin/addresses"
PAGE = 50
CAUGHT = 50
RECENT = 500
"""Addresses with the newest mail among which caught ones are looked for."""
COUNTED = 20
"""Batches of mail that are counted before the page is shown."""
SENDERS = 50
SEPARATORS = str.maketrans(dict.fromkeys(",;，；、\n", " "))


@dataclass(frozen=True, slots=True)
class NewAddress:
    """The form of an alias to add, as it was posted."""

    local: str = ""
    domain: str = ""
    domains: tuple[str, ...] = ()
    targets: str = ""
    error_field: str = ""
    """address or targets."""
    error_text: str = ""


@dataclass(frozen=True, slots=True)
class AddressesView:
    """A page of the list; `form` is None where nothing is added."""

    lines: tuple[AddressLine, ...]
    caught: tuple[AddressLine, ...]
    count: int
    q: str
    path: str
    next_href: str = ""
    form: NewAddress | None = None
    said: str = ""


@dataclass(frozen=True, slots=True)
class AddressView:
    """The page of one address."""

    line: AddressLine
    state: str
    made: bool
    own: bool
    targets: str
    senders: tuple[SenderLine, ...]
    more_sites: int
    said: str = ""
    error_field: str = ""
    error_text: str = ""


@blueprint.get(LIST)
async def overview() -> Response:
    """?q= what addresses begin with, ?after=<address> goes on behind one, ?new=1&local=&domain= opens the form."""
    form = await _empty_form() if "new" in request.args else None
    said = current_reader().gettext("Removed.") if "removed" in request.args else ""
    return await _list(form, said)


async def _empty_form() -> NewAddress:
    names = tuple(each.name for each in await context().database.read(domains.all_))
    own = current_account().address.rpartition("@")[2]
    asked = text(request.args, "domain", 253)
    return NewAddress(
        local=text(request.args, "local", 64),
        domain=asked if asked in names else own,
        domains=names,
        targets=current_account().address,
    )


async def _list(form: NewAddress | None, said: str = "", status: int = 200) -> Response:
    await context().tallying.catch_up(COUNTED)
    reader = current_reader()
    q, after, now = fold(text(request.args, "q", 320)), text(request.args, "after", 320), context().clock()

    def load(db: sqlite3.Connection) -> tuple[int, list[Found], list[Found]]:
        made = [each.address for each in address_list.page(db, q, after, PAGE + 1)]
        caught = () if after else tallies.beginning(db, q, CAUGHT) if q else tallies.caught(db, RECENT)[:CAUGHT]
        found = [[find(db, each, day_of(now), 1) for each in some] for some in (made, caught)]
        return address_list.count(db), found[0], found[1]

    count, made, caught = await context().database.read(load)
    moment = Moment(reader, now)
    lines = tuple(address_line(reader, moment, each) for each in made)
    asked = urlencode({key: value for key, value in (("q", q), ("after", after)) if value})
    view = AddressesView(
        lines=lines[:PAGE],
        caught=tuple(address_line(reader, moment, each) for each in caught),
        count=count,
        q=q,
        path=f"{LIST}?{asked}" if asked else LIST,
        form=form,
        said=said,
    )
    if len(lines) > PAGE:
        following = urlencode({key: value for key, value in (("q", q), ("after", lines[PAGE - 1].address)) if value})
        view = replace(view, next_href=f"{LIST}?{following}")
    if is_fragment() and request.method == "GET":
        return await answer(piece("admin/addresses", "addresses_table", view))
    return await admin_page("admin_addresses.html", "addresses", status, view=view)


@blueprint.post(LIST)
async def add() -> Response:
    """Fields local, domain, targets (accounts, separated): 303 to the address, or the form again."""
    given = await request.form
    form = replace(
        await _empty_form(),
        local=text(given, "local", 64),
        domain=text(given, "domain", 253),
        targets=text(given, "targets", TARGETS_LONGEST),
    )
    try:
        wanted, by = f"{form.local}@{form.domain}", current_account().address
        address = await context().addressing.add(wanted, _split(form.targets), by=by)
    except AddressRefused as refused:
        error = refusal(current_reader(), refused)
        return await _list(replace(form, error_field=refused.field, error_text=error), status=422)
    _note("address added", address)
    return see_other(f"{LIST}/one?{urlencode({'address': address, 'added': 1})}")


@blueprint.get(f"{LIST}/one")
async def one() -> Response:
    """?address="""
    said = current_reader().gettext("The address is made.") if "added" in request.args else ""
    return await _one(text(request.args, "address", 320), said=said)


@blueprint.post("/admin/address-states")
async def set_state() -> Response:
    """Fields address, state=active|muted|blocked."""
    given, _ = await request.form, current_reader().gettext
    address, state = text(given, "address", 320), given.get("state", "")
    if state not in STATES:
        abort(400)
    said = {"active": _("It receives again."), "muted": _("Its mail goes to junk."), "blocked": _("It is refused.")}
    try:
        await context().addressing.set_state(address, state, by=current_account().address)
    except AddressRefused as refused:
        return await _refused(address, refused)
    _note(f"address {state}", address)
    return await _one(address, said=said[state])


@blueprint.post("/admin/address-targets")
async def set_targets() -> Response:
    """Fields address, targets (accounts, separated)."""
    given = await request.form
    address, targets = text(given, "address", 320), text(given, "targets", TARGETS_LONGEST)
    try:
        await context().addressing.set_targets(address, _split(targets), by=current_account().address)
    except AddressRefused as refused:
        return await _refused(address, refused, targets)
    _note("address targets changed", address)
    return await _one(address, said=current_reader().gettext("Saved."))


@blueprint.post("/admin/address-deletions")
async def remove() -> Response:
    """Field address."""
    address = text(await request.form, "address", 320)
    try:
        await context().addressing.remove(address, by=current_account().address)
    except AddressRefused as refused:
        return await _refused(address, refused)
    _note("address removed", address)
    return see_other(f"{LIST}?removed=1")


async def _refused(address: str, refused: AddressRefused, targets: str = "") -> Response:
    error = refusal(current_reader(), refused)
    changes = {"targets": targets} if targets else {}
    return await _one(address, 422, error_field=refused.field, error_text=error, **changes)


async def _one(address: str, status: int = 200, **changes: str) -> Response:
    """The page of an address, or only its piece; 404 for one that neither was made nor ever got mail."""
    await context().tallying.catch_up(COUNTED)
    reader, now = current_reader(), context().clock()
    found = await context().database.read(find, address, day_of(now), SENDERS)
    if found.made is None and not found.tally.messages:
        abort(404)
    moment = Moment(reader, now)
    view = AddressView(
        line=address_line(reader, moment, found),
        state=found.made.state if found.made else ACTIVE,
        made=found.made is not None,
        own=found.made is not None and found.made.own,
        targets=", ".join(target for target, _ in found.targets),
        senders=tuple(sender_line(moment, each) for each in found.senders),
        more_sites=max(0, found.sites - SENDERS),
    )
    view = replace(view, **changes)  # type: ignore[arg-type]
    if is_fragment():
        return await answer(piece("admin/address", "address_piece", view))
    return await admin_page("admin_address.html", "addresses", status, view=view)


def _split(targets: str) -> list[str]:
    return targets.translate(SEPARATORS).split()


def _note(act: str, address: str) -> None:
    maillog.administered(current_account().address, act, address)
