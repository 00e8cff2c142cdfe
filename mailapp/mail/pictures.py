"""Raster pictures by their first bytes: kind and size, without decoding one. Never SVG, which can hold scripts."""

import struct

from mailapp.values import dataclass

SEGMENTS = 200
"""Segments of a JPEG that are walked through."""


class NotAPicture(Exception):
    """Neither PNG, JPEG, WebP nor GIF, or damaged."""


@dataclass(frozen=True, slots=True)
class Picture:
    content_type: str
    width: int
    """Pixels."""
    height: int


def picture(data: bytes) -> Picture:
    """What a picture is. Raises NotAPicture."""
    try:
        for read in (_png, _gif, _jpeg, _webp):
            if (found := read(data)) is not None and found.width and found.height:
                return found
    except (struct.error, IndexError) as error:
        raise NotAPicture from error
    raise NotAPicture


def _png(data: bytes) -> Picture | None:
    if not data.startswith(b"\x89PNG\r\n\x1a\n") or data[12:16] != b"IHDR" or b"IEND" not in data[-16:]:
        return None
    return Picture("image/png", *struct.unpack_from(">II", data, 16))


def _gif(data: bytes) -> Picture | None:
    if not data.startswith((b"GIF87a", b"GIF89a")):
        return None
    return Picture("image/gif", *struct.unpack_from("<HH", data, 6))


def _jpeg(data: bytes) -> Picture | None:
    if not data.startswith(b"\xff\xd8\xff"):
        return None
    at = 2
    for _ in range(SEGMENTS):
        if data[at] != 0xFF:
            return None
        kind, length = data[at + 1], struct.unpack_from(">H", data, at + 2)[0]
        if 0xC0 <= kind <= 0xCF and kind not in (0xC4, 0xC8, 0xCC):
            height, width = struct.unpack_from(">HH", data, at + 5)
            return Picture("image/jpeg", width, height)
        at += 2 + length
    return None


def _webp(data: bytes) -> Picture | None:
    if data[:4] != b"RIFF" or data[8:12] != b"WEBP":
        return None
    kind = data[12:16]
    if kind == b"VP8X":
        width, height = (int.from_bytes(data[at : at + 3], "little") + 1 for at in (24, 27))
    elif kind == b"VP8 ":
        width, height = (each & 0x3FFF for each in struct.unpack_from("<HH", data, 26))
    elif kind == b"VP8L":
        bits = struct.unpack_from("<I", data, 21)[0]
        width, height = (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    else:
        return None
    return Picture("image/webp", width, height)
