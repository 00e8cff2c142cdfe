"""Delivery status notifications: written for our own senders, read from others (RFC 3464, RFC 6522, RFC 6533)."""

import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import chain, repeat

from mailapp.mail.address import is_valid
from mailapp.mail.compose import boundary_mark, multipart, text_part
from mailapp.mail.content import Content
from mailapp.mail.fields import (
    address_field,
    address_text,
    date_field,
    id_field,
    one_line,
    other_field,
    text_field,
)
from mailapp.mail.headers import fields, first_of_each, text_of
from mailapp.mail.message import MAX_ID, Message, Part, Person
from mailapp.mail.parser import decoded
from mailapp.values import dataclass

MAX_REASON = 500
"""Characters of a reason, ours and others'."""
_MAX_HEADER = 65_536
_MAX_STATUS = 262_144
_MAX_RECIPIENTS = 1_000
_BLANK_LINE = re.compile(rb"\r?\n[ \t]*\r?\n")
_STATUS = re.compile(r"\b([245]\.\d{1,3}\.\d{1,3})\b")
_ID = re.compile(r"<([^<>\s]++)>")
_HEX = re.compile(r"\\x\{([0-9A-Fa-f]{1,6})\}")
_ACTIONS = frozenset(("failed", "delayed", "delivered", "relayed", "expanded"))


@dataclass(frozen=True, slots=True)
class Undelivered:
    """One recipient who has not got the message, or not yet."""

    address: str
    status: str
    """Enhanced status code (RFC 3463), like "5.1.1"; anything else is written as 5.0.0 or 4.0.0."""
    reason: str
    """The relay's reply with its code, or our own words."""
    relay: str = ""
    """Host name of the relay that answered, "" where none did."""
    attempted: datetime | None = None
    """The last attempt, aware."""


@dataclass(frozen=True, slots=True)
class DsnWords:
    """What a notification says in one language."""

    subject: str
    intro: str
    outro: str = ""
    reasons: Sequence[str] = ()
    """Why, for each recipient of the notice in order; without one it is as the relay put it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """All that stands in a notification."""

    hostname: str
    """Ours: Reporting-MTA."""
    from_: Person
    """Who speaks, such as postmaster; the envelope has the null reverse-path all the same."""
    to: str
    """The reverse-path of the message it is about."""
    message_id: str
    """Without angle brackets."""
    date: datetime
    words: Sequence[DsnWords]
    """One language or several, one after the other; the subject is that of the first."""
    recipients: Sequence[Undelivered]
    delayed: bool = False
    """True warns of a delay and promises further attempts; False is the end."""
    retry_until: datetime | None = None
    """Of a delay: when attempts end."""
    arrived: datetime | None = None
    """When the message was submitted."""
    original_id: str = ""
    """Message-ID of the message it is about, without angle brackets."""
    original_header: bytes = b""
    """Its header section; cut at 64 KB."""


@dataclass(frozen=True, slots=True)
class RecipientStatus:
    """What another server says of one recipient."""

    address: str
    """The address we sent to where it says so (Original-Recipient), else the final one; may be malformed."""
    final_address: str
    action: str
    """failed, delayed, delivered, relayed or expanded (RFC 3464 2.3.3)."""
    status: str
    """Enhanced status code, "" where there is none."""
    reason: str
    """One line, at most 500 characters, as the other server put it."""


@dataclass(frozen=True, slots=True)
class DeliveryReport:
    """A notification that came in. Anyone can write one: believe it only of messages we sent to those addresses."""

    recipients: tuple[RecipientStatus, ...]
    original_id: str
    """Message-ID of the message it is about, without angle brackets, "" where it does not say."""


def report(notice: Notice) -> bytes:
    """The notification as a message, lines end in CRLF."""
    words = "\n\n\n".join(_explained(one, notice) for one in notice.words)
    status = "\r\n".join(_status_groups(notice)).rstrip("\r\n")
    header = notice.original_header[:_MAX_HEADER].decode("utf-8", "replace").rstrip("\r\n").replace("\r\n", "\n")
    pieces = (
        date_field("Date", notice.date),
        address_field("From", (notice.from_,)),
        address_field("To", (Person("", notice.to),)),
        text_field("Subject", notice.words[0].subject if notice.words else ""),
        id_field("Message-ID", (notice.message_id,)),
        id_field("In-Reply-To", (notice.original_id,)),
        id_field("References", (notice.original_id,)),
        "Auto-Submitted: auto-replied\r\nMIME-Version: 1.0\r\n",
    )
    boundary = f"=_d_{boundary_mark(notice.message_id, words + header + status)}"
    parts = (
        (text_part("text/plain", words),),
        (f"Content-Type: message/delivery-status\r\n\r\n{status}\r\n".encode(),),
        (text_part("text/rfc822-headers", header),),
    )
    body = multipart("report", boundary, parts, kind=";\r\n report-type=delivery-status")
    return "".join(pieces).encode() + b"".join(body) + b"\r\n"


def read(message: Message, content: Content) -> DeliveryReport | None:
    """What a message reports about one sent before; None where it is no notification. Never raises."""
    kinds = {part.content_type: part for part in reversed(message.attachments)}
    status = kinds.get("message/delivery-status") or kinds.get("message/global-delivery-status")
    if status is None:
        return None
    groups = _BLANK_LINE.split(_head(content, status, _MAX_STATUS).strip(b"\r\n"), maxsplit=_MAX_RECIPIENTS)
    found = [one for one in map(_recipient, groups) if one is not None]
    if not found:
        return None
    names = ("message/rfc822", "text/rfc822-headers", "message/global", "message/global-headers")
    returned = next((kinds[name] for name in names if name in kinds), None)
    return DeliveryReport(tuple(found), _original_id(content, returned, message))


def _explained(words: DsnWords, notice: Notice) -> str:
    told_of = zip(notice.recipients, chain(words.reasons, repeat("")), strict=False)
    lines = (
        f"  {one_line(one.address)}\n    {one_line(told or one.reason)[:MAX_REASON] or one.status}"
        for one, told in told_of
    )
    return "\n\n".join(text for text in (words.intro, "\n\n".join(lines), words.outro) if text)


def _status_groups(notice: Notice) -> Iterator[str]:
    """The groups of message/delivery-status: of the message, then of each recipient."""
    group = other_field("Reporting-MTA", f"dns; {notice.hostname}")
    yield group + (date_field("Arrival-Date", notice.arrived) if notice.arrived else "")
    for one in notice.recipients:
        status = one.status if _STATUS.fullmatch(one.status) else "4.0.0" if notice.delayed else "5.0.0"
        reason = one_line(one.reason)[:MAX_REASON].encode("ascii", "replace").decode("ascii")
        group = other_field("Final-Recipient", _typed(address_text(one.address)))
        group += f"Action: {'delayed' if notice.delayed else 'failed'}\r\nStatus: {status}\r\n"
        if one.relay:
            group += other_field("Remote-MTA", f"dns; {one.relay}")
        if reason:
            group += other_field(
                "Diagnostic-Code", f"{'smtp' if one.relay else 'x-mailapp'}; {' '.join(reason.split())}"
            )
        if one.attempted:
            group += date_field("Last-Attempt-Date", one.attempted)
        if notice.delayed and notice.retry_until:
            group += date_field("Will-Retry-Until", notice.retry_until)
        yield group


def _typed(address: str) -> str:
    """An address with its type; beyond ASCII as utf-8-addr-xtext (RFC 6533 3)."""
    if address.isascii():
        return f"rfc822; {address}"
    letters = (one if one.isascii() else f"\\x{{{ord(one):X}}}" for one in address)
    return f"utf-8; {''.join(letters)}"


def _address(field: str) -> str:
    kind, semicolon, address = field.partition(";")
    address = (address if semicolon else kind).strip().strip("<>")
    if "\\x{" in address:
        address = _HEX.sub(lambda one: _character(int(one[1], 16)), address)
    return address[:320]


def _character(code: int) -> str:
    return chr(code) if code < 0xD800 or 0xE000 <= code < 0x110000 else "\ufffd"


def _recipient(group: bytes) -> RecipientStatus | None:
    found = first_of_each(fields(group + b"\r\n", 100))
    said = {name: text_of(found[name]) for name in found}
    action = said.get("action", "").partition(" ")[0].partition(";")[0].lower()
    final = _address(said.get("final-recipient", ""))
    original = _address(said.get("original-recipient", ""))
    if action not in _ACTIONS or not (final or original):
        return None
    status = _STATUS.search(said.get("status", ""))
    kind, semicolon, reason = said.get("diagnostic-code", "").partition(";")
    return RecipientStatus(
        address=original if is_valid(original) else final or original,
        final_address=final or original,
        action=action,
        status=status[1] if status else "",
        reason=" ".join(one_line(reason if semicolon else kind).split())[:MAX_REASON],
    )


def _original_id(content: Content, returned: Part | None, message: Message) -> str:
    """From what came back of the message; a few servers only say it in References."""
    if returned is not None:
        header = _BLANK_LINE.split(_head(content, returned, _MAX_HEADER).lstrip(b"\r\n"), maxsplit=1)[0]
        field = first_of_each(fields(header + b"\r\n", 1_000)).get("message-id", "")
        found = _ID.search(text_of(field))
        if found:
            return found[1][:MAX_ID]
    return next(iter((*message.in_reply_to, *message.references[-1:])), "")


def _head(content: Content, part: Part, limit: int) -> bytes:
    got = bytearray()
    for piece in decoded(content, part):
        got += piece
        if len(got) >= limit:
            break
    return bytes(got[:limit])
