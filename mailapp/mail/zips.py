"""ZIP archives piece by piece, however many entries they have: written to a stream, read with bounds (APPNOTE 6.3)."""

import struct
import zlib
from collections.abc import Callable, Iterator

from mailapp.mail.content import Content
from mailapp.values import dataclass

_LOCAL, _CENTRAL, _END, _END64, _LOCATOR = 0x04034B50, 0x02014B50, 0x06054B50, 0x06064B50, 0x07064B50
_DESCRIPTOR = 0x08074B50
UTF8 = 0x800
FOLLOWS = 0x8
ENCRYPTED = 0x1
STORED, DEFLATED = 0, 8
BIG = 0xFFFFFFFF
MANY = 0xFFFF
NAME_LONGEST = 1_024
PIECE = 65_536
VERSION = 45
"""Of the format: with sizes of 64 bits."""


class BadZip(Exception):
    """Not an archive, or one that cannot be read: why."""


class TooLarge(BadZip):
    """An entry, or all together, holds more than is allowed."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A file in an archive."""

    name: str
    method: int
    packed: int
    """Bytes as they lie there."""
    size: int
    """Bytes unpacked, as the archive claims."""
    offset: int
    """Of its local header."""
    encrypted: bool


class Writer:
    """Makes an archive: `begin`, `data` as often as needed, `end` for each entry; `close`. Each tells what to send."""

    def __init__(self, keep: Callable[[bytes], object]) -> None:
        """`keep` takes what has to be sent last, in order: some hundred bytes an entry."""
        self._keep = keep
        self._offset = 0
        self._kept = 0
        self._count = 0
        self._entry = b"", 0, 0, 0
        self._packer = zlib.compressobj(1, zlib.DEFLATED, -15)
        self._crc = self._size = self._packed = 0

    def begin(self, name: str, at: tuple[int, int, int, int, int, int]) -> bytes:
        """Begin an entry; `at` is year to second."""
        date = (min(max(at[0], 1980), 2107) - 1980) << 9 | at[1] << 5 | at[2]
        clock = at[3] << 11 | at[4] << 5 | at[5] // 2
        encoded = name.encode("utf-8", "replace")[:NAME_LONGEST]
        self._entry = encoded, self._offset, date, clock
        self._packer = zlib.compressobj(1, zlib.DEFLATED, -15)
        self._crc = self._size = self._packed = 0
        extra = struct.pack("<HHQQ", 1, 16, 0, 0)
        head = struct.pack(
            "<IHHHHHIIIHH",
            _LOCAL,
            VERSION,
            UTF8 | FOLLOWS,
            DEFLATED,
            clock,
            date,
            0,
            BIG,
            BIG,
            len(encoded),
            len(extra),
        )
        return self._sent(head + encoded + extra)

    def data(self, piece: bytes) -> bytes:
        self._crc = zlib.crc32(piece, self._crc)
        self._size += len(piece)
        packed = self._packer.compress(piece)
        self._packed += len(packed)
        return self._sent(packed)

    def end(self) -> bytes:
        last = self._packer.flush()
        self._packed += len(last)
        name, offset, date, clock = self._entry
        extra = struct.pack("<HHQQQ", 1, 24, self._size, self._packed, offset)
        record = struct.pack(
            "<IHHHHHHIIIHHHHHII",
            _CENTRAL, VERSION | 3 << 8, VERSION, UTF8 | FOLLOWS, DEFLATED, clock, date, self._crc, BIG, BIG, len(name),
            len(extra), 0, 0, 0, 0o100600 << 16, BIG,
        )  # fmt: skip
        self._keep(record + name + extra)
        self._kept += len(record) + len(name) + len(extra)
        self._count += 1
        return self._sent(last + struct.pack("<IIQQ", _DESCRIPTOR, self._crc, self._packed, self._size))

    def close(self) -> bytes:
        """What follows what was kept."""
        at = self._offset + self._kept
        end64 = struct.pack(
            "<IQHHIIQQQQ",
            _END64,
            44,
            VERSION | 3 << 8,
            VERSION,
            0,
            0,
            self._count,
            self._count,
            self._kept,
            self._offset,
        )
        locator = struct.pack("<IIQI", _LOCATOR, 0, at, 1)
        few = min(self._count, MANY)
        end = struct.pack("<IHHHHIIH", _END, 0, 0, few, few, min(self._kept, BIG), min(self._offset, BIG), 0)
        return end64 + locator + end

    def _sent(self, data: bytes) -> bytes:
        self._offset += len(data)
        return data


def entries(content: Content) -> Iterator[Entry]:
    """The files of an archive in order, one at a time. Raises BadZip."""
    try:
        offset, size, count = _directory(content)
        at, end = offset, offset + size
        for _ in range(count):
            head = content.read(at, 46)
            if at >= end or len(head) < 46 or struct.unpack_from("<I", head)[0] != _CENTRAL:
                raise BadZip("its list of files is incomplete")
            flags, method = struct.unpack_from("<HH", head, 8)
            packed, plain, names, extras, comments = struct.unpack_from("<IIHHH", head, 20)
            local = struct.unpack_from("<I", head, 42)[0]
            more = content.read(at + 46, names + extras)
            plain, packed, local = _long(more[names:], plain, packed, local)
            name = more[: min(names, NAME_LONGEST)].decode("utf-8" if flags & UTF8 else "cp437", "replace")
            yield Entry(name, method, packed, plain, local, bool(flags & ENCRYPTED))
            at += 46 + names + extras + comments
    except struct.error as error:
        raise BadZip("it is incomplete") from error


def unpacked(content: Content, entry: Entry, longest: int) -> Iterator[bytes]:
    """The bytes of a file in pieces. Raises BadZip; TooLarge above `longest`, whatever the archive claims."""
    if entry.encrypted:
        raise BadZip("it is encrypted")
    head = content.read(entry.offset, 30)
    if len(head) < 30 or struct.unpack_from("<I", head)[0] != _LOCAL:
        raise BadZip("a file is missing")
    names, extras = struct.unpack_from("<HH", head, 26)
    at, end, done = entry.offset + 30 + names + extras, 0, 0
    end = at + entry.packed
    pieces = _inflated(content, at, end) if entry.method == DEFLATED else _stored(content, at, end)
    if entry.method not in (STORED, DEFLATED):
        raise BadZip("it is packed in a way that is not known")
    for piece in pieces:
        done += len(piece)
        if done > longest:
            raise TooLarge("a file is too large")
        yield piece


def _stored(content: Content, at: int, end: int) -> Iterator[bytes]:
    while at < end:
        piece = content.read(at, min(PIECE, end - at))
        if not piece:
            raise BadZip("a file is incomplete")
        at += len(piece)
        yield piece


def _inflated(content: Content, at: int, end: int) -> Iterator[bytes]:
    inflate = zlib.decompressobj(-15)
    try:
        for packed in _stored(content, at, end):
            while packed:
                yield inflate.decompress(packed, PIECE)
                packed = inflate.unconsumed_tail
            if inflate.eof:
                return
        while piece := inflate.decompress(inflate.unconsumed_tail, PIECE):
            yield piece
    except zlib.error as error:
        raise BadZip("a file is damaged") from error
    if not inflate.eof:
        raise BadZip("a file is incomplete")


def _directory(content: Content) -> tuple[int, int, int]:
    """(offset, size, number of entries) of the list of files."""
    start = max(0, content.size - 65_557)
    tail = content.read(start, content.size - start)
    at = tail.rfind(struct.pack("<I", _END))
    if at < 0 or len(tail) - at < 22:
        raise BadZip("this is no ZIP archive")
    count, size, offset = struct.unpack_from("<HII", tail, at + 10)
    if count == MANY or BIG in (size, offset):
        locator = tail[at - 20 : at] if at >= 20 else b""
        if len(locator) == 20 and struct.unpack_from("<I", locator)[0] == _LOCATOR:
            end64 = content.read(struct.unpack_from("<Q", locator, 8)[0], 56)
            if len(end64) == 56 and struct.unpack_from("<I", end64)[0] == _END64:
                count, size, offset = struct.unpack_from("<QQQ", end64, 32)
    if offset + size > content.size or count > size // 46:
        raise BadZip("its list of files is damaged")
    return offset, size, count


def _long(extra: bytes, size: int, packed: int, offset: int) -> tuple[int, int, int]:
    """Sizes and offset, from the extra field of 64 bits where they stand there."""
    at = 0
    while at + 4 <= len(extra):
        kind, length = struct.unpack_from("<HH", extra, at)
        if kind == 1:
            values, place = [size, packed, offset], at + 4
            for number, value in enumerate(values):
                if value == BIG and place + 8 <= at + 4 + length <= len(extra):
                    values[number] = struct.unpack_from("<Q", extra, place)[0]
                    place += 8
            return values[0], values[1], values[2]
        at += 4 + length
    return size, packed, offset
