"""What a view link shows, as its pages and its stream render it."""

import sqlite3
from collections.abc import Sequence
from datetime import datetime
from urllib.parse import quote

from markupsafe import Markup

from mailapp.mail.message import Message, Person
from mailapp.mail.sanitize import Survey
from mailapp.store import codes, views
from mailapp.store.codes import StoredCode
from mailapp.store.messages import MessageRow, StoredMessage
from mailapp.store.views import ADDRESS, CODES, ViewLink
from mailapp.values import dataclass
from mailapp.web.attachments import AttachmentView, attachment_views, offered
from mailapp.web.chip import CodeCard
from mailapp.web.code_views import card_of
from mailapp.web.context import Site
from mailapp.web.reader import Reader
from mailapp.web.reading import monogram, plain_letter
from mailapp.web.rows import SUBJECT_LONGEST, Moment, Row, pretty_time, row, to_whom

SHOWN = 50
"""Messages or codes of one link on its page: the newest."""
Held = tuple[MessageRow, ...] | tuple[StoredCode, ...]


@dataclass(frozen=True, slots=True)
class SharedPage:
    """What stands around it."""

    title: str
    kind: str
    """message, address or codes."""
    base: str
    """The address of the link; everything a visitor can ask for lies below it."""
    until: str
    """When the link ends."""
    live: bool = True
    """Whether something may still come to this page."""


@dataclass(frozen=True, slots=True)
class SharedMessage:
    """One message as a visitor reads it."""

    id: int
    subject: str
    sender_name: str
    sender_address: str
    monogram: str
    to: str
    time: str
    iso: str
    code: CodeCard | None
    body_src: str
    """The frame with its HTML, "" where the text is shown."""
    text_html: Markup
    images_href: str
    """This page with remote images, "" where none are held back."""
    blocked: int
    attachments: tuple[AttachmentView, ...]
    back_href: str
    """The list it was opened from, "" of a link to it alone."""


def base_of(token: str) -> str:
    """The address of a link on this site."""
    return f"/v/{quote(token, safe='')}"


def held(db: sqlite3.Connection, link: ViewLink) -> Held:
    """A read function: what may change on the first page of a link. Of one message that is its code."""
    if link.kind == CODES:
        return tuple(views.newest_codes(db, link, SHOWN))
    if link.kind == ADDRESS:
        return tuple(views.newest(db, link, SHOWN))
    code = codes.of_message(db, link.account_id, link.message_id)
    return () if code is None else (code,)


def gist(found: Held) -> tuple[object, ...]:
    """What a visitor can see change: nobody is to learn when the owner reads or files something."""
    return tuple(
        each.id if isinstance(each, MessageRow) else (each.message_id, each.value, each.link, each.used_at)
        for each in found
    )


def items_html(site: Site, reader: Reader, link: ViewLink, base: str, found: Held) -> Markup:
    """The list of a link's page; the stream pushes the same."""
    moment = Moment(reader, site.context.clock())
    rows = [_row(moment, each, base) for each in found if isinstance(each, MessageRow)]
    cards = [card_of(moment, each) for each in found if isinstance(each, StoredCode)]
    items: Sequence[Row | CodeCard] = rows if link.kind == ADDRESS else cards
    return site.pages.macro(reader.language, f"{link.kind}_items", "views/items")(items)


def _row(moment: Moment, stored: MessageRow, base: str) -> Row:
    found = row(moment, stored, "")
    found.href = f"{base}/messages/{stored.id}"
    return found


def shared_page(
    site: Site, reader: Reader, link: ViewLink, base: str, *, title: str = "", live: bool = True
) -> SharedPage:
    moment = Moment(reader, site.context.clock())
    if not title:
        form = reader.gettext("Codes for {address}") if link.kind == CODES else "{address}"
        title = form.format(address=link.address)
    return SharedPage(title, link.kind, base, pretty_time(moment, link.expires_at), live)


async def shared_message(
    site: Site,
    reader: Reader,
    link: ViewLink,
    base: str,
    stored: StoredMessage,
    message: Message,
    code: StoredCode | None,
    *,
    images: bool,
) -> SharedMessage:
    """The view model; of a link to the text alone there is neither HTML nor a file."""
    stored_row, moment = stored.row, Moment(reader, site.context.clock())
    html = link.whole and bool(message.html)
    survey = await site.letters.survey(stored_row.id, message) if html else Survey()
    html = html and not survey.refused
    here = f"{base}/messages/{stored_row.id}"
    author = message.from_[0] if message.from_ else Person(stored_row.from_name, stored_row.from_address)
    arrived = datetime.fromtimestamp(stored_row.received_ms / 1000, reader.zone)
    to = to_whom(reader, stored_row.to_names, stored_row.to_count)
    if stored_row.delivered_to:
        to = reader.gettext("To {names}").format(names=stored_row.delivered_to)
    return SharedMessage(
        id=stored_row.id,
        subject=stored_row.subject[:SUBJECT_LONGEST] or moment.no_subject,
        sender_name=author.name,
        sender_address=author.address,
        monogram=monogram(author),
        to=to,
        time=pretty_time(moment, stored_row.received_ms),
        iso=arrived.isoformat(timespec="seconds"),
        code=card_of(moment, code) if code else None,
        body_src=(f"{here}/body" + ("?images=1" if images else "")) if html else "",
        text_html=Markup("") if html else await plain_letter(reader, message),
        images_href=f"{here}?images=1" if html and survey.blocked and not images else "",
        blocked=survey.blocked,
        attachments=attachment_views(stored_row.id, await offered(message), base) if link.whole else (),
        back_href=base if link.kind == ADDRESS else "",
    )
