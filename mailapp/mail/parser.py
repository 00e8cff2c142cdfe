"""A message from its bytes.

Never raises and never refuses: what cannot be read is left out, the content stays as it came.
"""

import re
from collections.abc import Iterator
from html import escape

from mailapp.mail.address import parse_addresses
from mailapp.mail.bodies import decoded_range, decoded_size, head
from mailapp.mail.charsets import clean, declared_in_html, decode
from mailapp.mail.content import Content
from mailapp.mail.dates import date_ms
from mailapp.mail.headers import Field, fields, text_of, value_of
from mailapp.mail.html_text import html_to_text
from mailapp.mail.letter import Letter, choose
from mailapp.mail.limits import DEFAULT, Limits
from mailapp.mail.message import Message, Part, Person
from mailapp.mail.parameters import safe_name
from mailapp.mail.preview import preview
from mailapp.mail.structure import Node, header_section, node_of, tree

__all__ = ["Limits", "decode_text", "decoded", "parse"]

_MAX_IDS = 100
_MESSAGE_ID = re.compile(r"<([^<>\s]{1,998})>")
_BARE_ID = re.compile(r"[^<>\s,;]{1,998}@[^<>\s,;]{1,998}")
_CID = re.compile(r"""cid:([^"'\s<>)]{1,200})""", re.IGNORECASE)
_WEAK_CHARSETS = {"", "us-ascii", "utf-8", "iso-8859-1"}


def parse(content: Content, limits: Limits = DEFAULT) -> Message:
    """Read a message, at most as much of it as `limits` allow. Never raises on any bytes.

    Reads through `content.read` in chunks and decodes only the letter, so it may run in a thread beside the event loop.
    """
    found, body = header_section(content, limits)
    root = tree(content, node_of(found, body, content.size), limits)
    letter, others = choose(root)
    text, html = _render(content, letter, limits)
    return _message(found, _charset_of(root, letter), text, html, _parts(content, others, html, limits), limits)


def decoded(content: Content, part: Part) -> Iterator[bytes]:
    """The bytes of a part, Content-Transfer-Encoding undone, in pieces of at most about 64 KB. Never raises."""
    return decoded_range(content, part.start, part.end, part.encoding)


def decode_text(content: Content, part: Part, limit: int) -> str:
    """At most `limit` decoded bytes of a part as text, its charset declared or guessed."""
    data, _ = head(content, part.start, part.end, part.encoding, limit)
    return decode(data, part.charset)


def _message(
    found: list[Field], hint: str, text: str, html: str, attachments: tuple[Part, ...], limits: Limits
) -> Message:
    first: dict[str, str] = {}
    headers = []
    subject: str | None = None
    received = 0
    for name, value in found:
        shown = text_of(value, hint)
        headers.append((name, shown))
        key = name.lower()
        if key == "received":
            received += 1
        elif key == "subject":
            subject = shown if subject is None else subject
        elif key in _READ:
            first.setdefault(key, value)

    def people(key: str) -> tuple[Person, ...]:
        return parse_addresses(value_of(first[key], hint), limits.addresses) if key in first else ()

    return Message(
        subject=subject or "",
        from_=people("from"),
        sender=people("sender"),
        reply_to=people("reply-to"),
        to=people("to"),
        cc=people("cc"),
        date_ms=date_ms(value_of(first["date"], hint)) if "date" in first else None,
        message_id=next(iter(_ids(first.get("message-id", ""))), ""),
        in_reply_to=_ids(first.get("in-reply-to", "")),
        references=_ids(first.get("references", "")),
        text=text,
        html=html,
        preview=preview(text),
        attachments=attachments,
        headers=tuple(headers),
        received_count=received,
    )


_READ = {"from", "sender", "reply-to", "to", "cc", "date", "message-id", "in-reply-to", "references"}


def _ids(raw: str) -> tuple[str, ...]:
    """Message-ids of a field without angle brackets, the last hundred (RFC 5322 3.6.4: the nearest stand last)."""
    if not raw:
        return ()
    value = value_of(raw)
    found = _MESSAGE_ID.findall(value) or _BARE_ID.findall(value[:4096])
    return tuple(clean(one) for one in found[-_MAX_IDS:])


def _charset_of(root: Node, letter: Letter) -> str:
    """The charset the message declares, a hint for its raw 8-bit headers."""
    for node in (root, *letter.text[:1], *letter.html[:1]):
        charset = node.parameters.get("charset", "").lower()
        if charset not in _WEAK_CHARSETS:
            return charset
    return ""


def _render(content: Content, letter: Letter, limits: Limits) -> tuple[str, str]:
    """The letter as text and as HTML. Each node is decoded once, also when both renditions show it."""
    done: dict[int, str] = {}
    room = {True: limits.html_bytes, False: limits.text_bytes}
    for node in (*letter.html, *letter.text):
        if id(node) not in done:
            is_html = node.content_type == "text/html"
            one, used = _node_text(content, node, room[is_html])
            room[is_html] -= used
            done[id(node)] = one
    html = _join([_as_html(done[id(node)], node) for node in letter.html])
    text = _join([_as_text(done[id(node)], node) for node in letter.text or letter.html])
    if not text.strip() and letter.text and html:
        text = html_to_text(html)  # the plain alternative is an empty stub
    return text, html


def _join(pieces: list[str]) -> str:
    return pieces[0] if len(pieces) == 1 else "\n".join(piece for piece in pieces if piece)


def _as_text(value: str, node: Node) -> str:
    return html_to_text(value) if node.content_type == "text/html" else value


def _as_html(value: str, node: Node) -> str:
    if node.content_type == "text/html" or not value.strip():
        return value
    return f'<div style="white-space:pre-wrap">{escape(value)}</div>'


def _node_text(content: Content, node: Node, limit: int) -> tuple[str, int]:
    """Decoded text of a node and how many decoded bytes it took; line ends become \\n."""
    if limit <= 0:
        return "", 0
    data, _ = head(content, node.start, node.end, node.encoding, limit)
    charset = node.parameters.get("charset", "")
    if not charset and node.content_type == "text/html" and not data.isascii():
        charset = declared_in_html(data)
    text = decode(data, charset)
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return text, len(data)


def _parts(content: Content, nodes: list[Node], html: str, limits: Limits) -> tuple[Part, ...]:
    if not nodes:
        return ()
    referred = set(_CID.findall(html)) if "cid:" in html or "CID:" in html else set()
    return tuple(
        Part(
            number=number,
            content_type=node.content_type,
            name=_name(content, node),
            content_id=node.content_id,
            inline=node.disposition == "inline" or (node.content_id != "" and node.content_id in referred),
            encoding=node.encoding,
            charset=clean(node.parameters.get("charset", "").lower()[:60]),
            start=node.start,
            end=node.end,
            size=decoded_size(content, node.start, node.end, node.encoding),
        )
        for number, node in enumerate(nodes[: limits.attachments], 1)
    )


def _name(content: Content, node: Node) -> str:
    """The file name of an attachment; a message without one is named after its subject."""
    if node.name or node.content_type not in ("message/rfc822", "message/global"):
        return node.name
    section, _ = head(content, node.start, node.end, node.encoding, 16_384)
    section = re.split(rb"\r?\n\r?\n", section, maxsplit=1)[0]
    subject = next((text_of(raw) for name, raw in fields(section, 200) if name.lower() == "subject"), "")
    return f"{safe_name(subject.replace('/', '-')) or 'message'}.eml"
