"""Whether two files hold the same message: what programs change on the way through files does not count.

Lines end as they like, an mbox may have quoted "From " at their beginning, and fields are added on top. What counts is
the body, and the fields that say what the message is; a Message-ID alone is no proof: anybody may write one.
"""

import re
from collections.abc import Iterable
from hashlib import blake2b

FIELDS = frozenset((b"message-id", b"date", b"from", b"to", b"cc", b"subject"))
HEADER_LONGEST = 1_048_576
"""Bytes in which the header section ends; else everything counts as it stands."""
_QUOTED = re.compile(rb"^>+(?=From )", re.MULTILINE)
_SPACE = re.compile(rb"\s+")
_END = re.compile(rb"\r?\n\r?\n")


def likeness(pieces: Iterable[bytes]) -> bytes:
    """A digest that is the same for the same message."""
    digest, head, body = blake2b(digest_size=16), bytearray(), _Body()
    is_head = True
    for piece in pieces:
        if not is_head:
            body.feed(piece)
            continue
        at = max(0, len(head) - 3)
        head += piece
        end = _END.search(head, at)
        if end is not None or len(head) > HEADER_LONGEST:
            split = end.end() if end is not None else 0
            body.feed(bytes(head[split:]))
            del head[split:]
            is_head = False
    for name, value in _fields(bytes(head)):
        digest.update(name + b":" + _SPACE.sub(b"", value) + b"\n")
    digest.update(b"\n" + body.close())
    return digest.digest()


def _fields(head: bytes) -> list[tuple[bytes, bytes]]:
    found = list[tuple[bytes, bytes]]()
    lines = head.replace(b"\r", b"").split(b"\n")
    name, value = b"", list[bytes]()
    for line in (*lines, b""):
        if line[:1] in (b" ", b"\t"):
            value.append(line)
            continue
        if name in FIELDS:
            found.append((name, b"".join(value)))
        name, _, rest = line.partition(b":")
        name, value = name.strip().lower(), [rest]
    return sorted(found)


class _Body:
    """Lines of a body as they count, whatever pieces they come in."""

    def __init__(self) -> None:
        self._digest = blake2b(digest_size=16)
        self._rest = b""
        self._blank = 0
        """Line ends held back: those at the very end do not count."""

    def feed(self, data: bytes) -> None:
        data = self._rest + data.replace(b"\r", b"")
        end = data.rfind(b"\n") + 1
        # a line longer than a piece is nobody's quotation
        end = end or (len(data) if len(data) > HEADER_LONGEST else 0)
        self._rest = data[end:]
        self._take(data[:end])

    def close(self) -> bytes:
        self._take(self._rest)
        return self._digest.digest()

    def _take(self, data: bytes) -> None:
        lines = _QUOTED.sub(b"", data)
        kept = lines.rstrip(b"\n")
        if kept:
            self._digest.update(b"\n" * self._blank + kept)
            self._blank = 0
        self._blank += len(lines) - len(kept)
