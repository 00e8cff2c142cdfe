"""/admin/retention: rules for every account or for one, and when trash and junk empty themselves."""

from quart import Blueprint, Response, abort, request

from mailapp import maillog
from mailapp.flow import emptying, retention
from mailapp.values import dataclass
from mailapp.web.admin import admin_page
from mailapp.web.context import context
from mailapp.web.forms import positive_id, text
from mailapp.web.fragments import answer, is_fragment, piece
from mailapp.web.reader import current_account, current_reader
from mailapp.web.retention_forms import Scope, form_of, previewed, saved, view_of
from mailapp.web.retention_views import ADMIN, RuleForm

blueprint = Blueprint("admin_retention", __name__)


@dataclass(frozen=True, slots=True)
class EmptyingForm:
    """Days after which trash and junk go; 0 keeps them."""

    trash: str
    junk: str
    error_field: str = ""
    """trash or junk."""
    error_text: str = ""


@blueprint.get(ADMIN)
async def overview() -> Response:
    """?account=<id>: that one's folders; ?folder=&count=&days=: what that rule would delete."""
    scope, form = _scope(request.args.get("account", "")), form_of(request.args)
    asked = "folder" in request.args
    return await _show(scope, await previewed(scope, form) if asked else form)


@blueprint.post("/admin/retention-rules")
async def save() -> Response:
    """Fields account (an id, or "" for every account), folder, count, days."""
    given = await request.form
    scope, form = _scope(given.get("account", "")), form_of(given)
    refused = await saved(scope, form)
    if refused is None:
        whose = scope.account_id or "every account"
        _note(
            "retention rule saved",
            f"{whose}, folder {form.folder}: {form.count or '-'} messages, {form.days or '-'} days",
        )
    return await _show(scope, refused, "" if refused else current_reader().gettext("Saved."))


@blueprint.post("/admin/retention-rule-removals")
async def remove() -> Response:
    """Field rule=<id>; account, for the page to show."""
    given = await request.form
    rule_id = positive_id(given.get("rule", ""))
    if not await retention.remove(context().database, rule_id, by=current_account().address):
        abort(404)
    _note("retention rule removed", str(rule_id))
    return await _show(_scope(given.get("account", "")), said=current_reader().gettext("Removed."))


@blueprint.post("/admin/emptying-days")
async def set_days() -> Response:
    """Fields trash, junk: days, 0 for never."""
    given, reader = await request.form, current_reader()
    typed = {role: text(given, role, 10) for role in emptying.SETTINGS}
    for role, value in typed.items():
        if not (value.isascii() and value.isdigit() and int(value) <= emptying.MOST_DAYS):
            error = reader.gettext("A number from 0 to {most}.").format(most=f"{emptying.MOST_DAYS:,}")
            return await _show(_scope(""), emptying_form=EmptyingForm(**typed, error_field=role, error_text=error))
    days = {role: int(value) for role, value in typed.items()}
    await emptying.set_days(context().database, days, by=current_account().address)
    _note("emptying days set", f"trash {typed['trash']}, junk {typed['junk']}")
    return await _show(_scope(""), said=reader.gettext("Saved."))


def _scope(account: str) -> Scope:
    return Scope(positive_id(account) if account else None, admin=True)


async def _show(
    scope: Scope, form: RuleForm | None = None, said: str = "", emptying_form: EmptyingForm | None = None
) -> Response:
    view = await view_of(scope, form, said)
    if is_fragment() and emptying_form is None:
        return await answer(piece("retention/rules", "rules_piece", view))
    wrong = bool(view.form.error_text or emptying_form)
    if emptying_form is None:
        held = await context().database.read(emptying.all_days)
        emptying_form = EmptyingForm(**{role: str(number) for role, number in held.items()})
    return await admin_page(
        "admin_retention.html", "retention", 422 if wrong else 200, view=view, emptying=emptying_form
    )


def _note(act: str, what: str) -> None:
    maillog.administered(current_account().address, act, what)
