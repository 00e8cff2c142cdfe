"""What was made of messages' contents, kept a moment: the page, its frame and its attachments ask one after another."""

import asyncio
import sqlite3
from collections import OrderedDict
from collections.abc import Callable
from datetime import tzinfo
from threading import Lock
from typing import Generic, TypeVar
from urllib.parse import quote

from markupsafe import Markup

from mailapp.mail.calendar import Invitation, invitation
from mailapp.mail.message import Message, Part
from mailapp.mail.parser import decode_text, parse
from mailapp.mail.quote_folds import fold_quotes
from mailapp.mail.quotes import is_forward
from mailapp.mail.sanitize import Survey, sanitize, survey
from mailapp.store.contents import StoredContent
from mailapp.values import dataclass

LARGE = 16_384
"""Characters of HTML from which sanitising leaves the event loop (nh3 releases the GIL)."""
SURVEYED = 65_536
"""Characters of HTML up to which a survey is made where the message is read: some milliseconds, 25 at worst."""
KEPT = 16
KEPT_PARTS = 256
KEPT_CHARACTERS = 262_144
"""A larger letter is made anew each time."""
RASTER = ("image/png", "image/jpeg", "image/gif", "image/webp", "image/avif", "image/bmp", "image/x-icon")
"""Image types a browser only paints: what may be shown in place. Never SVG."""
CALENDARS = ("text/calendar", "application/ics")
CALENDAR_BYTES = 262_144
FOLD = "\ufdd0"
"""Stands in a kept letter for the words to press on a folded quotation: readers differ in language."""
CLOSED, OPEN = '<details class="quoted">', '<details class="quoted" open>'
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class SafeLetter:
    """A letter's HTML for the frame."""

    html: str
    """Quotations folded behind FOLD."""
    css: Markup = Markup("")
    """Its style sheet."""
    dark: Markup = Markup("")
    """The same for the dark, "" where it brings none."""
    coloured: bool = False
    on_black: bool = False
    refused: bool = False
    """Whether it is too much markup to judge: the text is shown instead."""


class Recent(Generic[T]):
    """The newest few values by key, for the readers' threads and the event loop alike."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._lock = Lock()
        self._values: OrderedDict[tuple[int, ...], T] = OrderedDict()

    def get(self, key: tuple[int, ...]) -> T | None:
        return self._values.get(key)

    def put(self, key: tuple[int, ...], value: T) -> None:
        with self._lock:
            self._values.pop(key, None)
            self._values[key] = value
            while len(self._values) > self._limit:
                self._values.popitem(last=False)


class Letters:
    """Parsed and sanitised contents, by immutable content; whether someone may see them is the caller's matter."""

    def __init__(self) -> None:
        self._parsed: Recent[Message] = Recent(KEPT)
        self._parts: Recent[tuple[Part, ...]] = Recent(KEPT_PARTS)
        self._sanitized: Recent[SafeLetter] = Recent(KEPT)
        self._surveys: Recent[Survey] = Recent(KEPT_PARTS)

    def parsed(self, db: sqlite3.Connection, content_id: int) -> Message:
        """The message in a content; inside a read function. Raises LookupError where the content is gone."""
        known = self._parsed.get((content_id,))
        if known is None:
            known = parse(StoredContent(db, content_id), text_later=True)
            # a text that is made later may become as long as the HTML
            if len(known.html) + len(known.text if known.is_text_made else known.html) < KEPT_CHARACTERS:
                self._parsed.put((content_id,), known)
            self._parts.put((content_id,), known.attachments)
        return known

    def parts(self, db: sqlite3.Connection, content_id: int) -> tuple[Part, ...]:
        """The attachments in a content; inside a read function. Raises LookupError."""
        known = self._parts.get((content_id,))
        return self.parsed(db, content_id).attachments if known is None else known

    def calendar(
        self, db: sqlite3.Connection, content_id: int, message: Message, zone_of: Callable[[str], tzinfo | None]
    ) -> tuple[Part, Invitation] | None:
        """The first calendar file that holds an event; inside a read function."""
        for part in message.attachments:
            if part.content_type in CALENDARS and part.size <= CALENDAR_BYTES:
                found = invitation(decode_text(StoredContent(db, content_id), part, CALENDAR_BYTES), zone_of)
                return (part, found) if found else None
        return None

    def survey_small(self, message_id: int, message: Message) -> None:
        """Have the survey of a letter ready that takes little; inside a read function, which is a thread already."""
        if 0 < len(message.html) < SURVEYED and self._surveys.get((message_id,)) is None:
            self._surveys.put((message_id,), survey(message.html, _locations(message)))

    async def survey(self, message_id: int, message: Message) -> Survey:
        """What the page around the frame says of the letter's HTML; the frame itself comes later, with `sanitized`."""
        known = self._surveys.get((message_id,))
        if known is None:
            small = len(message.html) < LARGE
            own = _locations(message)
            known = survey(message.html, own) if small else await asyncio.to_thread(survey, message.html, own)
            self._surveys.put((message_id,), known)
        return known

    async def sanitized(
        self, message_id: int, message: Message, *, remote: bool, base: str = "", link_id: int = 0
    ) -> SafeLetter:
        """The letter's HTML, safe to show in the frame. Its own pictures lie below `base`, the path of a view link."""
        key = (message_id, int(remote), link_id)
        known = self._sanitized.get(key)
        if known is None:
            urls = _own_urls(message_id, message, base)
            if len(message.html) < LARGE:
                known = _safe(message, urls, remote)
            else:
                known = await asyncio.to_thread(_safe, message, urls, remote)
            if len(known.html) + len(known.css) + len(known.dark) < KEPT_CHARACTERS:
                self._sanitized.put(key, known)
        return known


def _safe(message: Message, urls: tuple[dict[str, str], dict[str, str]], remote: bool) -> SafeLetter:
    by_id, by_location = urls
    found = sanitize(message.html, by_id.get, remote, by_location.get)
    html = fold_quotes(found.html, FOLD, forwarded=is_forward(message.subject))
    css, dark = Markup(found.css), Markup(found.dark)  # noqa: S704 - written by mail/style_sheets.py, for a <style>
    return SafeLetter(html, css, dark, found.coloured, found.on_black, found.refused)


def attachment_href(message_id: int, part: Part, base: str = "") -> str:
    """The address of an attachment; its name comes last so that saving the page takes it."""
    return f"{base}/messages/{message_id}/attachments/{part.number}/{quote(part.name or 'attachment', safe='')}"


def _own_urls(message_id: int, message: Message, base: str) -> tuple[dict[str, str], dict[str, str]]:
    """Where a letter's own pictures are, by Content-ID and by Content-Location."""
    pictures = [part for part in message.attachments if part.content_type in RASTER]
    urls = {part.number: f"{attachment_href(message_id, part, base)}?inline=1" for part in pictures}
    by_id = {part.content_id: urls[part.number] for part in pictures if part.content_id}
    return by_id, {part.location: urls[part.number] for part in pictures if part.location}


def _locations(message: Message) -> frozenset[str]:
    return frozenset(one.location for one in message.attachments if one.location and one.content_type in RASTER)
