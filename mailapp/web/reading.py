"""A message as its own page shows it."""

import asyncio
import sqlite3
from datetime import datetime
from functools import partial

from markupsafe import Markup

from mailapp.mail.address import fold
from mailapp.mail.calendar import Invitation
from mailapp.mail.flowed import unflowed
from mailapp.mail.linkify import letter_html
from mailapp.mail.message import Message, Part, Person
from mailapp.mail.quotes import is_forward
from mailapp.mail.sanitize import Survey
from mailapp.mail.trackers import Held
from mailapp.store import adapted_senders, codes, image_consents, labels, messages, queue
from mailapp.store.codes import StoredCode
from mailapp.store.messages import StoredMessage
from mailapp.store.queue import Item, Summary
from mailapp.values import dataclass
from mailapp.web.attachments import AttachmentView, archive_href, attachment_views, offered, without_card
from mailapp.web.beneath import Beneath, BeneathView, beneath_of, beneath_view
from mailapp.web.chip import CodeCard
from mailapp.web.code_views import card_of
from mailapp.web.context import Site
from mailapp.web.fares import fares_of
from mailapp.web.folders import Folder
from mailapp.web.hrefs import message_href
from mailapp.web.invitations import InvitationView, invitation_view
from mailapp.web.letters import LARGE, Letters
from mailapp.web.particulars import Particulars, particulars
from mailapp.web.reader import Reader, zone
from mailapp.web.rows import SUBJECT_LONGEST, Badge, Moment, pretty_time
from mailapp.web.status import DeliveryView, delivery_view, hidden_recipients

RECIPIENTS_SHOWN = 12
HOSTS_NAMED = 2
"""Hosts of images named in the line that says they were held back."""
HOSTS_LISTED = 40
SEALED = ("application/pgp-encrypted", "application/pkcs7-mime", "application/x-pkcs7-mime")


@dataclass(frozen=True, slots=True)
class HostView:
    """Who would have learned of the opening."""

    host: str
    images: str
    trackers: str
    """"" where its images are there to be looked at."""


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
    hosts: tuple[HostView, ...] = ()
    """Of the remote images held back."""
    hosts_named: str = ""
    """The first of them, in a line."""
    trackers: int = 0
    coloured: bool = False
    """Whether its HTML brings colours of its own."""
    adapted: bool = False
    """Whether those are adapted to the dark for this sender."""
    archive_href: str = ""
    """All attachments in one file, "" where there are not several."""
    original_href: str = ""
    print_href: str = ""
    eml_href: str = ""
    particulars: Particulars | None = None
    invitation: InvitationView | None = None
    labels: tuple[Badge, ...] = ()
    beneath: BeneathView | None = None
    sealed: bool = False
    """Whether it came encrypted, or signed and wrapped up whole: only another program can open it."""
    code: CodeCard | None = None
    """What it offers to type or to press."""


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
    beneath: Beneath
    """Who it really is from, how its list is left."""
    adapted: bool = False
    """Whether mail of its sender is adapted to the dark."""
    calendar: tuple[Part, Invitation] | None = None
    """The invitation it carries."""
    labels: tuple[int, ...] = ()
    """Ids of the labels it bears."""
    code: StoredCode | None = None


def open_(db: sqlite3.Connection, letters: Letters, account_id: int, message_id: int, folder: Folder) -> Opened | None:
    """Read a message beside a list; None where the account has no such message."""
    stored = messages.get(db, account_id, message_id)
    if stored is None:
        return None
    newer, older = messages.neighbours(db, folder.view, message_id)
    sender = fold(stored.row.from_address)
    item = queue.of_message(db, account_id, message_id) if stored.row.to_count else None
    fare = fares_of(db, folder.role, [stored.row]).get(message_id)
    message = letters.parsed(db, stored.content_id)
    letters.survey_small(message_id, message)
    return Opened(
        stored,
        message,
        image_consents.has(db, account_id, sender),
        newer,
        older,
        item,
        fare,
        beneath_of(db, account_id, stored.row, message),
        adapted_senders.has(db, account_id, sender),
        letters.calendar(db, stored.content_id, message, zone),
        labels.of_messages(db, [message_id]).get(message_id, ()),
        codes.of_message(db, account_id, message_id),
    )


@dataclass(frozen=True, slots=True)
class Framed:
    """What the document of the mail frame needs, and nothing else: no list, no other mail."""

    message: Message
    consent: bool
    adapted: bool


def framed(db: sqlite3.Connection, letters: Letters, account_id: int, message_id: int) -> Framed | None:
    """Read a message for its frame; None where the account has no such message."""
    stored = messages.get(db, account_id, message_id)
    if stored is None:
        return None
    sender = fold(stored.row.from_address)
    return Framed(
        letters.parsed(db, stored.content_id),
        image_consents.has(db, account_id, sender),
        adapted_senders.has(db, account_id, sender),
    )


async def message_view(
    site: Site, reader: Reader, opened: Opened, folder: Folder, role: str, images: bool
) -> MessageView:
    """The view model; `images` asks for remote images this once."""
    assert reader.account is not None
    _ = reader.gettext
    row, message = opened.stored.row, opened.message
    shown = images or opened.consent
    survey = await site.letters.survey(row.id, message) if message.html else Survey()
    parts = without_card(await offered(message), opened.calendar[0] if opened.calendar else None)
    refused = survey.refused
    author = message.from_[0] if message.from_ else Person(row.from_name, row.from_address)
    moment = Moment(reader, site.context.clock())
    return MessageView(
        id=row.id,
        subject=row.subject[:SUBJECT_LONGEST],
        sender_name=author.name,
        sender_address=author.address,
        monogram=monogram(author),
        recipients=_recipients(reader, message, opened.item),
        delivered_to=row.delivered_to,
        alias="" if row.delivered_to == reader.account.address else row.delivered_to,
        verified=False,
        time=pretty_time(moment, row.received_ms),
        iso=datetime.fromtimestamp(row.received_ms / 1000, reader.zone).isoformat(timespec="seconds"),
        flagged=bool(row.flagged),
        seen=bool(row.seen),
        has_html=bool(message.html) and not refused,
        body_src=f"/messages/{row.id}/body" + ("?images=1" if shown else ""),
        text_html=await plain_letter(reader, message) if refused or not message.html else Markup(""),
        blocked=survey.blocked,
        images_shown=shown,
        attachments=attachment_views(row.id, parts),
        back_href=folder.path,
        newer_href=message_href(opened.newer, folder.path) if opened.newer else "",
        older_href=message_href(opened.older, folder.path) if opened.older else "",
        role=role,
        source_href=f"/messages/{row.id}/source",
        delivery=delivery_view(moment, opened.item) if opened.item else None,
        hosts=_hosts(reader, survey.hosts),
        hosts_named=_(", ").join(one.host.removeprefix("www.") for one in survey.hosts[:HOSTS_NAMED]),
        trackers=sum(one.trackers for one in survey.hosts),
        coloured=survey.coloured,
        adapted=opened.adapted,
        archive_href=archive_href(row.id, parts),
        original_href=f"/messages/{row.id}/original",
        print_href=f"/messages/{row.id}/print" + ("?images=1" if shown else ""),
        eml_href=f"/messages/{row.id}/source?download=1",
        particulars=particulars(moment, opened.stored, message, opened.item),
        invitation=invitation_view(moment, row.id, *opened.calendar) if opened.calendar else None,
        beneath=beneath_view(reader, row, opened.beneath, folder.path, moment.now, survey),
        sealed=any(one.content_type in SEALED for one in message.attachments),
        code=card_of(moment, opened.code, folder.path) if opened.code else None,
    )


def _hosts(reader: Reader, held: tuple[Held, ...]) -> tuple[HostView, ...]:
    def view(one: Held) -> HostView:
        images = reader.ngettext("{number} image", "{number} images", one.images).format(number=one.images)
        told = reader.ngettext("{number} tracker", "{number} trackers", one.trackers).format(number=one.trackers)
        return HostView(one.host or reader.gettext("unreadable address"), images, told if one.trackers else "")

    return tuple(view(one) for one in held[:HOSTS_LISTED])


def monogram(person: Person) -> str:
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


async def plain_letter(reader: Reader, message: Message) -> Markup:
    """The plain letter as HTML; letter_html escapes everything it did not write itself. A large one takes a thread."""
    make = partial(_written, message, fold=reader.gettext("Quoted text"))
    if message.is_text_made and len(message.text) < LARGE:
        return Markup(make())  # noqa: S704
    return Markup(await asyncio.to_thread(make))  # noqa: S704


def _written(message: Message, fold: str) -> str:
    # the text of a letter in HTML alone may be made only now: that is part of the work
    text = unflowed(message.text, delsp=message.flowed == "delsp") if message.flowed else message.text
    return letter_html(text.strip("\n"), fold=fold, forwarded=is_forward(message.subject))
