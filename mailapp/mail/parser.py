"""A message from its bytes.

Never raises and never refuses: what cannot be read is left out, the content stays as it came.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from html import escape

from mailapp.mail.address import parse_addresses
from mailapp.mail.bodies import decoded_range, decoded_size, head
from mailapp.mail.charsets import clean, declared_in_html, decode
from mailapp.mail.content import Content, MemoryContent
from mailapp.mail.dates import date_ms
from mailapp.mail.headers import fields, first_of_each, text_of, value_of
from mailapp.mail.html_text import html_to_text
from mailapp.mail.letter import Letter, choose
from mailapp.mail.limits import DEFAULT, Limits
from mailapp.mail.message import MAX_ID, MAX_SUBJECT, Message, Part
from mailapp.mail.node import Node, describe, node_of
from mailapp.mail.parameters import safe_name
from mailapp.mail.part_types import part_type
from mailapp.mail.preview import preview
from mailapp.mail.structure import header_section, tree

__all__ = ["Limits", "decode_text", "decoded", "parse"]

FORWARDED = ("delivered-to", "x-original-to", "x-forwarded-to")
"""Fields that name who forwarded mail was for, in the order of their worth."""
_MAX_IDS = 100
_MESSAGE_ID = re.compile(r"<([^<>\s]++)>")
_BARE_ID = re.compile(r"[^<>\s,;]++")
_CID = re.compile(r"""cid:([^"'\s<>)]{1,200})""", re.IGNORECASE)
_HTML = "text/html"
_LATER = 131_072
"""HTML beside a text, up to so many bytes as they came, is decoded when it is asked for: filing does without it."""
_USUAL_NAMES = {
    "text/calendar": "invite.ics",
    "text/html": "letter.html",
    "text/rfc822-headers": "headers.txt",
    "message/delivery-status": "delivery-status.txt",
    "image/png": "image.png",
    "image/jpeg": "image.jpg",
    "image/jpg": "image.jpg",
    "image/pjpeg": "image.jpg",
    "image/gif": "image.gif",
    "image/webp": "image.webp",
    "image/avif": "image.avif",
    "image/heic": "image.heic",
    "image/bmp": "image.bmp",
    "image/tiff": "image.tiff",
}
"""File names of parts that come without one."""
_WEAK_CHARSETS = {"", "us-ascii", "utf-8", "iso-8859-1"}


def parse(content: Content, limits: Limits = DEFAULT, *, text_later: bool = False) -> Message:
    """Read a message, at most as much of it as `limits` allow. Never raises on any bytes.

    With `text_later` the text of a letter that came as HTML alone is made when it is asked for, without a preview.
    Reads through `content.read` in chunks and decodes only the letter, so it may run in a thread beside the event loop.
    """
    found, body = header_section(content, limits)
    first = first_of_each(found)
    root = tree(content, node_of(describe(first), body, content.size), limits)
    letter, others = choose(root)
    text, html = _render(content, letter, limits, text_later)
    hint = _charset_of(root, letter)
    shown = preview(text) if isinstance(text, str) else ""
    message = Message(text_source=text, html_source=html, preview=shown, fields=found, charset_hint=hint)
    _read_fields(message, first, hint, limits.addresses)
    message.flowed = _flowed(letter)
    if others:
        message.attachments = _parts(content, others, message, limits)
    return message


def decoded(content: Content, part: Part) -> Iterator[bytes]:
    """The bytes of a part, Content-Transfer-Encoding undone, in pieces of at most about 64 KB. Never raises."""
    return decoded_range(content, part.start, part.end, part.encoding)


def decode_text(content: Content, part: Part, limit: int) -> str:
    """At most `limit` decoded bytes of a part as text, its charset declared or guessed."""
    data = head(content, part.start, part.end, part.encoding, limit)
    return decode(data, part.charset)


def _read_fields(message: Message, first: Mapping[str, str], hint: str, limit: int) -> None:
    """Fill in what the header says; of several fields of one name the first counts."""
    if "subject" in first:
        message.subject = text_of(first["subject"], hint)[:MAX_SUBJECT].rstrip()
    if "from" in first:
        message.from_ = parse_addresses(value_of(first["from"], hint), limit)
    if "sender" in first:
        message.sender = parse_addresses(value_of(first["sender"], hint), limit)
    if "reply-to" in first:
        message.reply_to = parse_addresses(value_of(first["reply-to"], hint), limit)
    if "to" in first:
        message.to = parse_addresses(value_of(first["to"], hint), limit)
    if "cc" in first:
        message.cc = parse_addresses(value_of(first["cc"], hint), limit)
    for name in FORWARDED:
        if name in first:
            message.forwarded_to += parse_addresses(value_of(first[name], hint), limit)
    if "date" in first:
        message.date_ms = date_ms(value_of(first["date"], hint))
    if "message-id" in first:
        message.message_id = next(iter(_ids(first["message-id"])), "")
    if "in-reply-to" in first:
        message.in_reply_to = _ids(first["in-reply-to"])
    if "references" in first:
        message.references = _ids(first["references"])
    if "list-id" in first:
        message.list_id = text_of(first["list-id"], hint)[:MAX_ID]


def _ids(raw: str) -> tuple[str, ...]:
    """Message-ids of a field without angle brackets, the last hundred (RFC 5322 3.6.4: the nearest stand last)."""
    if not raw:
        return ()
    value = value_of(raw)
    found = _MESSAGE_ID.findall(value) or [one for one in _BARE_ID.findall(value[:4096]) if "@" in one[1:-1]]
    return tuple(clean(one)[:MAX_ID] for one in found[-_MAX_IDS:])


def _flowed(letter: Letter) -> str:
    said = letter.text[0].parameters if len(letter.text) == 1 else {}
    if said.get("format", "").lower() != "flowed" or letter.text[0].content_type != "text/plain":
        return ""
    return "delsp" if said.get("delsp", "").lower() == "yes" else "flowed"


def _charset_of(root: Node, letter: Letter) -> str:
    """The charset the message declares, a hint for its raw 8-bit headers."""
    for node in (root, *letter.text[:1], *letter.html[:1]):
        charset = node.parameters.get("charset", "").lower()
        if charset not in _WEAK_CHARSETS:
            return charset
    return ""


def _render(
    content: Content, letter: Letter, limits: Limits, text_later: bool
) -> tuple[str | Callable[[], str], str | Callable[[], str]]:
    """The letter as text and as HTML, perhaps as what makes them."""
    if len(letter.html) == 1 and letter.text:
        node = letter.html[0]
        length = node.end - node.start
        if node.content_type == _HTML and length <= _LATER and all(one.content_type != _HTML for one in letter.text):
            done = _decode(content, letter.text, limits)
            text = _join([done[id(one)] for one in letter.text])
            if text.strip():
                own = MemoryContent(content.read(node.start, max(0, length)))
                return text, partial(_html_of, own, node, limits.html_bytes)
    done = _decode(content, (*letter.html, *letter.text), limits)
    html = _join([_as_html(done[id(node)], node) for node in letter.html])
    if text_later and html and not letter.text:
        return partial(_text_of, done, letter.html), html
    text = _text_of(done, letter.text or letter.html)
    if not text.strip() and letter.text and html:
        text = html_to_text(html)  # the plain alternative is an empty stub
    return text, html


def _text_of(done: Mapping[int, str], nodes: Sequence[Node]) -> str:
    return _join([_as_text(done[id(node)], node) for node in nodes])


def _html_of(own: Content, node: Node, limit: int) -> str:
    return _node_text(own, replace(node, start=0, end=own.size), limit)[0]


def _decode(content: Content, nodes: Sequence[Node], limits: Limits) -> dict[int, str]:
    """The text of each node by its id. A node is decoded once, also when both renditions show it."""
    done: dict[int, str] = {}
    room = {True: limits.html_bytes, False: limits.text_bytes}
    for node in nodes:
        if id(node) not in done:
            is_html = node.content_type == _HTML
            one, used = _node_text(content, node, room[is_html])
            room[is_html] -= used
            done[id(node)] = one
    return done


def _join(pieces: list[str]) -> str:
    return pieces[0] if len(pieces) == 1 else "\n".join(piece for piece in pieces if piece)


def _as_text(value: str, node: Node) -> str:
    return html_to_text(value) if node.content_type == _HTML else value


def _as_html(value: str, node: Node) -> str:
    if node.content_type == _HTML or not value.strip():
        return value
    return f'<div style="white-space:pre-wrap">{escape(value)}</div>'


def _node_text(content: Content, node: Node, limit: int) -> tuple[str, int]:
    """Decoded text of a node and how many decoded bytes it took; line ends become \\n."""
    if limit <= 0:
        return "", 0
    data = head(content, node.start, node.end, node.encoding, limit)
    charset = node.parameters.get("charset", "")
    if not charset and node.content_type == _HTML and not data.isascii():
        charset = declared_in_html(data)
    text = decode(data, charset)
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return text, len(data)


def _parts(content: Content, nodes: list[Node], message: Message, limits: Limits) -> tuple[Part, ...]:
    referred: set[str] = set()
    if any(node.content_id and node.disposition != "inline" for node in nodes):
        html = message.html
        referred = set(_CID.findall(html)) if "cid:" in html or "CID:" in html else set()
    return tuple(
        Part(
            number=number,
            content_type=part_type(node.content_type, node.name),
            name=_name(content, node),
            content_id=node.content_id,
            inline=node.disposition == "inline" or (node.content_id != "" and node.content_id in referred),
            encoding=node.encoding,
            charset=clean(node.parameters.get("charset", "").lower()[:60]),
            start=node.start,
            end=node.end,
            size=decoded_size(content, node.start, node.end, node.encoding),
            location=node.location,
        )
        for number, node in enumerate(nodes[: limits.attachments], 1)
    )


def _name(content: Content, node: Node) -> str:
    """The file name of an attachment; a message without one is named after its subject, others after their type."""
    if node.name:
        return node.name
    if node.content_type not in ("message/rfc822", "message/global"):
        return _USUAL_NAMES.get(node.content_type, "")
    section = head(content, node.start, node.end, node.encoding, 16_384)
    section = re.split(rb"\r?\n\r?\n", section, maxsplit=1)[0]
    subject = next((text_of(raw) for name, raw in fields(section, 200) if name.lower() == "subject"), "")
    return f"{safe_name(subject.replace('/', '-')) or 'message'}.eml"
