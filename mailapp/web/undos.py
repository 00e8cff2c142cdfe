"""Taking back what a toast offers to take back."""

from urllib.parse import parse_qs, urlsplit

from quart import Blueprint, Response, request

from mailapp.web.access import requires_account
from mailapp.web.context import context, site
from mailapp.web.folders import INBOX, key_of
from mailapp.web.forms import positive_id
from mailapp.web.fragments import answer, current_path, is_fragment, see_other
from mailapp.web.frames import counts, row_frames
from mailapp.web.lists import gather
from mailapp.web.message import in_folder, row_beside, stored_rows
from mailapp.web.reader import current_account, current_reader
from mailapp.web.toasts import Toast, toasted

blueprint = Blueprint("undos", __name__)


@blueprint.post("/undos")
@requires_account
async def undo() -> Response:
    """Field undo=<id>: the rows come back here at once, elsewhere by the stream."""
    form = await request.form
    filed = await context().filing.undo(current_account().id, positive_id(form.get("undo", "")))
    if not is_fragment():
        return see_other(INBOX)
    reader, pages = current_reader(), site().pages
    if not filed.ids:
        return await answer(toasted(Toast(reader.gettext("Too late to undo that."))))
    gathered = await context().database.read(gather, reader, _view_on_screen(), limit=0)
    folder = gathered.folder or gathered.folders["inbox"]
    stored = await context().database.read(stored_rows, current_account().id, filed.ids, folder.role)
    shown = [row_beside(reader, folder, each, fare) for each, fare in stored if in_folder(folder, gathered, each)]
    html = row_frames(pages, reader.language, folder, shown, [])
    html += counts(pages, reader.language, gathered.folders, folder)
    return await answer(html + toasted(Toast(reader.gettext("Undone."), seconds=3)))


def _view_on_screen() -> str:
    """Key of the folder the page shows: of /mail/<key>, or of /messages/<id>?view=."""
    path = current_path()
    views = parse_qs(urlsplit(path).query, max_num_fields=20).get("view", [])
    return key_of(views[0] if views and path.startswith("/messages/") else path)
