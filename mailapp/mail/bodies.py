"""Content-Transfer-Encoding undone in pieces (RFC 2045 6): short C calls, so no other thread waits long for the GIL."""

import binascii
import re
from collections.abc import Iterator

from mailapp.mail.content import CHUNK, Content, chunks

_BASE64 = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_NOISE = bytes(set(range(256)) - set(_BASE64) - {0x3D})
_PADDING = re.compile(rb"=+")
_MAX_PADDINGS = 4_000
"""Per piece; no line of base64 is so short that there could be more."""
_MAX_LINE = 262_144


def encoding_of(field: str) -> str:
    """base64, quoted-printable, or the lower-case token as it came ("" means 7bit)."""
    token = field.partition(";")[0].partition("(")[0].strip().lower()
    if token.startswith(("base64", "base-64", "b64")):
        return "base64"
    if token.startswith(("quoted", "qp")):
        return "quoted-printable"
    return token[:40]


def decoded_range(content: Content, start: int, end: int, encoding: str) -> Iterator[bytes]:
    """Decode the bytes from `start` to `end`, tolerant of anything; pieces of at most about 64 KB."""
    pieces = chunks(content, start, end)
    if encoding == "base64":
        return _base64(pieces)
    if encoding == "quoted-printable":
        return _quoted_printable(pieces)
    return pieces


def decoded_whole(data: bytes, encoding: str) -> bytes:
    """The same for a body held in memory: no pieces, no generators."""
    if encoding == "base64":
        letters = data.translate(None, _NOISE).rstrip(b"=")
        return _stretch(letters) if b"=" not in letters else b"".join(_base64(iter((data,))))
    if encoding == "quoted-printable":
        return binascii.a2b_qp(data)
    return data


def head(content: Content, start: int, end: int, encoding: str, limit: int) -> bytes:
    """The first `limit` decoded bytes. Reads at most about four times as much."""
    if end - start <= CHUNK:
        return decoded_whole(content.read(start, max(0, end - start)), encoding)[:limit]
    stop = min(end, start + limit * 4 + 65_536)
    got: list[bytes] = []
    size = 0
    for piece in decoded_range(content, start, stop, encoding):
        got.append(piece)
        size += len(piece)
        if size >= limit:
            break
    return b"".join(got)[:limit]


def decoded_size(content: Content, start: int, end: int, encoding: str) -> int:
    """Bytes after decoding, estimated from the length of the lines without reading them all."""
    length = max(0, end - start)
    if encoding == "quoted-printable":
        sample = content.read(start, min(length, 1024))
        return length - length * 2 * sample.count(b"=") // max(1, len(sample))
    if encoding != "base64" or not length:
        return length
    first = content.read(start, min(length, 1024))
    line = first.find(b"\n") + 1
    if line > 1:
        eol = 2 if first[line - 2 : line] == b"\r\n" else 1
        tail = content.read(max(start, end - 8), min(8, length))
        ending = len(tail) - len(tail.rstrip(b"\r\n"))
        length -= ending
        length -= length // line * eol
        padding = tail.rstrip(b"\r\n").count(b"=")
    else:
        padding = content.read(max(start, end - 4), min(4, length)).count(b"=")
    return max(0, length * 3 // 4 - (padding if length % 4 == 0 else 0))


def _base64(pieces: Iterator[bytes]) -> Iterator[bytes]:
    carry = b""
    for piece in pieces:
        data = carry + piece.translate(None, _NOISE)
        if b"=" in data and data.count(b"=") > _MAX_PADDINGS:
            data = data.translate(None, b"=")
        if b"=" in data:
            # Padding ends a stretch, not the body: some mailers encode line by line and glue the results.
            *ended, data = _PADDING.split(data)
            yield b"".join(map(_stretch, ended))
        whole = len(data) & ~3
        carry = data[whole:]
        if whole:
            yield binascii.a2b_base64(data[:whole])
    if carry:
        yield _stretch(carry)


def _stretch(data: bytes) -> bytes:
    if len(data) % 4 == 1:
        data = data[:-1]  # six bits make no byte
    return binascii.a2b_base64(data + b"=" * (-len(data) % 4))


def _quoted_printable(pieces: Iterator[bytes]) -> Iterator[bytes]:
    carry = b""
    for piece in pieces:
        data = carry + piece
        cut = data.rfind(b"\n") + 1
        if not cut and len(data) > _MAX_LINE:
            cut = len(data) - 3 + (data[-3:].find(b"=") if b"=" in data[-3:] else 3)
        if cut:
            yield binascii.a2b_qp(data[:cut])
        carry = data[cut:]
    if carry:
        yield binascii.a2b_qp(carry)
