"""Leaving a list from one of its messages: asked first, done, told."""

import sqlite3
from dataclasses import replace

from quart import Blueprint, Response, abort, request

from mailapp.flow.drafting import DraftRefused
from mailapp.flow.submission import SubmissionRefused
from mailapp.flow.unsubscribing import CLICK, MAIL, NotOffered, NotUnsubscribed, TooManyClicks
from mailapp.store import messages
from mailapp.store.messages import MessageRow
from mailapp.web.access import requires_account
from mailapp.web.beneath import Beneath, UnsubscribeView, list_of, unsubscribe_view
from mailapp.web.context import context, site
from mailapp.web.folders import INBOX
from mailapp.web.forms import positive_id
from mailapp.web.fragments import answer, is_fragment, local_path, page, piece
from mailapp.web.reader import current_account, current_reader
from mailapp.web.submissions import refusal_text

blueprint = Blueprint("unsubscribes", __name__)


@blueprint.get("/messages/<id:message_id>/unsubscribe")
@requires_account
async def ask(message_id: int) -> Response:
    """The question before it is done; ?cancel=1 gives back what stood there."""
    view = await _view(message_id, request.args.get("view", ""))
    return await _shown(view if request.args.get("cancel") == "1" else replace(view, state="asking"))


@blueprint.post("/unsubscribes")
@requires_account
async def unsubscribe() -> Response:
    """Fields message=<id>, way=click|mail, view: done, or why not."""
    form = await request.form
    message_id, way = positive_id(form.get("message", "")), form.get("way", "")
    if way not in (CLICK, MAIL):
        abort(400)
    reason = await _done(message_id, way)
    view = await _view(message_id, form.get("view", ""))
    return await _shown(replace(view, state="failed", left="", reason=reason) if reason else view)


async def _done(message_id: int, way: str) -> str:
    """Leave the list; "" or why that did not work, in the reader's words."""
    account, _ = current_account(), current_reader().gettext
    try:
        if way == CLICK:
            await context().unsubscribing.click(account.id, message_id)
        else:
            await context().unsubscribing.mail(account, message_id)
    except NotOffered:
        abort(404)
    except TooManyClicks:
        return _("Too much at once. Try again in a moment.")
    except NotUnsubscribed as problem:
        return _problem(problem)
    except SubmissionRefused as refused:
        return refusal_text(refused)
    except DraftRefused:
        return _("The message could not be sent.")
    return ""


def _problem(problem: NotUnsubscribed) -> str:
    _ = current_reader().gettext
    return {
        "name": _("The list's server cannot be found."),
        "private": _("The list names a server in a private network. It was not asked."),
        "unreachable": _("The list's server cannot be reached."),
        "certificate": _("The list's server has no valid certificate. It was not asked."),
        "timeout": _("The list's server did not answer in time."),
        "redirect": _("The list's server sent us elsewhere instead of confirming."),
        "nonsense": _("The list's server gave no readable answer."),
        "refused": _("The list's server did not confirm (answer {status})."),
    }[problem.reason].format(status=problem.status)


async def _view(message_id: int, view: str) -> UnsubscribeView:
    """404 where the account has no such message, or it offers no way."""
    account_id, letters = current_account().id, site().letters

    def read(db: sqlite3.Connection) -> tuple[MessageRow, Beneath] | None:
        stored = messages.get(db, account_id, message_id)
        return None if stored is None else (stored.row, list_of(db, account_id, letters.parsed(db, stored.content_id)))

    found = await context().database.read(read)
    view_path = local_path(view, INBOX) if view.startswith("/mail/") else INBOX
    shown = unsubscribe_view(current_reader(), *found, view_path, context().clock()) if found else None
    if shown is None:
        abort(404)
    return shown


async def _shown(view: UnsubscribeView) -> Response:
    if is_fragment():
        return await answer(piece("message/unsubscribe", "unsubscribe_line", view))
    return await page("unsubscribe.html", view=view)
