"""The receiving log for the admin: everything that happened at the SMTP entrance, and addresses asked for in vain."""

import sqlite3
from dataclasses import replace
from urllib.parse import urlencode

from quart import Blueprint, Response, abort, request

from mailapp import maillog
from mailapp.flow.addressing import AddressRefused
from mailapp.mail.address import fold, split
from mailapp.store import address_list, audit, receiving_log, receiving_view
from mailapp.store.receiving_view import Told
from mailapp.web.address_views import refusal
from mailapp.web.admin import admin_page
from mailapp.web.context import context
from mailapp.web.forms import positive_id, text
from mailapp.web.fragments import answer, is_fragment, piece, see_other
from mailapp.web.reader import current_account, current_reader
from mailapp.web.receiving_lists import WantedView, told_page
from mailapp.web.receiving_views import ToldView, told_view, wanted_line
from mailapp.web.rows import Moment

blueprint = Blueprint("admin_receiving", __name__)
LIST = "/admin/receiving"
ADDRESSES = "/admin/refused-addresses"
WANTED = 30
COMPARED = 500
"""Addresses among which the most similar one is looked for."""


@blueprint.get(LIST)
async def overview() -> Response:
    """?q= what is looked for, ?only= taken, deferred, refused or nothing, ?before=<id> goes on below one.

    The list that looks again says with ?open= what stands beside it.
    """
    if is_fragment():
        opened = request.args.get("open", "")
        view = await told_page(None, LIST, positive_id(opened) if opened else 0)
        return await answer(piece("receiving/list", "told_list", view))
    return await _page(await _wanted())


@blueprint.get(f"{LIST}/<id:told_id>")
async def one(told_id: int) -> Response:
    """One transaction beside the list."""
    told = await context().database.read(receiving_view.get, None, told_id)
    if told is None:
        abort(404)
    view = await _told(told)
    if is_fragment():
        return await answer(piece("receiving/told", "told_beside", view, await told_page(None, LIST, told_id)))
    return await _page(None, view)


@blueprint.get(ADDRESSES)
async def addresses() -> Response:
    """Addresses asked for in vain, beside the list."""
    made = text(request.args, "made", 320)
    said = current_reader().gettext("{address} is made.").format(address=made) if made else ""
    wanted = await _wanted(open_=True, said=said)
    if is_fragment():
        return await answer(piece("receiving/wanted", "wanted_pane", wanted))
    return await _page(wanted)


@blueprint.post(ADDRESSES)
async def make() -> Response:
    """Fields address, target (an account): from now on it is received."""
    given = await request.form
    address, target = text(given, "address", 320), text(given, "target", 320)
    try:
        made = await context().addressing.add(address, [target], by=current_account().address)
    except AddressRefused as refused:
        return await _page(await _wanted(open_=True, error=refusal(current_reader(), refused)), status=422)
    await context().database.write(receiving_log.forget_refused, made)
    maillog.administered(current_account().address, "address added", made)
    return see_other(f"{ADDRESSES}?{urlencode({'made': made})}")


@blueprint.post("/admin/refused-address-dismissals")
async def dismiss() -> Response:
    """Field address: it is not told of until somebody asks for it again."""
    address, by = fold(text(await request.form, "address", 320)), current_account().address
    now_ms = int(context().clock() * 1000)

    def forget(db: sqlite3.Connection) -> None:
        if receiving_log.forget_refused(db, address):
            audit.record(db, by, "address.dismissed", about=address, now_ms=now_ms)

    await context().database.write(forget)
    return see_other(ADDRESSES)


async def _page(wanted: WantedView | None, told: ToldView | None = None, status: int = 200) -> Response:
    view = replace(await told_page(None, LIST, told.id if told else 0), told=told, wanted=wanted)
    return await admin_page("admin_receiving.html", "receiving", status, view=view)


async def _told(told: Told) -> ToldView:
    reader, own = current_reader(), current_account()
    view = told_view(Moment(reader, context().clock()), told)
    if not view.make:
        return view

    def look(db: sqlite3.Connection) -> tuple[bool, str, str]:
        folded = fold(view.make)
        domain = split(folded)[1]
        if address_list.get(db, folded) is not None:
            return False, "", ""
        made = [each.address for each in address_list.page(db, "", "", COMPARED)]
        known = [each for each in made if each.endswith("@" + domain)]
        similar = _most_similar(folded, known)
        held = address_list.get(db, similar) if similar else None
        target = next(iter(address_list.targets(db, held.id)), None) if held else None
        name = target or (own.address, own.name)
        return bool(known), similar, "\t".join(name)

    ours, similar, target = await context().database.read(look)
    if not ours:
        return replace(view, make="")
    address, _, name = target.partition("\t")
    hint = view.hint
    if similar:
        hint = reader.gettext("The most similar address is {address}.").format(address=similar) + " " + hint
    return replace(view, hint=hint, make_target=address, make_target_name=name or address)


def _most_similar(address: str, known: list[str]) -> str:
    """The known address that was probably meant, "" where none comes near."""
    from difflib import get_close_matches  # 0.3 MB that only this page needs

    return next(iter(get_close_matches(address, known, 1, 0.75)), "")


async def _wanted(*, open_: bool = False, said: str = "", error: str = "") -> WantedView:
    found = await context().database.read(receiving_view.refused, WANTED)
    moment, own = Moment(current_reader(), context().clock()), current_account()
    lines = tuple(wanted_line(moment, each) for each in found)
    return WantedView(lines, own.address, own.name or own.address, open_, said, error)
