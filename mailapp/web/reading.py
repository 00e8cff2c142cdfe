"""A message as its own page shows it."""

import asyncio
import re
import sqlite3
from dataclasses import dataclass
from datetime import datetime
from html import unescape
from urllib.parse import unquote

from markupsafe import Markup

from mailapp.mail.address import fold
from mailapp.mail.linkify import letter_html
from mailapp.mail.message import Message, Person
from mailapp.store import image_consents, messages, queue
from mailapp.store.messages import MessageRow, StoredMessage
from mailapp.store.queue import Item, Summary
from mailapp.web.context import Site
from mailapp.web.fares import fares_of
from mailapp.web.folders import Folder
from mailapp.web.letters import LARGE, RASTER, Letters, attachment_href
from mailapp.web.reader import Reader
from mailapp.web.rows import SUBJECT_LONGEST, Moment, message_href, pretty_time
from mailapp.web.status import DeliveryView, delivery_view, hidden_recipients

RECIPIENTS_SHOWN = 12
CID = re.compile(r"""cid:([^\s"'<>)]+)""", re.IGNORECASE)
SHEETS = ("spreadsheet", "excel", "csv")


@dataclass(frozen=True, slots=True)
class AttachmentView:
    number: int
    name: str
    size_text: str
    kind: str
    """image, pdf, sheet, text or file."""
    href: str


@dataclass(frozen=True, slots=True)
class MessageView:
    id: int
    subject: str
    sender_name: str
    sender_address: str
    monogram: str
    recipients: str
    delivered_to: str
    alias: str
    """The address it came for where that is not the account's own, else ""."""
    verified: bool
    """Never yet: only once we verify DKIM ourselves."""
    time: str
    iso: str
    flagged: bool
    seen: bool
    has_html: bool
    body_src: str
    text_html: Markup
    blocked: int
    images_shown: bool
    attachments: tuple[AttachmentView, ...]
    back_href: str
    newer_href: str
    """"" at the end of the list."""
    older_href: str
    role: str
    """Role of the mailbox it lies in."""
    source_href: str
    delivery: DeliveryView | None
    """How it fares where the account sent it."""
    plain_subject: str = ""
    """The subject as text where `subject` is HTML with hits marked."""
    plain_sender: str = ""
    """The sender's address, likewise."""


@dataclass(frozen=True, slots=True)
class Opened:
    """What the store knows about one message: its row, its parsed content, its place in the list beside it."""

    stored: StoredMessage
    message: Message
    consent: bool
    """Whether remote images of its sender are shown without asking."""
    newer: int | None
    older: int | None
    item: Item | None
    """Its place in the queue where the account sent it."""
    fare: Summary | None
    """The same in short, where the list beside it shows that."""


def open_(db: sqlite3.Connection, letters: Letters, account_id: int, message_id: int, folder: Folder) -> Opened | None:
    """Read a message beside a list; None where the account has no such message."""
    stored = messages.get(db, account_id, message_id)
    if stored is None:
        return None
    newer, older = messages.neighbours(db, folder.view, message_id)
    consent = image_consents.has(db, account_id, fold(stored.row.from_address))
    item = queue.of_message(db, account_id, message_id) if stored.row.to_count else None
    fare = fares_of(db, folder.role, [stored.row]).get(message_id)
    return Opened(stored, letters.parsed(db, stored.content_id), consent, newer, older, item, fare)


async def message_view(
    site: Site, reader: Reader, opened: Opened, folder: Folder, role: str, images: bool
) -> MessageView:
    """The view model; `images` asks for remote images this once."""
    assert reader.account is not None
    row, message = opened.stored.row, opened.message
    shown = images or opened.consent
    blocked = (await site.letters.sanitized(row.id, message, remote=False)).blocked if message.html else 0
    author = message.from_[0] if message.from_ else Person(row.from_name, row.from_address)
    moment = Moment(reader, site.context.clock())
    return MessageView(
        id=row.id,
        subject=row.subject[:SUBJECT_LONGEST],
        sender_name=author.name,
        sender_address=author.address,
        monogram=_monogram(author),
        recipients=_recipients(reader, message, opened.item),
        delivered_to=row.delivered_to,
        alias="" if row.delivered_to == reader.account.address else row.delivered_to,
        verified=False,
        time=pretty_time(moment, row.received_ms),
        iso=datetime.fromtimestamp(row.received_ms / 1000, reader.zone).isoformat(timespec="seconds"),
        flagged=bool(row.flagged),
        seen=bool(row.seen),
        has_html=bool(message.html),
        body_src=f"/messages/{row.id}/body" + ("?images=1" if shown else ""),
        text_html=await _letter(message.text) if not message.html else Markup(""),
        blocked=blocked,
        images_shown=shown,
        attachments=await _attachments(row, message),
        back_href=folder.path,
        newer_href=message_href(opened.newer, folder.path) if opened.newer else "",
        older_href=message_href(opened.older, folder.path) if opened.older else "",
        role=role,
        source_href=f"/messages/{row.id}/source",
        delivery=delivery_view(moment, opened.item) if opened.item else None,
    )


def _monogram(person: Person) -> str:
    name = (person.name or person.address).strip().lstrip("\"'(<[")
    return name[:1].upper()


def _recipients(reader: Reader, message: Message, item: Item | None) -> str:
    """Names of To and Cc, the reader as "me"; addresses where there is no name. Of an own mail also who was in Bcc."""
    assert reader.account is not None
    _ = reader.gettext
    people = (*message.to, *message.cc)
    names = [_("me") if fold(one.address) == reader.account.address else one.name or one.address for one in people]
    text = _(", ").join(dict.fromkeys(names[:RECIPIENTS_SHOWN]))
    more = len(names) - RECIPIENTS_SHOWN
    text = _("{names} and {number} more").format(names=text, number=more) if more > 0 else text
    hidden = hidden_recipients(item, {fold(one.address) for one in people})[:RECIPIENTS_SHOWN] if item else []
    return _("{names} · Bcc {hidden}").format(names=text, hidden=_(", ").join(hidden)) if hidden else text


async def _letter(text: str) -> Markup:
    """The plain letter as HTML; letter_html escapes everything it did not write itself. A large one takes a thread."""
    stripped = text.strip("\n")
    html = letter_html(stripped) if len(stripped) < LARGE else await asyncio.to_thread(letter_html, stripped)
    return Markup(html)  # noqa: S704


async def _attachments(row: MessageRow, message: Message) -> tuple[AttachmentView, ...]:
    """What is offered below the letter; images the letter itself shows are left out."""
    used: frozenset[str] = frozenset()
    if message.html and any(part.inline and part.content_id for part in message.attachments):
        small = len(message.html) < LARGE
        used = _cids(message.html) if small else await asyncio.to_thread(_cids, message.html)
    return tuple(
        AttachmentView(
            part.number, part.name, size_text(part.size), kind_of(part.content_type), attachment_href(row.id, part)
        )
        for part in message.attachments
        if not (part.inline and part.content_id in used)
    )


def _cids(html: str) -> frozenset[str]:
    """The Content-IDs a letter's HTML names, as it spells them and decoded (RFC 2392)."""
    found = {unescape(each) for each in CID.findall(html)}
    return frozenset(found | {unquote(each) for each in found})


def kind_of(content_type: str) -> str:
    """What an attachment's icon shows: image, pdf, sheet, text or file."""
    if content_type in RASTER:
        return "image"
    if content_type == "application/pdf":
        return "pdf"
    if any(word in content_type for word in SHEETS):
        return "sheet"
    return "text" if content_type.startswith("text/") else "file"


def size_text(size: int) -> str:
    """Bytes as people read them: 214 KB, 4.2 MB."""
    if size < 1_000:
        return f"{size} B"
    if size < 999_500:
        return f"{round(size / 1_000)} KB"
    return f"{size / 1_000_000:.1f} MB"
