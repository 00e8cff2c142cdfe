"""/admin/mail: a search in every account's mail, where the setting allows it; deleting what it finds, with an undo."""

from dataclasses import replace
from datetime import datetime
from functools import partial
from urllib.parse import parse_qs, urlencode, urlsplit

from markupsafe import Markup
from quart import Blueprint, Response, abort, request
from werkzeug.datastructures import MultiDict

from mailapp.flow.all_mail import Deletion, NotAllowed
from mailapp.mail.address import fold
from mailapp.mail.query import parse
from mailapp.mail.query_tree import Places, Query
from mailapp.store import accounts, all_mail
from mailapp.store.all_mail import Hits
from mailapp.values import dataclass
from mailapp.web.admin import admin_page
from mailapp.web.all_mail_views import AllMailView, found_view, plain_view
from mailapp.web.context import context, site
from mailapp.web.did import Did, told
from mailapp.web.forms import ID_DIGITS, message_ids, positive_id, text
from mailapp.web.fragments import answer, current_path, is_fragment, piece, see_other
from mailapp.web.reader import current_account, current_reader
from mailapp.web.rows import Moment
from mailapp.web.toasts import Toast, toasted

blueprint = Blueprint("admin_mail", __name__)
PATH = "/admin/mail"
PAGE = 50
LONGEST = 500
USES_SHOWN = 20
WORKING_S = 3_600


@dataclass(frozen=True, slots=True)
class Asked:
    """What is looked for, and in whose mail."""

    q: str = ""
    account: str = ""
    """An address; "" for everybody's."""
    account_id: int | None = None

    @property
    def is_unknown(self) -> bool:
        """The address names nobody."""
        return bool(self.account) and self.account_id is None

    @property
    def path(self) -> str:
        given = {"q": self.q, "account": self.account}
        return f"{PATH}?{urlencode({name: value for name, value in given.items() if value})}".rstrip("?")

    def parse(self, now: datetime, places: Places) -> Query:
        return parse(self.q, now, places)


@blueprint.get(PATH)
async def overview() -> Response:
    """?q=, account= (an address), before=: what is found; ?undo=<id>: what was deleted just now."""
    asked, before = await _asked(request.args), _before()
    view = await _found(asked, before)
    if is_fragment():
        return await answer(piece("admin/mail", "mail_list", view))
    toast = None
    if "undo" in request.args:
        undone = site().all_mail.get(current_account().address, positive_id(request.args["undo"]))
        toast = _toast(undone) if undone else None
    return await admin_page("admin_mail.html", "mail", 422 if asked.is_unknown else 200, view=view, toast=toast)


@blueprint.post("/admin/mail-permission")
async def permit() -> Response:
    """Field allowed=0|1: whether administrators may look through all mail."""
    allowed = (await request.form).get("allowed")
    if allowed not in ("0", "1"):
        abort(400)
    await site().all_mail.allow(current_account().address, allowed == "1")
    return see_other(PATH)


@blueprint.post("/admin/mail-deletions")
async def delete() -> Response:
    """Fields message=<id> (repeated), or all=1 and newest=<id>; q, account: to the trash of whoever's they are."""
    form = await request.form
    asked, admin, house = await _asked(form), current_account().address, site().all_mail
    try:
        if form.get("all") == "1":
            if asked.is_unknown or not asked.q:
                abort(400)
            newest = positive_id(form.get("newest", ""))
            reads = partial(asked.parse, _now())
            deletion = await house.delete_found(admin, asked.q, reads, asked.account_id, newest)
        else:
            deletion = await house.delete(admin, message_ids(form))
    except NotAllowed:
        abort(403)
    if not is_fragment():
        joint = "&" if "?" in asked.path else "?"
        return see_other(f"{asked.path}{joint}undo={deletion.id}")
    return await _anew(asked, _toast(deletion))


@blueprint.post("/admin/mail-undos")
async def undo() -> Response:
    """Field undo=<id> of a deletion."""
    undo_id = positive_id((await request.form).get("undo", ""))
    deletion = await site().all_mail.undo(current_account().address, undo_id)
    _ = current_reader().gettext
    asked = await _asked(MultiDict(parse_qs(urlsplit(current_path()).query, max_num_fields=20)))
    if not is_fragment():
        return see_other(asked.path)
    if deletion is None:
        return await answer(toasted(Toast(_("Too late to undo that."))))
    return await _anew(asked, _toast(deletion))


@blueprint.get("/admin/mail-works/<id:work_id>")
async def progress(work_id: int) -> Response:
    """How far a deletion is: the toast that asks again, or says what was done."""
    deletion = site().all_mail.get(current_account().address, work_id)
    if deletion is None:
        abort(404)
    return await answer(piece("toast/toast", "toast", _toast(deletion)))


async def _asked(given: MultiDict[str, str]) -> Asked:
    asked = Asked(text(given, "q", LONGEST), fold(text(given, "account")))
    if asked.account:
        found = await context().database.read(accounts.by_address, asked.account)
        asked = replace(asked, account_id=found.id if found else None)
    return asked


async def _found(asked: Asked, before: int | None = None, *, again: bool = False) -> AllMailView:
    """What the page shows. `again`: after an act, which is no new search."""
    reader, moment = current_reader(), Moment(current_reader(), context().clock())
    allowed = await context().database.read(all_mail.is_allowed)
    hits: Hits | None = None
    if allowed and asked.q and not asked.is_unknown:
        reads, admin = partial(asked.parse, _now()), current_account().address
        hits = await site().all_mail.search(admin, asked.q, reads, asked.account_id, before, PAGE, noted=not again)
    uses = await context().database.read(all_mail.uses, USES_SHOWN)
    view = plain_view(moment, allowed, asked.q, asked.account, asked.path, uses)
    if asked.is_unknown:
        view = replace(view, account_error=reader.gettext("There is no account with this address."))
    return found_view(moment, view, hits, first=before is None) if hits else view


async def _anew(asked: Asked, toast: Toast) -> Response:
    """The list as it is now, and a toast."""
    html: Markup = piece("admin/mail", "mail_anew", await _found(asked, again=True))
    return await answer(html + toasted(toast))


def _toast(deletion: Deletion) -> Toast:
    reader = current_reader()
    path = "/admin/mail-undos"
    if not deletion.ended:
        said = reader.gettext("Working: {number} so far…").format(number=f"{deletion.done:,}")
        return Toast(said, seconds=WORKING_S, asks=f"/admin/mail-works/{deletion.id}")
    if deletion.failed:
        said = reader.gettext("Not everything worked: {number} messages were done.")
        return Toast(said.format(number=f"{deletion.done:,}"), deletion.id if deletion.parts else 0, undo_path=path)
    if deletion.undone:
        return Toast(reader.gettext("Undone."), seconds=3)
    if not deletion.parts:
        return Toast(reader.gettext("Nothing to do: it is so already."), seconds=3)
    return Toast(told(reader, Did("trashed"), deletion.done), deletion.id, undo_path=path)


def _before() -> int | None:
    value = request.args.get("before", "")
    return int(value) if value.isascii() and value.isdigit() and len(value) <= ID_DIGITS else None


def _now() -> datetime:
    return datetime.fromtimestamp(context().clock(), current_reader().zone)
