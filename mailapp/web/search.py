"""The search field: what it completes while somebody types, and /search for whoever remembers that address."""

from quart import Blueprint, Response, request

from mailapp.web.access import requires_account
from mailapp.web.context import context, site
from mailapp.web.folders import INBOX, key_of
from mailapp.web.fragments import answer, piece, see_other
from mailapp.web.reader import current_reader
from mailapp.web.search_hits import Hit, hits
from mailapp.web.suggesting import Suggestions, suggestions

blueprint = Blueprint("search", __name__)


@blueprint.get("/search")
@requires_account
async def search() -> Response:
    """?q=: the same as in the inbox; without, the inbox with the field open."""
    query = request.query_string.decode("ascii", "replace")
    return see_other(f"{INBOX}?{query}" if "q" in request.args else f"{INBOX}?q=")


@blueprint.get("/search/suggestions")
@requires_account
async def suggest() -> Response:
    """?q=: the query up to where somebody types, ?view= the folder's path.

    Options of a listbox: each holds the query it makes of it, or the message it opens. Nothing where the account asked
    for others before it was this one's turn.
    """
    text, key = request.args.get("q", ""), key_of(request.args.get("view", "")).partition("?")[0]
    reader, database, now = current_reader(), context().database, context().clock()
    assert reader.account is not None

    async def read() -> tuple[Suggestions, tuple[Hit, ...]]:
        return await database.read(suggestions, reader, text), await database.read(hits, reader, text, key, now)

    found = await site().suggesting.answer(reader.account.id, read)
    return await answer(piece("search/suggestions", "suggestions", *found) if found else "")
