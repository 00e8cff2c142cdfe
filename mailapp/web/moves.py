"""Moving messages: to a folder, to the archive, to junk and back."""

from quart import Blueprint, Response, abort, request

from mailapp.flow.filing import Act
from mailapp.flow.folders import Folders
from mailapp.web.access import requires_account
from mailapp.web.asked import asked_of
from mailapp.web.context import context
from mailapp.web.did import Did
from mailapp.web.filed import answer_filed, known_or_404
from mailapp.web.folders import Folder
from mailapp.web.naming import called, said_no, tried
from mailapp.web.reader import current_account

blueprint = Blueprint("moves", __name__)


@blueprint.post("/moves")
@requires_account
async def move() -> Response:
    """Fields message=<id> (repeated) or all=1 and newest=<id>, view; to=<a folder's key> or restore, or new=<name>.

    A new name that a folder has already means that folder.
    """
    form = await request.form
    asked = await asked_of(form)
    await known_or_404(asked)
    account_id, filing = current_account().id, context().filing
    known = called(form.get("new", ""), (each for each in asked.folders.values() if each.takes))
    if "new" in form and known is None:
        made, refusal = await tried(Folders(filing).add(account_id, form.get("new", "")))
        if made is None:
            return await said_no(refusal)
        filed = await filing.act(account_id, Act("move", made), asked.selection)
        return await answer_filed(asked, filed, Did("moved", form.get("new", "").strip()))
    if form.get("to") == "restore":
        return await answer_filed(asked, await filing.act(account_id, Act("restore"), asked.selection), Did("restored"))
    target = known or asked.folders.get(form.get("to", ""))
    if target is None:
        abort(404)
    if not target.takes or target.view.mailbox_id is None:
        abort(400)
    filed = await filing.act(account_id, Act("move", target.view.mailbox_id), asked.selection)
    return await answer_filed(asked, filed, _did(asked.folder, target))


def _did(place: Folder, target: Folder) -> Did:
    if target.role == "inbox" and place.role == "junk":
        return Did("not-junk")
    words = {"archive": "archived", "junk": "junk", "trash": "trashed"}
    return Did(words.get(target.role, "moved"), target.name)
