"""What a request may carry: short forms, and on three paths a letter with its files."""

import asyncio
import tempfile
from pathlib import Path
from typing import IO, Any, cast
from urllib.parse import parse_qsl, unquote_to_bytes

from quart import Request, abort, g
from quart.formparser import FormDataParser
from quart.wrappers.request import Body
from werkzeug.datastructures import MultiDict

from mailapp.http.bodies import LimitedBody

LONGEST = 128 * 1024
"""Bytes of a body. The longest short form names 500 messages, 15 kB."""
LONGEST_UNKNOWN = 16 * 1024
"""Bytes without a session: the log-in and the first account."""
LONGEST_LETTER = 10 * 1024 * 1024
"""Bytes of a letter's fields: a million characters of text, two of HTML, up to three bytes each."""
PARTS = 200
"""Parts of a multipart form: a letter's fields, and as many files as it may have."""
LETTER_PATHS = ("/drafts", "/submissions", "/draft-attachments")
FORMS = ("multipart/form-data", "application/x-www-form-urlencoded")
IMPORT_PATH = "/transfers"
LONGEST_IMPORT = 4 * 1024 * 1024 * 1024
"""Bytes of a file with mail to bring in."""
IMPORT_TIMEOUT_S = 6 * 3_600
EVENTS_PATH = "/relay-events/"
"""Below it relay services post, without a session."""
LONGEST_EVENTS = 1024 * 1024
LETTER_TIMEOUT_S = 1_800
"""30 MB at 150 kbit/s; each piece has a timeout of its own where it is streamed."""
IN_MEMORY = 65_536
"""Bytes of an uploaded file from which it lies on disk, and of a form from which a thread reads it."""


PIECE = 16_384
FIELDS = 10_000
"""Fields a long form may have; what comes after them is taken for the last one's value."""


class ThreadedForms(FormDataParser):
    """Undoes the percent signs of a long form on a thread: four megabytes of them take a third of a second."""

    async def parse(
        self, body: Body, mimetype: str, content_length: int | None, options: dict[str, str] | None = None
    ) -> tuple[MultiDict[str, Any], MultiDict[str, Any]]:
        if mimetype != "application/x-www-form-urlencoded":
            return await super().parse(body, mimetype, content_length, options)
        data = await body
        try:
            fields = _fields(data) if len(data) < IN_MEMORY else await asyncio.to_thread(_fields, data)
        except ValueError:
            fields = []  # as Quart does with a form that cannot be read
        return MultiDict(fields), MultiDict()


def _fields(data: bytes) -> list[tuple[str, str]]:
    """The fields of a form; of a long one piece by piece, so that others get their turn. Raises ValueError."""
    if len(data) < IN_MEMORY:
        return parse_qsl(data.decode(), keep_blank_values=True)
    data.decode()
    halves = (pair.replace(b"+", b" ").partition(b"=") for pair in data.split(b"&", FIELDS) if pair)
    return [(_unquoted(name), _unquoted(value)) for name, _, value in halves]


def _unquoted(value: bytes) -> str:
    """Without percent signs: a megabyte of them in one call makes half a million objects before anybody else runs."""
    pieces, at = [], 0
    while at < len(value):
        end = at + PIECE
        percent = value.rfind(b"%", end - 2, end)
        if percent > at and end < len(value):
            end = percent
        pieces.append(unquote_to_bytes(value[at:end]))
        at = end
    return b"".join(pieces).decode("utf-8", "replace")


class LimitedRequest(Request):
    """The request class of the site."""

    form_data_parser_class = ThreadedForms
    body_class = LimitedBody
    longest_letter = LONGEST
    spool_dir: Path | None = None

    def __init__(self, method: str, scheme: str, path: str, *rest: Any, **more: Any) -> None:
        is_letter = method == "POST" and path in LETTER_PATHS
        if is_letter:
            more.update(max_content_length=self.longest_letter, body_timeout=LETTER_TIMEOUT_S)
        brings = method == "POST" and path == IMPORT_PATH
        if brings:
            more.update(max_content_length=LONGEST_IMPORT, body_timeout=IMPORT_TIMEOUT_S)
        takes_events = method == "POST" and path.startswith(EVENTS_PATH)
        if takes_events:
            more.update(max_content_length=LONGEST_EVENTS)
        super().__init__(method, scheme, path, *rest, **more)
        if is_letter:
            self.max_content_length = self.longest_letter
            self.max_form_memory_size = LONGEST_LETTER
        elif brings:
            self.max_content_length = LONGEST_IMPORT
        elif takes_events:
            self.max_content_length = LONGEST_EVENTS

    def make_form_data_parser(self) -> FormDataParser:
        return self.form_data_parser_class(
            stream_factory=self._file,
            max_content_length=self.max_content_length,
            max_form_memory_size=self.max_form_memory_size,
            max_form_parts=self.max_form_parts,
            cls=self.parameter_storage_class,
        )

    def _file(self, *_: Any) -> IO[bytes]:
        """Where an uploaded file waits: beside the database, not on a /tmp that may be memory."""
        place = str(self.spool_dir) if self.spool_dir else None
        return cast(IO[bytes], tempfile.SpooledTemporaryFile(IN_MEMORY, dir=place))


def request_class(max_message_size: int, spool: Path) -> type[LimitedRequest]:
    """The request class of one site."""

    class SiteRequest(LimitedRequest):
        longest_letter = max_message_size + LONGEST_LETTER
        spool_dir = spool

    return SiteRequest


def is_large_form(request: Request) -> bool:
    """Whether a letter comes as a form that is long, or of unknown length. A file that is the body itself is none."""
    if (
        request.method != "POST"
        or request.path not in (*LETTER_PATHS, IMPORT_PATH)
        or not request.mimetype.startswith(FORMS)
    ):
        return False
    return request.content_length is None or request.content_length > LONGEST


async def limit(request: Request) -> None:
    """Before a request's view, after its session is known: 413 where a stranger sends more than a log-in takes."""
    if g.reader.account is not None or request.path.startswith(EVENTS_PATH):
        return
    if (request.content_length or 0) > LONGEST_UNKNOWN:
        abort(413)
    if isinstance(request.body, LimitedBody):
        request.body.narrow(LONGEST_UNKNOWN)
