"""Choosing for messages: the folder to move to, labels. A dialog, or a plain page of the same."""

from markupsafe import Markup
from quart import Blueprint, Response, abort, request

from mailapp.store import labels
from mailapp.values import dataclass
from mailapp.web.access import requires_account
from mailapp.web.asked import Asked, asked_of
from mailapp.web.context import context, site
from mailapp.web.filed import known_or_404
from mailapp.web.folders import LABEL
from mailapp.web.fragments import answer, is_fragment, page, piece
from mailapp.web.frames import live
from mailapp.web.reader import current_reader

blueprint = Blueprint("choices", __name__)


@dataclass(frozen=True, slots=True)
class LabelChoice:
    id: int
    name: str
    addable: bool
    """Not every message bears it."""
    removable: bool
    """A message bears it."""


@blueprint.post("/choices")
@requires_account
async def choose() -> Response:
    """Fields message=<id> (repeated) or all=1 and newest=<id>, view; choice=move|label."""
    form = await request.form
    asked = await asked_of(form)
    await known_or_404(asked)
    _ = current_reader().gettext
    choice = form.get("choice")
    if choice not in ("move", "label"):
        abort(400)
    if choice == "move":
        targets = [each for each in asked.folders.values() if each.takes and each.key != asked.folder.key]
        return await asking(_("Move to"), piece("filing/choices", "moving", asked, targets))
    return await asking(_("Labels"), piece("filing/choices", "labelling", asked, await _labels(asked)))


async def _labels(asked: Asked) -> list[LabelChoice]:
    borne = await context().database.read(labels.of_messages, asked.ids) if asked.ids else {}
    found = []
    for each in asked.folders.values():
        if each.role == LABEL and each.view.label_id is not None:
            label_id = each.view.label_id
            bearing = sum(label_id in borne.get(one, ()) for one in asked.ids)
            addable = asked.all or bearing < len(asked.ids)
            found.append(LabelChoice(label_id, each.name, addable, asked.all or bearing > 0))
    return found


async def asking(title: str, content: Markup) -> Response:
    """A question: in the dialog of the page at hand, or as a page of its own."""
    if is_fragment():
        return await answer(live(site().pages, current_reader().language, "dialog", content))
    return await page("choice.html", title=title, content=content)
