"""/folders: making, renaming and deleting folders and labels; a plain page."""

from collections.abc import Awaitable

from quart import Blueprint, Response, abort, request

from mailapp.flow.filing import Filed
from mailapp.flow.folders import Folders
from mailapp.values import dataclass
from mailapp.web.access import requires_account
from mailapp.web.asked import account_folders
from mailapp.web.choices import asking
from mailapp.web.context import context
from mailapp.web.deletions import Question
from mailapp.web.did import Did, did_of
from mailapp.web.filed import toast_of
from mailapp.web.folders import LABEL, Folder
from mailapp.web.forms import ID_DIGITS, positive_id
from mailapp.web.fragments import page, piece, see_other
from mailapp.web.naming import tried
from mailapp.web.reader import current_account, current_reader
from mailapp.web.toasts import Toast

blueprint = Blueprint("folder_pages", __name__)
NAME_LONGEST = 500
"""Characters of a name that are looked at: names of folders in each other, with what is between them."""


@dataclass(frozen=True, slots=True)
class FoldersPage:
    own: tuple[Folder, ...]
    labels: tuple[Folder, ...]
    error_of: str = ""
    """Which form was refused: folder, label, or the key of what was to be renamed."""
    error_text: str = ""
    value: str = ""
    """What was typed there."""


@blueprint.get("/folders")
@requires_account
async def folders() -> Response:
    """The page; ?work=<id>&did=...: what was done just now, with the way to take it back."""
    return await _page(toast=_toast())


@blueprint.post("/folders")
@requires_account
async def add() -> Response:
    """Field name: 项目/校样 makes 校样 in 项目."""
    name = await _name()
    return await _answer(_folders().add(current_account().id, name), "folder", name)


@blueprint.post("/folders/<id:mailbox_id>")
@requires_account
async def rename(mailbox_id: int) -> Response:
    """Field name: another name, another place."""
    name = await _name()
    return await _answer(_folders().rename(current_account().id, mailbox_id, name), str(mailbox_id), name)


@blueprint.post("/folder-removals")
@requires_account
async def remove() -> Response:
    """Field folder=<id>: asks first where mail is in it; sure=1 does it. The mail goes to the archive."""
    form = await request.form
    mailbox_id = positive_id(form.get("folder", ""))
    folder = await _own(str(mailbox_id))
    if form.get("sure") != "1":
        return await _ask(folder, "/folder-removals", ("folder", str(mailbox_id)))
    filed = await _folders().remove(current_account().id, mailbox_id)
    return _done(filed, Did("folder-removed", folder.name))


@blueprint.post("/labels")
@requires_account
async def add_label() -> Response:
    """Field name."""
    name = await _name()
    return await _answer(_folders().add_label(current_account().id, name), LABEL, name)


@blueprint.post("/labels/<id:label_id>")
@requires_account
async def rename_label(label_id: int) -> Response:
    """Field name."""
    name = await _name()
    return await _answer(_folders().rename_label(current_account().id, label_id, name), f"{LABEL}-{label_id}", name)


@blueprint.post("/label-removals")
@requires_account
async def remove_label() -> Response:
    """Field label=<id>: asks first; sure=1 does it. The messages stay where they are."""
    form = await request.form
    label_id = positive_id(form.get("label", ""))
    label = await _own(f"{LABEL}-{label_id}")
    if form.get("sure") != "1":
        return await _ask(label, "/label-removals", ("label", str(label_id)))
    filed = await _folders().remove_label(current_account().id, label_id)
    return _done(filed, Did("label-removed", label.name))


def _folders() -> Folders:
    return Folders(context().filing)


async def _name() -> str:
    return str((await request.form).get("name", ""))[:NAME_LONGEST]


async def _own(key: str) -> Folder:
    """A folder of the account's own or a label; 404 for anything else."""
    found = (await account_folders()).get(key)
    if found is None or found.role not in ("", LABEL):
        abort(404)
    return found


async def _answer(work: Awaitable[object], form: str, name: str) -> Response:
    _, refusal = await tried(work)
    if refusal:
        return await _page(422, error_of=form, error_text=refusal, value=name)
    return see_other("/folders")


async def _ask(folder: Folder, action: str, field: tuple[str, str]) -> Response:
    reader, number = current_reader(), folder.total
    if folder.role == LABEL:
        title = reader.gettext("Delete label “{name}”?").replace("{name}", folder.name)
        text = reader.gettext("The messages stay where they are.")
    else:
        title = reader.gettext("Delete folder “{name}”?").replace("{name}", folder.name)
        text = reader.ngettext(
            "Its message moves to the archive, and that of the folders in it too.",
            "Its {number} messages move to the archive, and those of the folders in it too.",
            number,
        ).format(number=f"{number:,}")
    act = reader.gettext("Delete")
    question = Question(title, text, act, action, "/folders", None, (field, ("sure", "1")))
    return await asking(title, piece("filing/choices", "confirming", question))


def _done(filed: Filed, did: Did) -> Response:
    assert filed.work is not None
    return see_other(f"/folders?work={filed.work.id}&{did.query}")


def _toast() -> Toast | None:
    given = request.args.get("work", "")
    known = given.isascii() and given.isdigit() and len(given) <= ID_DIGITS
    work = context().filing.works.get(current_account().id, int(given)) if known else None
    return toast_of(Filed((), work.undo_id, work), did_of(request.args)) if work else None


async def _page(status: int = 200, toast: Toast | None = None, **error: str) -> Response:
    found = await account_folders()
    view = FoldersPage(
        own=tuple(each for each in found.values() if not each.role),
        labels=tuple(each for each in found.values() if each.role == LABEL),
        **error,
    )
    return await page("folders.html", status, folders=view, toast=toast)
