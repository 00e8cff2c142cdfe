"""What is offered below a letter: its attachments, how each is shown, and all of them as one archive."""

import asyncio
import re
from html import unescape
from urllib.parse import unquote

from mailapp.mail.message import Message, Part
from mailapp.mail.sizes import size_text
from mailapp.values import dataclass
from mailapp.web.letters import CALENDARS, LARGE, RASTER, attachment_href

CID = re.compile(r"""cid:([^\s"'<>)]+)""", re.IGNORECASE)
VALUE = re.compile(r"""=\s*(?:"([^"]*)"|'([^']*)'|([^\s>"']+))""")
SHEETS = ("spreadsheet", "excel", "csv")
THUMBNAIL_BYTES = 3_000_000
"""A larger picture is fetched only when somebody opens it."""
THUMBNAILS = 40
PDF = "application/pdf"


@dataclass(frozen=True, slots=True)
class AttachmentView:
    number: int
    name: str
    size_text: str
    kind: str
    """image, pdf, sheet, calendar, text or file."""
    href: str
    """Downloads it."""
    view_href: str = ""
    """Shows it in place, "" for what is only downloaded."""
    thumbnail: str = ""
    """The picture itself where it is small enough to stand for itself."""


async def offered(message: Message) -> tuple[Part, ...]:
    """What is offered below the letter; images the letter itself shows are left out."""
    placed = [part for part in message.attachments if part.location and part.content_type in RASTER]
    by_id = any(part.inline and part.content_id for part in message.attachments)
    if not message.html or not (placed or by_id):
        return message.attachments
    small = len(message.html) < LARGE
    ids, values = _named(message.html) if small else await asyncio.to_thread(_named, message.html)
    shown = {part.number for part in placed if part.location in values}
    return tuple(
        part for part in message.attachments if not ((part.inline and part.content_id in ids) or part.number in shown)
    )


def _named(html: str) -> tuple[frozenset[str], frozenset[str]]:
    """What a letter names by Content-ID, and values of its attributes: some name pictures by Content-Location."""
    return _cids(html), frozenset([one[1] or one[2] or one[3] for one in VALUE.finditer(html)])


def without_card(parts: tuple[Part, ...], card: Part | None) -> tuple[Part, ...]:
    """Without the calendar file a card shows and offers, and its likeness: senders attach it twice."""
    if card is None:
        return parts

    def stands_there(part: Part) -> bool:
        same_size = part.content_type in CALENDARS and part.size == card.size
        # the likeness is there under the other type; a file of the same type is another meeting
        return part.number == card.number or (same_size and part.content_type != card.content_type)

    return tuple(part for part in parts if not stands_there(part))


def attachment_views(message_id: int, parts: tuple[Part, ...], base: str = "") -> tuple[AttachmentView, ...]:
    """View models in the order of the mail, their addresses below `base`."""
    return tuple(_view(message_id, part, base, pictured=number < THUMBNAILS) for number, part in enumerate(parts))


def archive_href(message_id: int, parts: tuple[Part, ...]) -> str:
    """All of them in one file, "" where there are not several."""
    return f"/messages/{message_id}/attachments.zip" if len(parts) > 1 else ""


def _view(message_id: int, part: Part, base: str, *, pictured: bool) -> AttachmentView:
    href = attachment_href(message_id, part, base)
    kind = kind_of(part.content_type)
    shown = f"{href}?inline=1" if kind in ("image", "pdf") else ""
    small = pictured and kind == "image" and part.size <= THUMBNAIL_BYTES
    return AttachmentView(part.number, part.name, size_text(part.size), kind, href, shown, shown if small else "")


def _cids(html: str) -> frozenset[str]:
    """The Content-IDs a letter's HTML names, as it spells them and decoded (RFC 2392)."""
    found = {unescape(each) for each in CID.findall(html)}
    return frozenset(found | {unquote(each) for each in found})


def kind_of(content_type: str) -> str:
    """What an attachment's icon shows: image, pdf, sheet, calendar, text or file."""
    if content_type in RASTER:
        return "image"
    if content_type == PDF:
        return "pdf"
    if content_type in CALENDARS:
        return "calendar"
    if any(word in content_type for word in SHEETS):
        return "sheet"
    return "text" if content_type.startswith("text/") else "file"
