"""The addresses an account makes for itself, and those its catch-all made: listed, made, muted, removed."""

import sqlite3
from urllib.parse import quote

from quart import Blueprint, Response, abort, request

from mailapp import maillog
from mailapp.flow.addressing import AddressRefused
from mailapp.mail.address import fold
from mailapp.store import own_addresses, tallies
from mailapp.store.address_list import ACTIVE, MUTED
from mailapp.store.own_addresses import CAUGHT, Own
from mailapp.store.tallies import Tally
from mailapp.values import dataclass
from mailapp.web.access import requires_account
from mailapp.web.address_views import refusal
from mailapp.web.context import context
from mailapp.web.forms import text
from mailapp.web.fragments import page, see_other
from mailapp.web.reader import Reader, current_account, current_reader

blueprint = Blueprint("aliases", __name__)
PLACE = "/aliases"
PAGE = 100


@dataclass(frozen=True, slots=True)
class AliasLine:
    address: str
    about: str
    """How many messages came, and how it was made."""
    muted: bool
    blocked: bool
    """By the admin: nothing can be done about it here."""


@dataclass(frozen=True, slots=True)
class AliasesPage:
    lines: tuple[AliasLine, ...]
    domain: str
    left: int
    """How many more may be made."""
    limit: int
    next_href: str = ""
    local: str = ""
    error: str = ""
    said: str = ""


@blueprint.get(PLACE)
@requires_account
async def list_() -> Response:
    """?after=<address> goes on behind one."""
    said = {"made": current_reader().gettext("The address is made."), "saved": current_reader().gettext("Saved.")}
    return await _page(said=next((words for name, words in said.items() if name in request.args), ""))


@blueprint.post(PLACE)
@requires_account
async def make() -> Response:
    """Field local: what stands before the @."""
    local = text(await request.form, "local", 64)
    try:
        address = await context().own_addressing.make(current_account(), local)
    except AddressRefused as refused:
        return await _page(422, local=local, error=refusal(current_reader(), refused))
    maillog.administered(current_account().address, "own address made", address)
    return see_other(f"{PLACE}?made=1")


@blueprint.post("/alias-states")
@requires_account
async def set_state() -> Response:
    """Fields address, muted=0|1."""
    given = await request.form
    address, muted = fold(text(given, "address", 320)), given.get("muted", "")
    if muted not in ("0", "1"):
        abort(400)
    try:
        await context().own_addressing.set_muted(current_account(), address, muted == "1")
    except AddressRefused:
        abort(404)
    maillog.administered(current_account().address, "own address muted" if muted == "1" else "unmuted", address)
    return see_other(f"{PLACE}?saved=1")


@blueprint.post("/alias-deletions")
@requires_account
async def remove() -> Response:
    """Field address."""
    address = fold(text(await request.form, "address", 320))
    try:
        await context().own_addressing.remove(current_account(), address)
    except AddressRefused:
        abort(404)
    maillog.administered(current_account().address, "own address removed", address)
    return see_other(f"{PLACE}?saved=1")


async def _page(status: int = 200, *, local: str = "", error: str = "", said: str = "") -> Response:
    reader, account, after = current_reader(), current_account(), text(request.args, "after", 320)

    def load(db: sqlite3.Connection) -> tuple[list[tuple[Own, Tally]], int, int]:
        found = own_addresses.page(db, account.id, after, PAGE + 1)
        most = own_addresses.limit(db, account.id)
        counted = [(each, tallies.of(db, each.address)) for each in found]
        return counted, most, most - own_addresses.count(db, account.id)

    found, most, left = await context().database.read(load)
    lines = tuple(_line(reader, own, tally) for own, tally in found[:PAGE])
    view = AliasesPage(
        lines=lines,
        domain=account.address.rpartition("@")[2],
        left=max(0, left),
        limit=most,
        next_href=f"{PLACE}?after={quote(lines[-1].address)}" if len(found) > PAGE else "",
        local=local,
        error=error,
        said=said,
    )
    return await page("aliases.html", status, aliases=view)


def _line(reader: Reader, own: Own, tally: Tally) -> AliasLine:
    number = tally.messages
    about = [reader.ngettext("{number} message", "{number} messages", number).format(number=number)]
    if own.how == CAUGHT:
        about.append(reader.gettext("made by the catch-all"))
    if own.state == MUTED:
        about.append(reader.gettext("to junk"))
    blocked = own.state not in (ACTIVE, MUTED)
    if blocked:
        about.append(reader.gettext("refused"))
    return AliasLine(own.address, " · ".join(about), own.state == MUTED, blocked)
