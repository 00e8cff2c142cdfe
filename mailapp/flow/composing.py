"""Composing from the store: a letter and its attachments as one message, in a thread, understood as any other mail."""

import sqlite3
from dataclasses import replace
from datetime import UTC, datetime, tzinfo
from zoneinfo import ZoneInfo

from mailapp.flow.outgoing import Letter, too_large
from mailapp.flow.spool import SpoolContent
from mailapp.flow.understanding import understand
from mailapp.heap import give_back
from mailapp.mail import sanitize_outgoing, words
from mailapp.mail.compose import Attachment, Outgoing, compose
from mailapp.mail.content import Content, MemoryContent
from mailapp.mail.message import Message, Person
from mailapp.mail.tidy import TooMuchMarkup
from mailapp.store.contents import StoredContent, Words
from mailapp.store.database import StoreFull
from mailapp.store.draft_attachments import DraftAttachment
from mailapp.store.submissions import DraftChanged
from mailapp.values import dataclass


@dataclass(frozen=True, slots=True)
class Composed:
    """A message as it travels, and what is stored of it."""

    content: Content
    message: Message
    terms: Words

    def close(self) -> None:
        """Free what the content takes on disk."""
        if isinstance(self.content, SpoolContent):
            self.content.close()


def composed(
    db: sqlite3.Connection,
    letter: Letter,
    rows: tuple[DraftAttachment, ...],
    message_id: str,
    date: datetime,
    limit: int,
    spool: SpoolContent | None,
) -> Composed:
    """Compose with the attachments `rows`, into the spool where there is one, else into memory.

    A read function: it takes long where attachments are large. Raises SubmissionRefused above `limit` bytes,
    DraftChanged where an attachment is gone, StoreFull.
    """
    pieces: list[bytes] = []
    put = pieces.append if spool is None else spool.append
    size = 0
    try:
        for piece in compose(_outgoing(db, letter, rows, message_id, date)):
            size += len(piece)
            if size > limit:
                raise too_large(limit, size)
            put(piece)
    except LookupError as error:
        raise DraftChanged from error
    except OSError as error:
        raise StoreFull("no room in the spool") from error
    content = MemoryContent(b"".join(pieces)) if spool is None else spool
    message, terms = understand(content)
    if spool is not None:
        give_back()
    return Composed(content, message, terms)


def _outgoing(
    db: sqlite3.Connection, letter: Letter, rows: tuple[DraftAttachment, ...], message_id: str, date: datetime
) -> Outgoing:
    draft = letter.draft
    try:
        html = sanitize_outgoing.outgoing(draft.html) if draft.html.strip() else ""
    except TooMuchMarkup:
        html = ""  # kept by a release that took it: its text leaves
    return Outgoing(
        from_=letter.author,
        to=letter.to,
        cc=letter.cc,
        subject=draft.subject,
        # what was taken out of the HTML must not leave in a text saved earlier
        text="" if html else draft.text,
        html=html,
        attachments=tuple(
            Attachment(one.name, one.content_type, StoredContent(db, one.content_id), one.cid)
            for one in travelling(rows, html)
        ),
        message_id=message_id,
        date=date,
        in_reply_to=draft.in_reply_to,
        references=draft.references,
    )


def travelling(rows: tuple[DraftAttachment, ...], html: str) -> tuple[DraftAttachment, ...]:
    """The attachments that are sent: an inline image taken out of the text again stays behind.

    Where the message is plain text, inline images travel as files.
    """
    if not html:
        return tuple(replace(one, cid="") for one in rows)
    return tuple(one for one in rows if not one.cid or f"cid:{one.cid}" in html)


def with_people(terms: Words, people: tuple[Person, ...]) -> Words:
    """Words by which the writer finds the message under those in Bcc too; they stand in no content."""
    if not people:
        return terms
    more = words.index_words(" ".join(f"{one.name} {one.address}" for one in people))
    return replace(terms, people=f"{terms.people} {more}")


def zone_of(name: str, otherwise: tzinfo | None) -> tzinfo:
    """The zone with an IANA name; the other one, or UTC, where there is none of that name."""
    try:
        return ZoneInfo(name) if name else otherwise or UTC
    except (LookupError, ValueError, OSError):
        return otherwise or UTC
