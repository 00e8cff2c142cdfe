"""Flags of messages: read, starred."""

from quart import Blueprint, Response, abort, request

from mailapp.flow.filing import Act
from mailapp.store import messages
from mailapp.web.access import requires_account
from mailapp.web.asked import asked_of
from mailapp.web.context import context, site
from mailapp.web.conversing import reached
from mailapp.web.did import Did
from mailapp.web.filed import answer_filed, known_or_404
from mailapp.web.folders import key_of
from mailapp.web.fragments import answer, current_path, is_fragment, local_path, see_other
from mailapp.web.frames import live
from mailapp.web.message import beside, show
from mailapp.web.reader import current_account, current_reader

blueprint = Blueprint("flags", __name__)


@blueprint.post("/messages/<id:message_id>/flags")
@requires_account
async def set_flags(message_id: int) -> Response:
    """Fields seen=0|1, flagged=0|1: the row, the toolbar where the message is open, the counts."""
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
    if "seen" in values:
        await filing.set_seen(account_id, whole if values["seen"] == "1" else [message_id], values["seen"] == "1")
        if values["seen"] == "1":
            await context().queueing.notice(account_id, whole)
    if "flagged" in values:
        on = values["flagged"] == "1"
        await filing.set_flagged(account_id, [message_id] if on else whole, on)
    if not is_fragment():
        return see_other(_back(message_id, seen=values.get("seen", "1"), view=view))
    shown = await show(message_id, view, rows=False)
    if shown is None:
        abort(404)
    bar = site().pages.macro(current_reader().language, "message_toolbar", "message/view")(shown.view)
    return await answer(beside(shown) + live(site().pages, current_reader().language, "toolbar", message_id, bar))


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
    words = {"seen": ("read", "unread"), "flagged": ("starred", "unstarred")}[name]
    # as for one: a conversation becomes unread or starred by the message that stands for it
    selection = asked.named if not asked.all and on == (name == "flagged") else asked.selection
    filed = await context().filing.act(current_account().id, Act(name, on=on), selection)
    return await answer_filed(asked, filed, Did(words[0 if on else 1]))


def _back(message_id: int, *, seen: str, view: str) -> str:
    """Where a page without scripts goes on: the list after marking unread (opening it again would mark it read)."""
    back = current_path()
    return local_path(view) if seen == "0" and view.startswith("/mail/") else back or f"/messages/{message_id}"
