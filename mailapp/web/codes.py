"""The wall of the latest codes, and what a reader does with one."""

import sqlite3
from collections.abc import Sequence

from quart import Blueprint, Response, abort, request

from mailapp.store import codes
from mailapp.store.codes import StoredCode
from mailapp.values import dataclass
from mailapp.web.access import requires_account
from mailapp.web.chip import CodeCard
from mailapp.web.code_views import card_of
from mailapp.web.context import context, site
from mailapp.web.forms import positive_id
from mailapp.web.fragments import answer, current_path, is_fragment, page, piece, see_other
from mailapp.web.inbox import piece_of_nothing
from mailapp.web.lists import Gathered, gather, sidebar_of
from mailapp.web.reader import current_account, current_reader
from mailapp.web.rows import Moment
from mailapp.web.toasts import Toast, toasted

blueprint = Blueprint("codes", __name__)
PATH = "/codes"
PAGE = 30
"""Codes of one page."""


@dataclass(frozen=True, slots=True)
class CodeWall:
    title: str
    now: tuple[CodeCard, ...]
    """Those somebody may be waiting for."""
    over: tuple[CodeCard, ...]
    next_before: int
    """Where the next page begins, 0 at the end."""
    seq: int


@blueprint.get(PATH)
@requires_account
async def wall() -> Response:
    """The page, its pane as a fragment, or with ?before=<id> the codes below one."""
    before = positive_id(request.args["before"]) if "before" in request.args else None
    reader, account_id = current_reader(), current_account().id

    def read(db: sqlite3.Connection) -> tuple[Gathered, list[StoredCode]]:
        return gather(db, reader, "inbox", limit=0), codes.newest(db, account_id, before, PAGE + 1)

    gathered, found = await context().database.read(read)
    site().title = gathered.title
    shown = _wall(gathered, found, before)
    if not is_fragment():
        return await page("codes.html", sidebar=sidebar_of(reader, gathered, None), wall=shown, message=None)
    if before:
        return await answer(piece("codes/wall", "older", shown))
    empty = piece("live/pane", "pane", piece_of_nothing())
    return await answer(piece("codes/wall", "codes_pane", shown) + empty)


@blueprint.post("/codes/<id:message_id>/uses")
@requires_account
async def use(message_id: int) -> Response:
    """Field used=1|0: the code was copied, or was not used after all. Every window follows by its stream."""
    used = (await request.form).get("used", "1")
    if used not in ("0", "1"):
        abort(400)
    code = await context().database.read(codes.of_message, current_account().id, message_id)
    if code is None:
        abort(404)
    await context().codes.use(current_account().id, message_id, used=used == "1")
    if not is_fragment():
        return see_other(current_path() or f"/messages/{message_id}")
    if used == "0":
        return await answer(toasted(Toast(current_reader().gettext("Marked as not used."), seconds=3)))
    told = piece("codes/toast", "used_toast", message_id, code.value if "copied" in request.args else "")
    return await answer(piece("live/toasted", "toasted", told))


@blueprint.post("/codes/<id:message_id>/corrections")
@requires_account
async def correct(message_id: int) -> Response:
    """Field value: the runner-up that is the code, "" for none. Later mail of its sender is read that way."""
    value = (await request.form).get("value", "")
    try:
        await context().codes.correct(current_account().id, message_id, value)
    except LookupError:
        abort(404)
    if not is_fragment():
        return see_other(current_path() or f"/messages/{message_id}")
    if not value:
        return await answer(piece("live/toasted", "toasted", piece("codes/toast", "none_toast", message_id)))
    return await answer(toasted(Toast(current_reader().gettext("Noted for the mail of this sender."), seconds=5)))


@blueprint.post("/codes/<id:message_id>/returns")
@requires_account
async def take_back(message_id: int) -> Response:
    """There is a code in it after all, and its sender's mail is read as before."""
    try:
        await context().codes.take_back(current_account().id, message_id)
    except LookupError:
        abort(404)
    if not is_fragment():
        return see_other(current_path() or f"/messages/{message_id}")
    return await answer(toasted(Toast(current_reader().gettext("The code is back."), seconds=3)))


def _wall(gathered: Gathered, found: Sequence[StoredCode], before: int | None) -> CodeWall:
    moment = Moment(current_reader(), context().clock())
    cards = [card_of(moment, each) for each in found[:PAGE]]
    now = [] if before else [each for each in cards if each.chip.state == "live"]
    return CodeWall(
        title=current_reader().gettext("Codes"),
        now=tuple(now),
        over=tuple(each for each in cards if each not in now),
        next_before=found[PAGE - 1].message_id if len(found) > PAGE else 0,
        seq=gathered.seq,
    )
