"""What the retention pages of accounts and of the admin do alike: show, preview, save."""

from dataclasses import replace

from quart import abort
from werkzeug.datastructures import MultiDict

from mailapp.flow import retention
from mailapp.flow.retention import NoFolder, next_run
from mailapp.store.retention import Limits, Preview
from mailapp.values import dataclass
from mailapp.web.context import context
from mailapp.web.forms import ID_DIGITS, text
from mailapp.web.reader import current_account, current_reader
from mailapp.web.retention_views import (
    ADMIN,
    OWN,
    RetentionView,
    RuleForm,
    choices,
    limits_of,
    lines_of,
    read_all,
    read_own,
    role_choices,
    told,
)
from mailapp.web.rows import Moment, pretty_time

LONGEST = 20


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose folders a page is about."""

    account_id: int | None
    """None: those of every account."""
    admin: bool


async def view_of(scope: Scope, form: RuleForm | None = None, said: str = "") -> RetentionView:
    """The page. 404 for an account there is not."""
    reader, database = current_reader(), context().database
    if scope.account_id is None:
        held, offered = await database.read(read_all), role_choices(reader)
    else:
        held = await database.read(read_own, scope.account_id)
        offered = choices(reader, held.boxes[scope.account_id])
        if not offered:
            abort(404)
    return RetentionView(
        base=ADMIN if scope.admin else OWN,
        account=str(scope.account_id) if scope.admin and scope.account_id else "",
        address=held.address,
        folders=offered,
        lines=lines_of(reader, held, admin=scope.admin),
        next_run=pretty_time(_moment(), int(next_run(context().clock()) * 1000)),
        form=form or RuleForm(),
        said=said,
    )


def form_of(given: MultiDict[str, str]) -> RuleForm:
    """Fields folder, count, days."""
    return RuleForm(text(given, "folder", LONGEST), text(given, "count", LONGEST), text(given, "days", LONGEST))


async def previewed(scope: Scope, form: RuleForm) -> RuleForm:
    """The form with what it would delete, or with what is wrong. 404 for a folder there is not."""
    limits, name, error = limits_of(current_reader(), form)
    if limits is None:
        return replace(form, error_field=name, error_text=error)
    try:
        return replace(form, preview=told(_moment(), await _preview(scope, form, limits)))
    except NoFolder:
        abort(404)


async def _preview(scope: Scope, form: RuleForm, limits: Limits) -> Preview:
    database, now = context().database, context().clock()
    if scope.account_id is None:
        return await retention.preview_for_all(database, form.folder, limits, now)
    return await retention.preview(database, scope.account_id, _folder(form), limits, now)


async def saved(scope: Scope, form: RuleForm) -> RuleForm | None:
    """Save the rule of a form: None, or the form with what is wrong. 404 for a folder there is not."""
    limits, name, error = limits_of(current_reader(), form)
    if limits is None:
        return replace(form, error_field=name, error_text=error)
    database, by = context().database, current_account().address
    try:
        if scope.account_id is None:
            await retention.put_for_all(database, form.folder, limits, by=by)
        else:
            await retention.put(database, scope.account_id, _folder(form), limits, by_admin=scope.admin, by=by)
    except NoFolder:
        abort(404)
    return None


def _folder(form: RuleForm) -> int:
    value = form.folder
    return int(value) if value.isascii() and value.isdigit() and len(value) <= ID_DIGITS else 0


def _moment() -> Moment:
    return Moment(current_reader(), context().clock())
