"""Deleting messages: to the trash with an undo; from the trash for good, after asking."""

from quart import Blueprint, Response, request

from mailapp.store import messages, search
from mailapp.values import dataclass
from mailapp.web.access import requires_account
from mailapp.web.asked import Asked, asked_of
from mailapp.web.choices import asking
from mailapp.web.context import context
from mailapp.web.did import Did
from mailapp.web.filed import answer_filed, known_or_404
from mailapp.web.fragments import piece
from mailapp.web.reader import current_account, current_reader

blueprint = Blueprint("deletions", __name__)


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked before something goes for good."""

    title: str
    text: str
    act: str
    """What the button says: the act and the number."""
    action: str
    back: str
    asked: Asked | None = None
    """The messages it is about."""
    fields: tuple[tuple[str, str], ...] = ()
    """Further fields of the form."""


@blueprint.post("/deletions")
@requires_account
async def delete() -> Response:
    """Fields message=<id> (repeated) or all=1 and newest=<id>, view; final=1: messages in the trash, without asking."""
    form = await request.form
    asked = await asked_of(form)
    await known_or_404(asked)
    account_id, filing = current_account().id, context().filing
    if not await _in_trash(asked):
        return await answer_filed(asked, await filing.delete(account_id, asked.selection), Did("trashed"))
    if form.get("final") != "1":
        return await _ask(asked)
    return await answer_filed(asked, await filing.erase(account_id, asked.selection), Did("erased"))


async def _in_trash(asked: Asked) -> bool:
    """Whether what is to be deleted lies in the trash already: all of it."""
    if asked.all:
        return asked.folder.role == "trash"
    trash = asked.folders["trash"].view.mailbox_id
    rows = await context().database.read(messages.rows, current_account().id, asked.ids)
    return all(each.mailbox_id == trash for each in rows)


async def _ask(asked: Asked) -> Response:
    reader = current_reader()
    number = len(asked.ids)
    if asked.all:
        wanted = asked.folder.view.search
        found = await context().database.read(search.page, wanted, None, 1, count=True) if wanted else None
        number = found.count if found else asked.folder.total
    text = reader.ngettext(
        "The message will be gone for ever; this cannot be undone.",
        "{number} messages will be gone for ever; this cannot be undone.",
        number,
    ).format(number=f"{number:,}")
    act = reader.ngettext("Delete it", "Delete {number}", number).format(number=f"{number:,}")
    title = reader.gettext("Delete for good?")
    question = Question(title, text, act, "/deletions", asked.view, asked, (("final", "1"),))
    return await asking(title, piece("filing/choices", "confirming", question))
