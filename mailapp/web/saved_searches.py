"""Searches kept in the side bar: save, rename, remove."""

from collections.abc import Awaitable

from markupsafe import Markup
from quart import Blueprint, Response, abort, request

from mailapp.flow import saving_searches
from mailapp.store.saved_searches import MOST, NameTaken, TooMany
from mailapp.web.access import requires_account
from mailapp.web.context import context, site
from mailapp.web.folders import search_key
from mailapp.web.forms import text
from mailapp.web.fragments import answer, is_fragment, page, piece, see_other
from mailapp.web.lists import Gathered, gather, list_of, sidebar_of
from mailapp.web.reader import current_account, current_reader
from mailapp.web.toasts import Toast, toasted

blueprint = Blueprint("saved_searches", __name__)


@blueprint.post("/saved-searches")
@requires_account
async def save() -> Response:
    """Fields name, q."""
    form = await request.form
    query = text(form, "q", saving_searches.QUERY_LONGEST)
    name = text(form, "name", saving_searches.NAME_LONGEST)
    saving = saving_searches.save(context().database, current_account().id, name, query)
    return await _done(query, saving, current_reader().gettext("Search saved."))


@blueprint.post("/saved-searches/<id:search_id>")
@requires_account
async def rename(search_id: int) -> Response:
    """Fields name, q (the search on screen)."""
    form = await request.form
    name = text(form, "name", saving_searches.NAME_LONGEST)
    renaming = saving_searches.rename(context().database, current_account().id, search_id, name)
    return await _done(text(form, "q", saving_searches.QUERY_LONGEST), renaming, current_reader().gettext("Renamed."))


@blueprint.post("/saved-searches/<id:search_id>/removal")
@requires_account
async def remove(search_id: int) -> Response:
    """Field q (the search on screen). Saving it again brings it back: the toast offers that."""
    form = await request.form
    query = text(form, "q", saving_searches.QUERY_LONGEST)
    gone = await saving_searches.remove(context().database, current_account().id, search_id)
    if gone is None:
        abort(404)
    said = current_reader().gettext("Search removed from the side bar.")
    back = (("name", gone.name), ("q", gone.query))
    return await _shown(query, "", Toast(said, undo_path="/saved-searches", undo_fields=back))


async def _done(query: str, act: Awaitable[int | bool], said: str) -> Response:
    """Do it; then what is shown, or what was wrong."""
    _ = current_reader().gettext
    problem = ""
    try:
        if not await act:
            abort(404)
    except ValueError:
        problem = _("The search needs a name.")
    except NameTaken:
        problem = _("There is a saved search of this name already.")
    except TooMany:
        problem = _("{number} searches are kept already; remove one first.").format(number=MOST)
    return await _shown(query, problem, Toast(problem or said, seconds=5 if problem else 3))


async def _shown(query: str, problem: str, toast: Toast) -> Response:
    """The search anew, with the side bar."""
    key = search_key("inbox", query)
    if not is_fragment():
        return await _plain_page(key, problem) if problem else see_other(f"/mail/{key}")
    gathered = await context().database.read(gather, current_reader(), key)
    return await answer(_fragments(gathered, toast))


async def _plain_page(key: str, problem: str) -> Response:
    gathered = await context().database.read(gather, current_reader(), key)
    assert gathered.folder is not None
    shown = list_of(site(), current_reader(), gathered, gathered.folder)
    bar = sidebar_of(current_reader(), gathered, gathered.folder)
    return await page("mail.html", 422, sidebar=bar, list=shown, message=None, toast=Toast(problem, seconds=5))


def _fragments(gathered: Gathered, toast: Toast) -> Markup:
    """The line above the hits and the saved searches of the side bar."""
    reader = current_reader()
    assert gathered.folder is not None
    bar = sidebar_of(reader, gathered, gathered.folder)
    shown = list_of(site(), reader, gathered, gathered.folder)
    return piece("search/saved", "saved_changed", bar.searches, shown.search) + toasted(toast)
