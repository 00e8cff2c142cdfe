"""Rows of the store as the API tells them."""

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from mailapp.api.shapes import Attachment, Code, Message, MessageSummary, Person
from mailapp.mail import message as mail
from mailapp.mail.code import Kind
from mailapp.mail.parser import parse
from mailapp.store import codes, mailboxes
from mailapp.store.codes import StoredCode
from mailapp.store.contents import StoredContent
from mailapp.store.messages import StoredMessage


def time_of(ms: int) -> datetime:
    return datetime.fromtimestamp(ms / 1000, UTC)


def date_of(ms: int | None) -> datetime | None:
    """A date a message names, None where it is no year people write."""
    try:
        return None if ms is None else datetime.fromtimestamp(ms / 1000, UTC)
    except (OverflowError, ValueError, OSError):
        return None


def summaries(db: sqlite3.Connection, account_id: int, found: Sequence[StoredMessage]) -> list[MessageSummary]:
    """Messages as lists show them; inside a read function."""
    keys = {each.id: each.role or str(each.id) for each in mailboxes.of_account(db, account_id)}
    offered = codes.of_messages(db, account_id, [each.row.id for each in found]) if found else {}
    return [MessageSummary(**_common(each, keys, offered)) for each in found]


def message(db: sqlite3.Connection, account_id: int, stored: StoredMessage) -> Message:
    """A message with its letter; inside a read function. Raises LookupError where its content is gone."""
    keys = {each.id: each.role or str(each.id) for each in mailboxes.of_account(db, account_id)}
    offered = codes.of_messages(db, account_id, [stored.row.id])
    parsed = parse(StoredContent(db, stored.content_id))
    return Message(
        **_common(stored, keys, offered),
        to=_people(parsed.to),
        cc=_people(parsed.cc),
        reply_to=_people(parsed.reply_to),
        message_id=parsed.message_id,
        text=parsed.text,
        html=parsed.html,
        attachments=[
            Attachment(part.number, part.name, part.content_type, part.size, part.inline) for part in parsed.attachments
        ],
    )


def code(stored: StoredCode) -> Code:
    """What a message offers to type or to press."""
    return Code(
        code=None if stored.kind is Kind.LINK else stored.value,
        link=stored.link or (stored.value if stored.kind is Kind.LINK else None),
        message_id=stored.message_id,
        from_=stored.from_address,
        from_name=stored.from_name,
        to=stored.delivered_to,
        subject=stored.subject,
        received_at=time_of(stored.received_ms),
        valid_until=date_of(stored.valid_until),
        used=stored.used_at is not None,
        confidence=stored.confidence,
    )


def _common(stored: StoredMessage, keys: Mapping[int, str], offered: Mapping[int, StoredCode]) -> dict[str, Any]:
    row, found = stored.row, offered.get(stored.row.id)
    offer = code(found) if found else None
    return {
        "id": row.id,
        "thread_id": row.thread_id,
        "mailbox": keys.get(row.mailbox_id, str(row.mailbox_id)),
        "from_": Person(row.from_name, row.from_address),
        "delivered_to": list(stored.addressees),
        "subject": row.subject,
        "preview": row.preview,
        "date": date_of(row.date_ms),
        "received_at": time_of(row.received_ms),
        "size": row.size,
        "seen": bool(row.seen),
        "flagged": bool(row.flagged),
        "answered": bool(row.answered),
        "attachment_count": row.attachment_count,
        "code": offer.code if offer else None,
        "link": offer.link if offer else None,
    }


def _people(found: Iterable[mail.Person]) -> list[Person]:
    return [Person(each.name, each.address) for each in found]
