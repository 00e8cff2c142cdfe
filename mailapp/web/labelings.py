"""Putting labels on messages and taking them off."""

from quart import Blueprint, Response, abort, request

from mailapp.flow.filing import Act
from mailapp.flow.folders import Folders
from mailapp.web.access import requires_account
from mailapp.web.asked import asked_of
from mailapp.web.context import context
from mailapp.web.did import Did
from mailapp.web.filed import answer_filed, known_or_404
from mailapp.web.folders import LABEL
from mailapp.web.forms import positive_id
from mailapp.web.naming import called, said_no, tried
from mailapp.web.reader import current_account

blueprint = Blueprint("labelings", __name__)


@blueprint.post("/labelings")
@requires_account
async def label() -> Response:
    """Fields message=<id> (repeated) or all=1 and newest=<id>, view; add=<label>, remove=<label> or new=<name>.

    A new name that a label has already means that label.
    """
    form = await request.form
    asked = await asked_of(form)
    await known_or_404(asked)
    account_id, filing = current_account().id, context().filing
    named = [name for name in ("add", "remove", "new") if name in form]
    if len(named) != 1:
        abort(400)
    known = called(form.get("new", ""), (each for each in asked.folders.values() if each.role == LABEL))
    if named == ["new"] and known is None:
        made, refusal = await tried(Folders(filing).add_label(account_id, form["new"]))
        if made is None:
            return await said_no(refusal)
        filed = await filing.act(account_id, Act("label", made), asked.selection)
        return await answer_filed(asked, filed, Did("labelled", form["new"].strip()))
    on = named != ["remove"]
    found = known or asked.folders.get(f"{LABEL}-{positive_id(form[named[0]])}")
    if found is None or found.view.label_id is None:
        abort(404)
    filed = await filing.act(account_id, Act("label", found.view.label_id, on), asked.selection)
    return await answer_filed(asked, filed, Did("labelled" if on else "unlabelled", found.name))
