"""Content: the bytes of a message, wherever they lie (memory, a spool file, the store)."""

from collections.abc import Iterator
from typing import Protocol

CHUNK = 65_536
"""Bytes per piece when content is walked."""


class Content(Protocol):
    """Random access to the bytes that followed DATA: dots unstuffed, CRLF kept as it came."""

    @property
    def size(self) -> int:
        """Length in bytes."""

    def read(self, offset: int, length: int) -> bytes:
        """Return at most `length` bytes from `offset`; shorter only at the end."""


class MemoryContent:
    """Content held in memory; what small mail (up to about 1 MiB) is."""

    __slots__ = ("data",)

    def __init__(self, data: bytes) -> None:
        self.data = data

    @property
    def size(self) -> int:
        return len(self.data)

    def read(self, offset: int, length: int) -> bytes:
        return self.data[offset : offset + length]


def chunks(content: Content, start: int = 0, end: int | None = None, size: int = CHUNK) -> Iterator[bytes]:
    """Walk content from `start` to `end` (default: its end) in pieces of at most `size` bytes."""
    stop = content.size if end is None else min(end, content.size)
    while start < stop:
        piece = content.read(start, min(size, stop - start))
        if not piece:
            return
        yield piece
        start += len(piece)
