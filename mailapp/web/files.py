"""What leaves as files: attachments and the original of a message, streamed from the store in pieces."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Iterator
from datetime import datetime
from urllib.parse import quote

from quart import Blueprint, Response, abort, request

from mailapp.http.contents import PIECE, RemoteContent, original
from mailapp.mail.archive import archive, entry_names
from mailapp.mail.message import Message, Part
from mailapp.mail.parameters import safe_name
from mailapp.mail.parser import decoded
from mailapp.store import messages
from mailapp.store.messages import StoredMessage
from mailapp.web.access import requires_account
from mailapp.web.attachments import offered
from mailapp.web.context import context, site
from mailapp.web.headers import FILE_POLICY
from mailapp.web.letters import RASTER
from mailapp.web.reader import current_account, current_reader

blueprint = Blueprint("files", __name__)
STEM_LONGEST = 100
INLINE = (*RASTER, "application/pdf")


@blueprint.get("/messages/<id:message_id>/attachments/<id:number>/<path:name>")
@blueprint.get("/messages/<id:message_id>/attachments/<id:number>")
@requires_account
async def attachment(message_id: int, number: int, name: str = "") -> Response:
    """An attachment for download; ?inline=1 shows raster images and PDF in place."""
    account_id, letters = current_account().id, site().letters

    def find(db: sqlite3.Connection) -> tuple[StoredMessage, Part] | None:
        stored = messages.get(db, account_id, message_id)
        parts = letters.parts(db, stored.content_id) if stored else ()
        part = next((each for each in parts if each.number == number), None)
        return (stored, part) if stored and part else None

    found = await context().database.read(find)
    if found is None:
        abort(404)
    stored, part = found
    return await sent_part(stored.content_id, part)


async def sent_part(content_id: int, part: Part) -> Response:
    """A part of a content as a file; with ?inline=1 in place, where it is a raster image or PDF."""
    inline = request.args.get("inline") == "1" and part.content_type in INLINE
    content = await RemoteContent.of(context().database, content_id)
    response = Response(sent(decoded(content, part)), 200, content_type=_content_type(part))
    response.headers["Content-Disposition"] = disposition(part.name or "attachment", inline=inline)
    return sealed(response)


@blueprint.get("/messages/<id:message_id>/attachments.zip")
@requires_account
async def attachments(message_id: int) -> Response:
    """Everything offered below the letter in one archive, written while it is sent."""
    account_id, letters = current_account().id, site().letters

    def find(db: sqlite3.Connection) -> tuple[StoredMessage, Message] | None:
        stored = messages.get(db, account_id, message_id)
        return (stored, letters.parsed(db, stored.content_id)) if stored else None

    found = await context().database.read(find)
    if found is None or not found[1].attachments:
        abort(404)
    stored, message = found
    parts = await offered(message) or message.attachments
    content = await RemoteContent.of(context().database, stored.content_id)
    at = datetime.fromtimestamp(stored.row.received_ms / 1000, current_reader().zone)
    stamp = (at.year, at.month, at.day, at.hour, at.minute, at.second)
    pieces = archive(content, parts, entry_names(part.name for part in parts), stamp)
    response = Response(sent(pieces), 200, content_type="application/zip")
    response.headers["Content-Disposition"] = disposition(f"{file_stem(stored.row.subject)}.zip", inline=False)
    return sealed(response)


@blueprint.get("/messages/<id:message_id>/source")
@requires_account
async def source(message_id: int) -> Response:
    """The original as plain text, or with ?download=1 as a file: the trace fields of this copy, then what came."""
    stored = await context().database.read(messages.get, current_account().id, message_id)
    if stored is None:
        abort(404)
    content = await RemoteContent.of(context().database, stored.content_id)
    if request.args.get("download") != "1":
        return sealed(Response(original(stored.trace, content), 200, content_type="text/plain; charset=utf-8"))
    response = Response(original(stored.trace, content), 200, content_type="message/rfc822")
    response.headers["Content-Disposition"] = disposition(f"{file_stem(stored.row.subject)}.eml", inline=False)
    return sealed(response)


def file_stem(subject: str) -> str:
    """A file name without its extension for a message."""
    return safe_name(subject.replace("/", " ").replace("\\", " "))[:STEM_LONGEST].strip(" .") or "message"


async def sent(pieces: Iterator[bytes]) -> AsyncIterator[bytes]:
    """Pieces made in a thread, one after another as they are taken."""
    while piece := await asyncio.to_thread(_gathered, pieces):
        yield piece


def _gathered(pieces: Iterator[bytes]) -> bytes:
    """The next pieces, about PIECE bytes together; b"" at the end."""
    held: list[bytes] = []
    size = 0
    for piece in pieces:
        held.append(piece)
        size += len(piece)
        if size >= PIECE:
            break
    return b"".join(held)


def sealed(response: Response) -> Response:
    response.timeout = None  # a slow line may take minutes for 30 MB
    response.headers["Content-Security-Policy"] = FILE_POLICY
    response.headers["Cache-Control"] = "private, no-store"
    return response


def _content_type(part: Part) -> str:
    """The declared type, but nothing a browser could run as ours even if it ignored the disposition."""
    safe = part.content_type in INLINE or part.content_type.startswith(("audio/", "video/"))
    return part.content_type if safe else "application/octet-stream"


def disposition(name: str, *, inline: bool) -> str:
    """Content-Disposition as RFC 6266 and RFC 8187 (once 5987) want it, with an ASCII fallback."""
    kept = "".join(c for c in name if c.isprintable() and c not in '/\\"') or "attachment"
    plain = kept.encode("ascii", "replace").decode("ascii").replace("?", "_").replace("%", "_")
    kind = "inline" if inline else "attachment"
    return f"{kind}; filename=\"{plain}\"; filename*=UTF-8''{quote(kept, safe='')}"
