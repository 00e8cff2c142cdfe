"""Flags of messages: read, starred."""

from markupsafe import Markup
from quart import Blueprint, Response, abort, request

from mailapp.flow.filing import Act
from mailapp.store import messages
from mailapp.web.access import requires_account
from mailapp.web.asked import asked_of
from mailapp.web.context import context
from mailapp.web.conversing import reached
from mailapp.web.did import Did
from mailapp.web.filed import answer_filed, known_or_404, toast_of
from mailapp.web.folders import key_of
from mailapp.web.fragments import answer, current_path, is_fragment, local_path, see_other
from mailapp.web.message import bar, beside, show
from mailapp.web.reader import current_account, current_reader
from mailapp.web.toasts import toasted, undoable

blueprint = Blueprint("flags", __name__)
WORDS = {"seen": ("unread", "read"), "flagged": ("unstarred", "starred")}
"""What a toast calls a flag taken off, and put on."""
PLURAL = {"seen": "1", "flagged": "0"}
"""The value that reaches every message of a conversation; the other one the message that stands for it."""


@blueprint.post("/messages/<id:message_id>/flags")
@requires_account
async def set_flags(message_id: int) -> Response:
    """Fields seen=0|1, flagged=0|1: the row, the toolbar where the message is open, the counts, a notice with undo.

    opened=1 with seen=1: nobody pressed anything, the message was looked at, so there is nothing to take back.
    """
    form = await request.form
    values = {name: form[name] for name in ("seen", "flagged") if name in form}
    if not values or any(value not in ("0", "1") for value in values.values()):
        abort(400)
    view = form.get("view", "")
    account_id, filing = current_account().id, context().filing
    if await context().database.read(messages.row, account_id, message_id) is None:
        abort(404)
    # of a conversation, all is read or loses its star; unread and starred becomes the message that stands for it
    whole = await context().database.read(reached, current_reader(), key_of(view), [message_id])
    told, undo_id = Markup(""), 0
    if form.get("opened") == "1" and values == {"seen": "1"}:
        await filing.set_seen(account_id, whole, True)
    else:
        for name, value in values.items():
            reaches = whole if value == PLURAL[name] else [message_id]
            filed = await filing.act(account_id, Act(name, on=value == "1"), reaches)
            undo_id = filed.undo_id or undo_id
            if filed.ids:
                told += toasted(toast_of(filed, Did(WORDS[name][int(value)])))
    if values.get("seen") == "1":
        await context().queueing.notice(account_id, whole)
    if not is_fragment():
        return see_other(undoable(_back(message_id, seen=values.get("seen", "1"), view=view), undo_id))
    shown = await show(message_id, view, rows=False)
    if shown is None:
        abort(404)
    return await answer(beside(shown) + bar(shown) + told)


@blueprint.post("/flags")
@requires_account
async def set_many() -> Response:
    """Fields message=<id> (repeated) or all=1 and newest=<id>, view; seen=0|1 or flagged=0|1."""
    form = await request.form
    asked = await asked_of(form)
    values = [(name, form[name]) for name in ("seen", "flagged") if name in form]
    await known_or_404(asked)
    if len(values) != 1 or values[0][1] not in ("0", "1"):
        abort(400)
    name, on = values[0][0], values[0][1] == "1"
    # as for one: a conversation becomes unread or starred by the message that stands for it
    selection = asked.named if not asked.all and on == (name == "flagged") else asked.selection
    filed = await context().filing.act(current_account().id, Act(name, on=on), selection)
    return await answer_filed(asked, filed, Did(WORDS[name][int(on)]))


def _back(message_id: int, *, seen: str, view: str) -> str:
    """Where a page without scripts goes on: the list after marking unread (opening it again would mark it read)."""
    back = current_path()
    return local_path(view) if seen == "0" and view.startswith("/mail/") else back or f"/messages/{message_id}"
