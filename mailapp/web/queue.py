"""The outbox: sent mail on its way and what failed lately, and what can be done about it."""

import sqlite3
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime

from markupsafe import Markup
from quart import Blueprint, Response, abort, request

from mailapp.flow.submission import SubmissionRefused
from mailapp.store import messages, queue
from mailapp.store.queue import Item
from mailapp.values import dataclass
from mailapp.web import admin_access
from mailapp.web.access import requires_account
from mailapp.web.context import context, site
from mailapp.web.forms import positive_id
from mailapp.web.fragments import answer, current_path, is_fragment, is_preload, page, piece, see_other
from mailapp.web.hrefs import message_href
from mailapp.web.inbox import piece_of_nothing
from mailapp.web.lists import Gathered, gather, sidebar_of
from mailapp.web.reader import current_account, current_reader
from mailapp.web.rows import Moment
from mailapp.web.status import DeliveryView, delivery_view, unwritable
from mailapp.web.submissions import refusal_text
from mailapp.web.toasts import Toast, toasted

blueprint = Blueprint("queue", __name__)
PATH = "/queue"
ALL_PATH = "/queue?all=1"
OPEN_SHOWN = 100
"""Items on their way that one page lists."""
PAGE = 20
"""Finished ones per page."""
SENT = "/mail/sent"
Act = Callable[..., Awaitable[bool]]
"""Does something to an item (of the account, None: of any); false where it is too late."""


@dataclass(frozen=True, slots=True)
class QueueItem:
    href: str
    """"" where there is no message to open."""
    view: DeliveryView


@dataclass(frozen=True, slots=True)
class QueuePage:
    title: str
    path: str
    everybody: bool
    """Whether the mail of all accounts is shown."""
    is_admin: bool
    groups: tuple[tuple[str, tuple[QueueItem, ...]], ...]
    next_before: int
    is_newest: bool
    """Whether it follows what is sent meanwhile: the first page of one's own items does."""
    seq: int


@dataclass(frozen=True, slots=True)
class _Read:
    gathered: Gathered
    open: Sequence[Item]
    finished: Sequence[Item]
    """Up to PAGE + 1."""
    there: frozenset[int]
    """Messages that can still be opened."""


@blueprint.get(PATH)
@requires_account
async def outbox() -> Response:
    """One's own items, or with ?all=1 an admin's view of everybody's; ?before=<item> goes on below one."""
    everybody = "all" in request.args
    if everybody and (refusal := await _second_step()) is not None:
        return refusal
    before = positive_id(request.args["before"]) if "before" in request.args else None
    account = current_account()
    reader = current_reader()

    def read(db: sqlite3.Connection) -> _Read:
        whose = None if everybody else account.id
        gathered = gather(db, reader, "sent", limit=0)
        held = queue.items(db, whose, None, OPEN_SHOWN, True) if before is None else []
        finished = _finished(queue.items(db, whose, before, OPEN_SHOWN))
        ids = [each.message_id for each in (*held, *finished) if each.account_id == account.id]
        there = frozenset(each.id for each in messages.rows(db, account.id, ids))
        return _Read(gathered, held, finished, there)

    found = await context().database.read(read)
    site().title = found.gathered.title
    if found.gathered.unnoticed and not everybody and not is_preload():
        # this page still shows the number; its stream brings that it was seen
        await context().queueing.notice(account.id)
    shown = _page(found, everybody=everybody, newest=before is None)
    if is_fragment():
        empty = piece("live/pane", "pane", piece_of_nothing())
        return await answer(piece("queue/page", "queue_pane", shown) + empty)
    return await page("queue.html", sidebar=sidebar_of(reader, found.gathered, None), queue=shown, message=None)


@blueprint.post(PATH)
@requires_account
async def second_step() -> Response:
    """The password an admin gives to see everybody's items; admin_access asks for it."""
    if not current_account().is_admin:
        abort(404)
    given = await request.form
    form = admin_access.StepForm(current_account().address, ALL_PATH)
    return await admin_access.take(given.get(form.password, ""), form) or see_other(ALL_PATH)


@blueprint.post("/queue-retries")
@requires_account
async def retry() -> Response:
    """Field item: try what is left of it now, or send what waits for its time."""
    return await _act(context().queueing.retry_now)


@blueprint.post("/queue-holds")
@requires_account
async def hold() -> Response:
    """Field item: send nothing more of it until it is released."""
    return await _act(context().queueing.hold)


@blueprint.post("/queue-releases")
@requires_account
async def release() -> Response:
    """Field item: end a hold."""
    return await _act(context().queueing.resume)


@blueprint.post("/queue-cancellations")
@requires_account
async def cancel() -> Response:
    """Field item: send no more of it."""
    return await _act(context().queueing.cancel)


@blueprint.post("/queue-times")
@requires_account
async def change_time() -> Response:
    """Fields item, time (YYYY-MM-DDTHH:MM in the reader's zone): the message gets new ids, so the page moves on."""
    form, reader, account = await request.form, current_reader(), current_account()
    item_id = positive_id(form.get("item", ""))
    try:
        at = datetime.strptime(form.get("time", "")[:16], "%Y-%m-%dT%H:%M").replace(tzinfo=reader.zone)
    except ValueError:
        abort(400)
    if await context().database.read(queue.get, account.id, item_id) is None:
        abort(404)
    at_ms = int(at.timestamp() * 1000)
    if at_ms <= context().clock() * 1000:
        return await _not_ahead(item_id)
    try:
        submitted = await context().submission.reschedule(account, item_id, at_ms, reader.zone)
    except SubmissionRefused:
        return see_other("/mail/drafts")
    if submitted is None:
        return await _too_late(item_id, everybody=False)
    came_from = current_path()
    return see_other(PATH if came_from.startswith(PATH) else message_href(submitted.message_id, SENT))


async def _act(act: Act) -> Response:
    form = await request.form
    item_id, everybody = positive_id(form.get("item", "")), form.get("all") == "1"
    if everybody and (refusal := await _second_step()) is not None:
        return refusal
    whose = None if everybody else current_account().id
    if await context().database.read(queue.get, whose, item_id) is None:
        abort(404)
    if not await act(whose, item_id, by=current_account().address):
        return await _too_late(item_id, everybody=everybody)
    return await _shown(item_id, everybody=everybody)


async def _shown(item_id: int, *, everybody: bool, toast: str = "") -> Response:
    """The item as it is now; a page without scripts goes back where it was, or where that can be seen."""
    whose = None if everybody else current_account().id
    item = await context().database.read(queue.get, whose, item_id)
    if item is None:
        abort(404)
    if not is_fragment():
        found = ALL_PATH if everybody else message_href(item.message_id, SENT) if item.message_id else PATH
        return see_other(current_path() or found)
    moment = Moment(current_reader(), context().clock())
    view = delivery_view(moment, item, everybody=everybody)
    told = toasted(Toast(toast, seconds=5)) if toast else Markup("")
    return await answer(piece("queue/status", "delivery_status", view) + told)


async def _too_late(item_id: int, *, everybody: bool) -> Response:
    toast = current_reader().gettext("Too late: this message has moved on.")
    return await _shown(item_id, everybody=everybody, toast=toast)


async def _not_ahead(item_id: int) -> Response:
    """A time that is over sends nothing: the message waits on."""
    text = refusal_text(SubmissionRefused("at", "not_ahead"))
    if not is_fragment():
        abort(422, text)
    return await _shown(item_id, everybody=False, toast=text)


async def _second_step() -> Response | None:
    """None for an admin who gave the password lately; others get the question, members nothing at all."""
    reader, account = current_reader(), current_account()
    if not account.is_admin:
        abort(404)
    if site().second_steps.stands(reader.token_hash, context().clock()):
        return None
    if is_fragment():
        return Response("", 403, {"HX-Redirect": ALL_PATH, "Cache-Control": "no-store"})
    return await admin_access.ask(admin_access.StepForm(account.address, ALL_PATH), 403)


def _finished(items: Sequence[Item]) -> list[Item]:
    """What is over, without what was taken back before anything was sent."""
    over = [each for each in items if each.state in ("done", "cancelled")]
    return [each for each in over if any(one.state != "cancelled" for one in each.recipients)][: PAGE + 1]


def _page(found: _Read, *, everybody: bool, newest: bool) -> QueuePage:
    reader, account = current_reader(), current_account()
    _ = reader.gettext
    moment = Moment(reader, context().clock())

    def shown(items: Sequence[Item]) -> tuple[QueueItem, ...]:
        return tuple(_item(moment, each, found.there, everybody=everybody) for each in items)

    waiting = [each for each in found.open if each.state == "waiting" and each.scheduled]
    under_way = [each for each in found.open if each not in waiting]
    over = found.finished[:PAGE]
    groups = ((_("Scheduled"), waiting), (_("On the way"), under_way), (_("Done lately"), over))
    return QueuePage(
        title=_("Outbox"),
        path=ALL_PATH if everybody else PATH,
        everybody=everybody,
        is_admin=account.is_admin,
        groups=tuple((name, shown(items)) for name, items in groups if items),
        next_before=over[-1].id if len(found.finished) > PAGE else 0,
        is_newest=newest and not everybody,
        seq=found.gathered.seq,
    )


def _item(moment: Moment, item: Item, there: frozenset[int], *, everybody: bool) -> QueueItem:
    view = delivery_view(moment, item, everybody=everybody)
    if item.message_id not in there:
        return QueueItem(href="", view=unwritable(view))
    return QueueItem(href=message_href(item.message_id, SENT), view=view)
