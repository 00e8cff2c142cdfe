"""The audit log: who changed what, when, from what to what. A page, and a fragment of the same."""

import sqlite3
from datetime import datetime
from urllib.parse import urlencode

from quart import Blueprint, Response, request

from mailapp.store import audit
from mailapp.store.audit import Entry
from mailapp.values import dataclass
from mailapp.web import audit_words
from mailapp.web.admin import admin_page
from mailapp.web.context import context
from mailapp.web.forms import positive_id, text
from mailapp.web.fragments import answer, is_fragment, piece
from mailapp.web.reader import Reader, current_reader

blueprint = Blueprint("admin_audit", __name__)
LIST = "/admin/audit"
PAGE = 50


@dataclass(frozen=True, slots=True)
class AuditLine:
    id: int
    at: str
    who: str
    what: str
    about: str
    from_: str
    to: str


@dataclass(frozen=True, slots=True)
class AuditView:
    """A page of the log, and what it is filtered by."""

    lines: tuple[AuditLine, ...]
    people: tuple[tuple[str, str], ...]
    nouns: tuple[tuple[str, str], ...]
    who: str
    noun: str
    q: str
    next_href: str = ""

    @property
    def filtered(self) -> bool:
        return bool(self.who or self.noun or self.q)


@blueprint.get(LIST)
async def overview() -> Response:
    """?who=, ?noun= and ?q= filter, ?before=<id> goes on behind an entry."""
    who, noun, q = text(request.args, "who", 320), text(request.args, "noun", 40), text(request.args, "q", 200)
    before = request.args.get("before", "")
    first = positive_id(before) if before else 0

    def load(db: sqlite3.Connection) -> tuple[list[Entry], list[str]]:
        return audit.page(db, first, PAGE + 1, who=who, noun=noun, q=q), audit.people(db)

    reader = current_reader()
    found, people = await context().database.apart(load)
    following = {"who": who, "noun": noun, "q": q, "before": str(found[PAGE - 1].id) if len(found) > PAGE else ""}
    view = AuditView(
        lines=tuple(_line(reader, each) for each in found[:PAGE]),
        people=tuple((each, audit_words.person(reader, each)) for each in people),
        nouns=tuple(audit_words.nouns(reader).items()),
        who=who,
        noun=noun,
        q=q,
        next_href=f"{LIST}?{urlencode({key: value for key, value in following.items() if value})}"
        if following["before"]
        else "",
    )
    if is_fragment():
        return await answer(piece("admin/audit", "audit_table", view))
    return await admin_page("admin_audit.html", "audit", view=view)


def _line(reader: Reader, entry: Entry) -> AuditLine:
    at = datetime.fromtimestamp(entry.at / 1000, reader.zone)
    return AuditLine(
        id=entry.id,
        at=at.strftime("%Y-%m-%d %H:%M:%S"),
        who=audit_words.person(reader, entry.who),
        what=audit_words.act(reader, entry.what),
        about=entry.about,
        from_=entry.from_,
        to=entry.to,
    )
