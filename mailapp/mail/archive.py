"""Parts of a message as one ZIP archive, written in pieces: nothing is held but the piece at hand."""

import re
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from io import RawIOBase

from mailapp.mail.charsets import clean
from mailapp.mail.content import Content
from mailapp.mail.message import Part
from mailapp.mail.parser import decoded

_FORBIDDEN = re.compile(r'[\x00-\x1f\x7f<>:"/\\|?*\u200e\u200f\u202a-\u202e\u2066-\u2069]')
_DEVICES = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)", re.IGNORECASE)
_LONGEST = 180
_DEFLATED = ("text/", "message/", "application/json", "application/xml", "image/bmp", "image/svg", "image/tiff")
"""Types that pay for packing; what most mail carries is packed already."""
TimeStamp = tuple[int, int, int, int, int, int]
"""Year to second, of the reader's clock: an archive knows no zones."""


def archive(content: Content, parts: Sequence[Part], names: Sequence[str], stamp: TimeStamp) -> Iterator[bytes]:
    """The parts under these names (see `entry_names`), decoded, in pieces of about 64 KB."""
    sink = _Sink()
    with zipfile.ZipFile(sink, "w") as packed:
        for part, name in zip(parts, names, strict=True):
            entry = zipfile.ZipInfo(name, (min(max(stamp[0], 1980), 2107), *stamp[1:]))
            entry.compress_type = (
                zipfile.ZIP_DEFLATED if part.content_type.startswith(_DEFLATED) else zipfile.ZIP_STORED
            )
            entry.external_attr = 0o644 << 16
            with packed.open(entry, "w") as file:
                for piece in decoded(content, part):
                    file.write(piece)
                    yield from sink.taken()
            yield from sink.taken()
    yield from sink.taken()


def entry_names(names: Iterable[str]) -> list[str]:
    """Names any system can unpack, each different from the others however it spells letters: "a.txt", "a (2).txt"."""
    used: set[str] = set()
    found: list[str] = []
    for name in names:
        plain = _entry_name(name)
        stem, dot, extension = plain.rpartition(".")
        if not dot or not stem:
            stem, extension = plain, ""
        number, unique = 1, plain
        while unique.casefold() in used:
            number += 1
            unique = f"{stem} ({number}){dot if extension else ''}{extension}"
        used.add(unique.casefold())
        found.append(unique)
    return found


def _entry_name(name: str) -> str:
    name = _FORBIDDEN.sub("_", clean(name)).strip(" .")
    if len(name) > _LONGEST:
        stem, dot, extension = name.rpartition(".")
        room = _LONGEST - len(extension) - 1
        name = f"{stem[:room]}.{extension}" if dot and len(extension) < 20 else name[:_LONGEST]
    name = name.strip(" .") or "attachment"
    return f"_{name}" if _DEVICES.match(name) else name


class _Sink(RawIOBase):
    """Takes what zipfile writes; it cannot go back, so sizes follow the data."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: object) -> int:
        piece = bytes(data)  # type: ignore[call-overload]
        self._pieces.append(piece)
        return len(piece)

    def taken(self) -> list[bytes]:
        """What was written since the last time."""
        pieces, self._pieces = self._pieces, []
        return [b"".join(pieces)] if pieces else []
