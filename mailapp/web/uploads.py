"""What comes in as a file: its name and type made harmless, its bytes piece by piece."""

import asyncio
import re
from collections.abc import AsyncIterator
from typing import IO

from quart.datastructures import FileStorage
from quart.wrappers.request import Body

from mailapp.http.contents import PIECE
from mailapp.web.context import context
from mailapp.web.reader import current_account

PIECE_TIMEOUT_S = 60
"""Seconds an upload may stand still."""
NAME_LONGEST = 180
UNKNOWN = "application/octet-stream"
TYPE = re.compile(r"[a-z0-9][a-z0-9.+-]{0,60}/[a-z0-9][a-z0-9.+-]{0,80}")


async def attach_all(draft_id: int, files: list[FileStorage]) -> None:
    """Files of a form without scripts into a draft. Raises DraftRefused, LookupError."""
    for one in files:
        if one.filename:
            kind = content_type(one.content_type or "")
            body = _from_file(one.stream)
            await context().drafting.attach(current_account().id, draft_id, file_name(one.filename), kind, body, "")


async def pieces(body: Body) -> AsyncIterator[bytes]:
    """A request's body as it comes. Raises TimeoutError where it stands still."""
    while True:
        try:
            piece = await asyncio.wait_for(anext(body), PIECE_TIMEOUT_S)
        except StopAsyncIteration:
            return
        yield piece


async def _from_file(file: IO[bytes]) -> AsyncIterator[bytes]:
    while piece := await asyncio.to_thread(file.read, PIECE):
        yield piece


def file_name(value: str) -> str:
    """A file's name without path and control characters."""
    name = value.encode("utf-8", "ignore").decode("utf-8").replace("\\", "/").rpartition("/")[2]
    return "".join(each for each in name if each.isprintable()).strip()[:NAME_LONGEST]


def content_type(value: str) -> str:
    """A media type without parameters; what is none becomes application/octet-stream."""
    kind = value.partition(";")[0].strip().lower()
    return kind if TYPE.fullmatch(kind) else UNKNOWN
