"""Taking back what a toast offers to take back; how work on many messages goes on."""

from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

from quart import Blueprint, Response, abort, request

from mailapp.flow.filing import Filed
from mailapp.web.access import requires_account
from mailapp.web.context import context, site
from mailapp.web.did import Did, did_of
from mailapp.web.filed import list_anew, rows_filed, toast_of
from mailapp.web.folders import INBOX, key_of
from mailapp.web.forms import positive_id
from mailapp.web.fragments import answer, current_path, is_fragment, see_other
from mailapp.web.reader import current_account, current_reader
from mailapp.web.toasts import Toast, toasted

blueprint = Blueprint("undos", __name__)
FIELDS = 20
"""Of a page's query that are read."""


@blueprint.post("/undos")
@requires_account
async def undo() -> Response:
    """Field undo=<id>: the rows come back here at once, elsewhere by the stream."""
    form = await request.form
    filed = await context().filing.undo(current_account().id, positive_id(form.get("undo", "")))
    if not is_fragment():
        return see_other(_without_undo(current_path()))
    _ = current_reader().gettext
    if filed.work is not None:
        return await answer(await list_anew(_view_on_screen(), keep=True) + toasted(toast_of(filed, Did("undone"))))
    if not filed.ids:
        return await answer(toasted(Toast(_("Too late to undo that."))))
    return await rows_filed(_view_on_screen(), filed.ids, toasted(Toast(_("Undone."), seconds=3)))


@blueprint.get("/works/<id:work_id>")
@requires_account
async def progress(work_id: int) -> Response:
    """How work under way goes on: the toast that asks again, or says what was done."""
    work = context().filing.works.get(current_account().id, work_id)
    if work is None:
        abort(404)
    toast = toast_of(Filed((), work.undo_id, work), did_of(request.args))
    return await answer(site().pages.macro(current_reader().language, "toast", "toast/toast")(toast))


def _without_undo(path: str) -> str:
    """The page without scripts that offered the undo, as it was before: a list, its search, a message."""
    place, _, query = path.partition("?")
    if query.count("&") >= FIELDS:
        return place
    if not place.startswith(("/mail/", "/messages/")):
        return INBOX
    kept = [each for each in parse_qsl(query, keep_blank_values=True, max_num_fields=FIELDS) if each[0] != "undo"]
    return f"{place}?{urlencode(kept)}" if kept else place


def _view_on_screen() -> str:
    """Key of the folder the page shows: of /mail/<key>, or of /messages/<id>?view=."""
    path = current_path()
    views = parse_qs(urlsplit(path).query, max_num_fields=20).get("view", [])
    return key_of(views[0] if views and path.startswith("/messages/") else path)
