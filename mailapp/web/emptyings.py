"""Emptying trash or junk now, after asking."""

from quart import Blueprint, Response, abort, request

from mailapp.flow.selections import Everything
from mailapp.web.access import requires_account
from mailapp.web.asked import Asked, account_folders
from mailapp.web.choices import asking
from mailapp.web.context import context
from mailapp.web.deletions import Question
from mailapp.web.did import Did
from mailapp.web.filed import answer_filed
from mailapp.web.folders import Folder
from mailapp.web.forms import positive_id
from mailapp.web.fragments import piece
from mailapp.web.lists import newest_of
from mailapp.web.reader import current_account, current_reader

blueprint = Blueprint("emptyings", __name__)
EMPTIED = ("trash", "junk")


@blueprint.get("/emptyings")
@requires_account
async def ask() -> Response:
    """?folder=trash|junk: the question, with the number it is about."""
    folder, _ = await _folder(request.args.get("folder", "trash"))
    newest = await context().database.read(newest_of, folder.view)
    reader, number = current_reader(), folder.total
    text = reader.ngettext(
        "The message in it will be gone for ever; this cannot be undone.",
        "The {number} messages in it will be gone for ever; this cannot be undone.",
        number,
    ).format(number=f"{number:,}")
    act = reader.ngettext("Delete it", "Delete {number}", number).format(number=f"{number:,}")
    title = reader.gettext("Empty “{folder}”?").format(folder=folder.name)
    fields = (("folder", folder.key), ("newest", str(newest or 1)))
    question = Question(title, text, act, "/emptyings", folder.path, None, fields)
    return await asking(title, piece("filing/choices", "confirming", question))


@blueprint.post("/emptyings")
@requires_account
async def empty() -> Response:
    """Fields folder=trash|junk, newest=<id of the newest message asked about>: what came later stays."""
    form = await request.form
    folder, found = await _folder(form.get("folder", ""))
    newest = positive_id(form.get("newest", ""))
    filed = await context().filing.erase(current_account().id, Everything(folder.view, newest))
    return await answer_filed(Asked((), (), True, newest, folder.path, found, folder), filed, Did("erased"))


async def _folder(key: str) -> tuple[Folder, dict[str, Folder]]:
    if key not in EMPTIED:
        abort(404)
    found = await account_folders()
    return found[key], found
