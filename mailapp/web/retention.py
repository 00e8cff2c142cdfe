"""/retention: what of an account's own folders deletes itself. A plain page, and fragments of it."""

from quart import Blueprint, Response, abort, request

from mailapp.flow import retention
from mailapp.web.access import requires_account
from mailapp.web.context import context
from mailapp.web.forms import positive_id
from mailapp.web.fragments import answer, is_fragment, page, piece
from mailapp.web.reader import current_account, current_reader
from mailapp.web.retention_forms import Scope, form_of, previewed, saved, view_of
from mailapp.web.retention_views import RuleForm

blueprint = Blueprint("retention", __name__)


@blueprint.get("/retention")
@requires_account
async def overview() -> Response:
    """?folder=&count=&days=: what that rule would delete."""
    form = form_of(request.args)
    asked = "folder" in request.args
    return await _show(await previewed(_scope(), form) if asked else form)


@blueprint.post("/retention-rules")
@requires_account
async def save() -> Response:
    """Fields folder, count, days."""
    refused = await saved(_scope(), form_of(await request.form))
    return await _show(refused, "" if refused else current_reader().gettext("Saved."))


@blueprint.post("/retention-rule-removals")
@requires_account
async def remove() -> Response:
    """Field rule=<id>, one of the account's own."""
    rule_id = positive_id((await request.form).get("rule", ""))
    me = current_account()
    if not await retention.remove(context().database, rule_id, owner=me.id, by=me.address):
        abort(404)
    return await _show(said=current_reader().gettext("Removed."))


def _scope() -> Scope:
    return Scope(current_account().id, admin=False)


async def _show(form: RuleForm | None = None, said: str = "") -> Response:
    view = await view_of(_scope(), form, said)
    if is_fragment():
        return await answer(piece("retention/rules", "rules_piece", view))
    return await page("retention.html", 422 if view.form.error_text else 200, view=view)
