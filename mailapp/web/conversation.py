"""GET /messages/<id>/item: one message of a conversation, for a page that has the conversation open."""

from markupsafe import Markup
from quart import Blueprint, Response, abort, request

from mailapp.store import messages
from mailapp.web.access import requires_account
from mailapp.web.context import context, site
from mailapp.web.conversing import opening
from mailapp.web.folders import key_of
from mailapp.web.fragments import answer, is_fragment, piece, see_other
from mailapp.web.frames import live
from mailapp.web.hrefs import message_href
from mailapp.web.message import beside, show
from mailapp.web.reader import current_account, current_reader

blueprint = Blueprint("conversation", __name__)


@blueprint.get("/messages/<id:message_id>/item")
@requires_account
async def item(message_id: int) -> Response:
    """The message, open, marked read; with ?joined=1 it came by itself and stays unread until somebody looks."""
    reader, view = current_reader(), request.args.get("view", "")
    if await context().database.read(messages.row, current_account().id, message_id) is None:
        abort(404)
    if not is_fragment():
        return see_other(message_href(message_id, f"/mail/{key_of(view)}"))
    joined = request.args.get("joined") == "1"
    if not joined:
        await context().filing.set_seen(current_account().id, [message_id], True)
        await context().queueing.notice(current_account().id, [message_id])
    shown = await show(message_id, view, rows=False)
    if shown is None:
        abort(404)
    html: Markup = piece("message/conversation", "opened_item", shown.view, joined)
    begun = await context().database.read(opening, reader, key_of(view), message_id)
    if begun.members and begun.members[-1].id == message_id:
        bar = piece("message/view", "answer_bar", shown.view)
        html += live(site().pages, reader.language, "answering", shown.opened.stored.row.thread_id, bar)
    return await answer(html if joined else html + beside(shown))
