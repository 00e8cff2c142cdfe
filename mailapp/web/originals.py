"""A message as it came, readable; and a message alone, for paper."""

import sqlite3

from markupsafe import Markup
from quart import Blueprint, Response, abort, request

from mailapp.mail.charsets import decode
from mailapp.mail.message import Message
from mailapp.mail.sizes import size_text
from mailapp.store import messages
from mailapp.store.contents import StoredContent
from mailapp.store.messages import StoredMessage
from mailapp.values import dataclass
from mailapp.web import headers
from mailapp.web.access import requires_account
from mailapp.web.context import context, site
from mailapp.web.fragments import answer, page
from mailapp.web.letters import CLOSED, FOLD, OPEN, SafeLetter
from mailapp.web.message import show
from mailapp.web.particulars import ParticularView
from mailapp.web.reader import Reader, current_account, current_reader
from mailapp.web.reading import MessageView

blueprint = Blueprint("originals", __name__)
SHOWN_BYTES = 262_144
"""Of the source; a longer one is there as a file."""
FIELDS = 200
FIELD_LONGEST = 2_000


@dataclass(frozen=True, slots=True)
class OriginalView:
    """The page of a message as it came."""

    subject: str
    back_href: str
    source_href: str
    eml_href: str
    size_text: str
    shown_text: str
    """How much of the source is shown, "" for all of it."""
    fields: tuple[tuple[str, str], ...]
    """Name and decoded value, in order."""
    more_fields: int
    source: str


@blueprint.get("/messages/<id:message_id>/original")
@requires_account
async def original(message_id: int) -> Response:
    """Header fields decoded, then the source itself, up to SHOWN_BYTES of it."""
    account_id, letters = current_account().id, site().letters

    def find(db: sqlite3.Connection) -> tuple[StoredMessage, Message, bytes, int] | None:
        stored = messages.get(db, account_id, message_id)
        if stored is None:
            return None
        content = StoredContent(db, stored.content_id)
        return stored, letters.parsed(db, stored.content_id), content.read(0, SHOWN_BYTES), content.size

    found = await context().database.read(find)
    if found is None:
        abort(404)
    stored, message, source, size = found
    text = stored.trace.decode("utf-8", "replace") + decode(source, message.charset_hint)
    view = OriginalView(
        subject=stored.row.subject,
        back_href=f"/messages/{message_id}",
        source_href=f"/messages/{message_id}/source",
        eml_href=f"/messages/{message_id}/source?download=1",
        size_text=size_text(size),
        shown_text=size_text(len(source)) if len(source) < size else "",
        fields=tuple((name, value[:FIELD_LONGEST]) for name, value in message.headers[:FIELDS]),
        more_fields=max(0, len(message.fields) - FIELDS),
        source=text.replace("\r\n", "\n"),
    )
    return await page("original.html", original=view)


@blueprint.get("/messages/<id:message_id>/print")
@requires_account
async def paper(message_id: int) -> Response:
    """The letter under its header and nothing else, all quotations open; remote images only where asked for."""
    reader = current_reader()
    shown = await show(message_id, "", rows=False, images=request.args.get("images") == "1")
    if shown is None:
        abort(404)
    view, message = shown.view, shown.opened.message
    letter, safe = str(view.text_html), SafeLetter("")
    if view.has_html:
        safe = await site().letters.sanitized(message_id, message, remote=view.images_shown)
        letter = safe.html.replace(FOLD, reader.gettext("Quoted text"))
    html = site().pages.page(
        reader.language,
        "partials/message/print.html",
        message=view,
        people=_people(reader, view),
        body=Markup(letter.replace(CLOSED, OPEN)),  # noqa: S704 - sanitised, and shown under the frame's policy
        letter=safe,
        theme="light",
        adapted=False,
    )
    policy = headers.print_policy(remote=view.images_shown)
    return await answer(html, headers={"Content-Security-Policy": policy})


def _people(reader: Reader, view: MessageView) -> tuple[ParticularView, ...]:
    """Who is named on paper, with addresses: whoever reads it there presses nothing."""
    _ = reader.gettext
    wanted = (_("Sender"), _("Recipients"), _("Cc"), _("Bcc"))
    return tuple(one for one in view.particulars.fields if one.label in wanted) if view.particulars else ()
