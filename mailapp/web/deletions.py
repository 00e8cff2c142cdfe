"""Deleting messages: to the trash with an undo; from the trash for good."""

from collections.abc import Sequence

from markupsafe import Markup
from quart import Blueprint, Response, abort, request

from mailapp.web.access import requires_account
from mailapp.web.context import context, site
from mailapp.web.folders import INBOX, key_of
from mailapp.web.forms import message_ids
from mailapp.web.fragments import answer, is_fragment, local_path, see_other
from mailapp.web.frames import counts, row_frames
from mailapp.web.inbox import piece_of_nothing
from mailapp.web.lists import gather
from mailapp.web.message import open_message_id, pane, show
from mailapp.web.reader import current_account, current_reader
from mailapp.web.rows import message_href
from mailapp.web.toasts import Toast, toasted

blueprint = Blueprint("deletions", __name__)


@blueprint.post("/deletions")
@requires_account
async def delete() -> Response:
    """Fields message=<id> (repeated), view: the pane of what comes next, rows taken out, counts, a toast with undo."""
    form = await request.form
    ids, view = message_ids(form), form.get("view", INBOX)
    account_id = current_account().id
    open_id = open_message_id()
    following = await _following(open_id, view) if open_id in ids else open_id
    filed = await context().filing.delete(account_id, ids)
    if not filed.ids:
        abort(404)
    if not is_fragment():
        return see_other(local_path(view, INBOX) if view.startswith("/mail/") else INBOX)
    reader, pages = current_reader(), site().pages
    gathered = await context().database.read(gather, reader, key_of(view), limit=0)
    folder = gathered.folder or gathered.folders["inbox"]
    html = await _pane(following, view)
    html += row_frames(pages, reader.language, folder, [], list(filed.ids))
    html += counts(pages, reader.language, gathered.folders, folder)
    html += toasted(Toast(_told(filed.ids, filed.undo_id), filed.undo_id or 0))
    # the address has to follow the pane, or "back" would lead to a message that is gone
    place = message_href(following, folder.path) if following else folder.path
    return await answer(html, headers={"HX-Replace-Url": place} if following != open_id else {})


async def _following(message_id: int, view: str) -> int:
    """What to show once the open message is gone: the older neighbour, else the newer one, else nothing (0)."""
    shown = await show(message_id, view, rows=False)
    if shown is None:
        return 0
    return shown.opened.older or shown.opened.newer or 0


async def _pane(message_id: int, view: str) -> Markup:
    if not message_id:
        return piece_of_nothing()
    await context().filing.set_seen(current_account().id, [message_id], True)
    shown = await show(message_id, view, rows=False)
    return piece_of_nothing() if shown is None else pane(shown)


def _told(ids: Sequence[int], undo_id: int | None) -> str:
    reader, number = current_reader(), len(ids)
    if undo_id is None:
        text = reader.ngettext("Deleted for good", "{number} messages deleted for good", number)
    else:
        text = reader.ngettext("Moved to the trash", "{number} messages moved to the trash", number)
    return text.format(number=number)
