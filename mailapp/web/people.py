"""People somebody wrote to, for completion in the address fields."""

from quart import Blueprint, Response, request

from mailapp.mail.message import Person
from mailapp.mail.recipients import show
from mailapp.store import correspondents
from mailapp.values import dataclass
from mailapp.web.access import requires_account
from mailapp.web.context import context
from mailapp.web.fragments import answer, piece
from mailapp.web.reader import current_account

blueprint = Blueprint("people", __name__)
SHOWN = 6
QUERY_LONGEST = 100
Marked = tuple[str, str, str]
"""Text before the hit, the hit, text after it."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One line of the list."""

    text: str
    """What it puts into the field."""
    name: Marked
    address: Marked


@blueprint.get("/people")
@requires_account
async def people() -> Response:
    """?q=: who matches, as options of a listbox."""
    query = request.args.get("q", "").strip()[:QUERY_LONGEST]
    found: list[Person] = []
    if query:
        found = await context().database.read(correspondents.matching, current_account().id, query, SHOWN)
    return await answer(piece("compose/people", "people_options", [choice(each, query) for each in found]))


def choice(person: Person, query: str) -> Choice:
    """The view model of one person; the hit is marked once, in the name where it is there."""
    name = marked(person.name, query)
    address = marked(person.address, query) if not name[1] else (person.address, "", "")
    return Choice(show([person]), name, address)


def marked(text: str, query: str) -> Marked:
    """`text` parted at the first place where `query` stands, whatever its case."""
    at = text.lower().find(query.lower())
    if at < 0 or not query or len(text.lower()) != len(text):
        return text, "", ""
    return text[:at], text[at : at + len(query)], text[at + len(query) :]
