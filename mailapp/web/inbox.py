"""Lists of messages: the inbox and every other folder."""

from dataclasses import replace

from markupsafe import Markup
from quart import Blueprint, Response, abort, request

from mailapp.web.access import requires_account
from mailapp.web.context import context, site
from mailapp.web.folders import INBOX, search_key
from mailapp.web.fragments import answer, is_fragment, page, piece, see_other
from mailapp.web.frames import counts, folder_lists
from mailapp.web.lists import gather, list_of, sidebar_of
from mailapp.web.reader import current_reader
from mailapp.web.toasts import undone_by

RELOAD = "X-Reload"
"""The page loads what it shows anew, because too much happened."""
blueprint = Blueprint("inbox", __name__)
ID_DIGITS = 18
OPEN_MESSAGE = "X-Open-Message"
"""The message beside a list that is only loaded anew: it stays open."""


@blueprint.get("/")
async def home() -> Response:
    return see_other(INBOX)


@blueprint.get("/mail/<key>")
@requires_account
async def folder(key: str) -> Response:
    """A folder: the page, its list as a fragment, or with ?before=<id> the rows below one. ?q= searches."""
    reader = current_reader()
    before = _id(request.args.get("before"))
    query = request.args.get("q", "")
    gathered = await context().database.read(gather, reader, search_key(key, query), before or None)
    if gathered.folder is None:
        if RELOAD in request.headers:  # the folder on screen was deleted in another window
            return see_other(INBOX)
        abort(404)
    open_id = _id(request.headers.get(OPEN_MESSAGE))
    everything = request.args.get("select") == "all"
    messages = list_of(site(), reader, gathered, gathered.folder, before=before, open_id=open_id, chosen=everything)
    if "q" in request.args and not messages.search.open:
        messages = replace(messages, search=replace(messages.search, open=True))
    if not is_fragment():
        bar = sidebar_of(reader, gathered, gathered.folder)
        return await page("mail.html", sidebar=bar, list=messages, message=None, toast=undone_by(request.args))
    if before:
        return await answer(piece("message/rows", "rows", messages))
    empty = Markup("") if open_id else piece("live/pane", "pane", piece_of_nothing())
    html = piece("message/list", "list_pane", messages) + empty
    pages, language = site().pages, reader.language
    if RELOAD in request.headers:
        html += folder_lists(pages, language, gathered.folders)
        html += counts(pages, language, gathered.folders, gathered.folder)
    return await answer(html)


def piece_of_nothing() -> Markup:
    """The reading pane with no message open."""
    return piece("message/view", "message_pane", None)


def _id(value: str | None) -> int:
    """An id a request may leave out (0). Nonsense is 404."""
    if value is None:
        return 0
    if not value.isascii() or not value.isdigit() or len(value) > ID_DIGITS or int(value) == 0:
        abort(404)
    return int(value)
