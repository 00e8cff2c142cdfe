"""A message written from what its author entered (RFC 5322, RFC 2045-2049, RFC 2183, RFC 2387).

Nothing but ASCII in lines of at most 998 characters leaves here, addresses that need SMTPUTF8 apart: so a relay need
not offer 8BITMIME. Text keeps its own lines, however long: readers fit them to their window, which hard line breaks
prevent and format=flowed only helps where it is understood; quoted-printable or base64 carries them.
"""

import re
from binascii import b2a_base64, b2a_qp
from collections.abc import Iterable, Iterator
from datetime import datetime
from hashlib import blake2b

from mailapp.mail.charsets import clean
from mailapp.mail.content import Content, chunks
from mailapp.mail.fields import (
    address_field,
    content_type,
    date_field,
    id_field,
    is_id,
    other_field,
    parameter,
    text_field,
)
from mailapp.mail.message import MAX_SUBJECT, Person
from mailapp.mail.parameters import safe_name
from mailapp.mail.plain import plain_text
from mailapp.mail.recipients import needs_utf8
from mailapp.values import dataclass

__all__ = ["Attachment", "Outgoing", "compose", "encoded_size", "needs_utf8"]

_LINE = 76
_SHORT_LINE = 78
"""ASCII text goes out as it is while its lines are no longer (RFC 5322 2.1.1)."""
_PIECE = 57 * 1024
"""Bytes encoded at once: whole lines of base64, short enough not to hold up other threads."""
_GATHERED = 65_536
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_FROM_LINE = re.compile(r"^From ", re.MULTILINE)
_TRAILING_BLANK = re.compile(r"[ \t](?=\n|\Z)(?<!^-- )", re.MULTILINE)
_CID = re.compile(r"""\bcid:([^"'\s<>)]{1,200})""", re.IGNORECASE)
_OURS = frozenset((
    "from", "to", "cc", "bcc", "subject", "date", "message-id", "in-reply-to", "references", "mime-version",
    "auto-submitted", "return-path", "received", "sender",
))  # fmt: skip


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that goes along."""

    name: str
    """File name as the author has it; written without path and control characters."""
    content_type: str
    content: Content
    content_id: str = ""
    """Without angle brackets; where the HTML refers to it (cid:) the file is shown there and not listed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """All that stands in a message. There is no Bcc here: who receives it is the envelope's business."""

    from_: Person
    to: tuple[Person, ...] = ()
    cc: tuple[Person, ...] = ()
    subject: str = ""
    text: str = ""
    """With any line ends; "" is made from the HTML."""
    html: str = ""
    """Already sanitised (`sanitize_outgoing`); "" is a message in plain text only."""
    attachments: tuple[Attachment, ...] = ()
    message_id: str
    """Without angle brackets."""
    date: datetime
    """Aware: its zone is shown to the reader."""
    in_reply_to: str = ""
    """Message-ID without angle brackets."""
    references: tuple[str, ...] = ()
    auto: str = ""
    """Value of Auto-Submitted (RFC 3834), "" where a person wrote the message."""
    extra: tuple[tuple[str, str], ...] = ()
    """Other fields. Those written here anyway, Bcc and Content-* are left out."""


def compose(outgoing: Outgoing) -> Iterator[bytes]:
    """The message in pieces of about 64 KB, lines end in CRLF. Attachments are read and encoded as it goes."""
    html = _lines(outgoing.html)
    text = _lines(outgoing.text) or plain_text(html)
    mark = boundary_mark(outgoing.message_id, text + html)
    shown, listed = _sorted(outgoing.attachments, html)
    letter: Iterable[bytes] = (text_part("text/plain", text),)
    if html:
        rich: Iterable[bytes] = (text_part("text/html", html),)
        if shown:
            rich = multipart(
                "related", f"=_r_{mark}", (rich, *(_file(one, inline=True) for one in shown)), kind='; type="text/html"'
            )
        letter = multipart("alternative", f"=_a_{mark}", (letter, rich))
    if listed:
        letter = multipart("mixed", f"=_m_{mark}", (letter, *map(_file, listed)))
    return gathered(_header(outgoing), letter)


def encoded_size(size: int) -> int:
    """Bytes an attachment of `size` bytes takes in a message: base64 in lines of 76 characters with CRLF."""
    letters = (size + 2) // 3 * 4
    return letters + (letters + _LINE - 1) // _LINE * 2


def _lines(text: str) -> str:
    """Text with \\n for its line ends and none after the last line."""
    return clean(text).replace("\r\n", "\n").replace("\r", "\n").rstrip("\n")


def boundary_mark(seed: str, written: str = "") -> str:
    """What makes a boundary unlike all that stands in the message.

    A boundary begins with "=_", which stands in no base64 and no quoted-printable; `written`, what goes out as it is,
    is searched.
    """
    mark = blake2b(seed.encode("utf-8", "replace"), digest_size=12).hexdigest()
    while mark in written:
        mark = blake2b(mark.encode(), digest_size=12).hexdigest()
    return mark


def _header(outgoing: Outgoing) -> bytes:
    """The fields above Content-Type."""
    recipients = address_field("To", outgoing.to) + address_field("Cc", outgoing.cc)
    fields = [
        date_field("Date", outgoing.date),
        address_field("From", (outgoing.from_,)),
        recipients or "To: undisclosed-recipients:;\r\n",
        text_field("Subject", outgoing.subject[:MAX_SUBJECT]),
        id_field("Message-ID", (outgoing.message_id,)),
        id_field("In-Reply-To", (outgoing.in_reply_to,) if outgoing.in_reply_to else ()),
        id_field("References", outgoing.references),
        other_field("Auto-Submitted", outgoing.auto),
    ]
    for name, value in outgoing.extra:
        if name.lower() not in _OURS and not name.lower().startswith(("content-", "resent-")):
            fields.append(other_field(name, value))
    fields.append("MIME-Version: 1.0\r\n")
    return "".join(fields).encode()


def _sorted(attachments: tuple[Attachment, ...], html: str) -> tuple[list[Attachment], list[Attachment]]:
    """Those the HTML shows, and those that are listed."""
    referred = set(_CID.findall(html)) if html and attachments else set()
    shown = [one for one in attachments if one.content_id in referred and is_id(one.content_id)]
    return shown, [one for one in attachments if one not in shown]


def text_part(kind: str, text: str) -> bytes:
    """A text part, header and all, in the encoding that fits it. No CRLF after its last line."""
    encoding, body = _encoded(text)
    head = f"Content-Type: {kind}; charset=utf-8\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n"
    return head.encode() + body


def _encoded(text: str) -> tuple[str, bytes]:
    if text.isascii() and not _CONTROLS.search(text):
        lines = text.split("\n")
        if max(map(len, lines)) <= _SHORT_LINE and not _FROM_LINE.search(text) and not _TRAILING_BLANK.search(text):
            return "7bit", "\r\n".join(lines).encode("ascii")
    data = text.replace("\n", "\r\n").encode()
    if not text.isascii() and len(data) - len(text) > len(data) // 6:
        return "base64", _base64(data)
    # The encoder takes its line ends from the first it sees; a line of "From " would get a ">" in an mbox on the way.
    body = b2a_qp(data + b"\r\n", istext=True)[:-2]
    body = body.replace(b"\nFrom ", b"\n=46rom=20=\r\n")
    return "quoted-printable", b"=46rom=20=\r\n" + body[5:] if body.startswith(b"From ") else body


def _base64(data: bytes) -> bytes:
    letters = b2a_base64(data, newline=False)
    return b"\r\n".join([letters[at : at + _LINE] for at in range(0, len(letters), _LINE)])


def _file(attachment: Attachment, inline: bool = False) -> Iterator[bytes]:
    """A file as a part, read and encoded in pieces."""
    name = parameter("filename", safe_name(attachment.name) or "attachment")
    head = (
        f"Content-Type: {content_type(attachment.content_type)}\r\nContent-Transfer-Encoding: base64\r\n"
        f"Content-Disposition: {'inline' if inline else 'attachment'}{name}\r\n"
    )
    if inline:
        head += f"Content-ID: <{attachment.content_id}>\r\n"
    yield head.encode() + b"\r\n"
    first = True
    for piece in _whole(attachment.content):
        yield _base64(piece) if first else b"\r\n" + _base64(piece)
        first = False


def _whole(content: Content) -> Iterator[bytes]:
    """The content in pieces of exactly _PIECE bytes, however it is read; only the last is shorter."""
    kept = b""
    for piece in chunks(content, size=_PIECE):
        kept = kept + piece if kept else piece
        while len(kept) >= _PIECE:
            yield kept[:_PIECE]
            kept = kept[_PIECE:]
    if kept:
        yield kept


def multipart(subtype: str, boundary: str, parts: Iterable[Iterable[bytes]], kind: str = "") -> Iterator[bytes]:
    """The parts as one, header and all; no CRLF after the last boundary."""
    yield f'Content-Type: multipart/{subtype}; boundary="{boundary}"{kind}\r\n\r\n'.encode()
    line = f"--{boundary}\r\n".encode()
    for part in parts:
        yield line
        yield from part
        line = f"\r\n--{boundary}\r\n".encode()
    yield f"\r\n--{boundary}--".encode()


def gathered(head: bytes, pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Header and body in fewer, larger pieces, with the CRLF at the very end."""
    kept = [head]
    size = len(head)
    for piece in pieces:
        kept.append(piece)
        size += len(piece)
        if size >= _GATHERED:
            yield b"".join(kept)
            kept, size = [], 0
    kept.append(b"\r\n")
    yield b"".join(kept)
