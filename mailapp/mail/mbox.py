"""mbox files (RFC 4155, in the mboxrd way: ">From " for every line that begins like one of its own)."""

import re
import time
from calendar import timegm
from collections.abc import Iterator

from mailapp.mail.content import Content
from mailapp.values import dataclass

BEGIN = b"From "
WINDOW = 1_048_576
LINE_LONGEST = 300
HELD = 1_024
"""Bytes of an unfinished line that wait for their end, to see whether it is quoted."""
_TIME = re.compile(rb"\d\d:\d\d")
_AT = re.compile(rb"([A-Z][a-z]{2}) +(\d{1,2}) +(\d\d):(\d\d)(?::(\d\d))?(?: +[+-]\d{4}| +[A-Z]{3,4})? +(\d{4})")
_QUOTED = re.compile(rb"^(>*From )", re.MULTILINE)
_UNQUOTED = re.compile(rb"^>(>*From )", re.MULTILINE)
_BARE_LF = re.compile(rb"(?<!\r)\n")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a message stands in an mbox."""

    line: bytes
    """Its From line, without the end."""
    start: int
    end: int


def from_line(sender: str, at_ms: int) -> bytes:
    """The line that begins a message: who sent it, and when it came (UTC)."""
    who = "".join(each for each in sender if 32 < ord(each) < 127) or "MAILER-DAEMON"
    at = time.gmtime(at_ms / 1000)
    clock = time.strftime("%H:%M:%S", at)
    return f"From {who} {_DAYS[at.tm_wday]} {_MONTHS[at.tm_mon - 1]} {at.tm_mday:2} {clock} {at.tm_year}\n".encode()


def at_of(line: bytes) -> int:
    """When a From line says its message came, in ms; 0 where it cannot be read."""
    found = _AT.search(line[:LINE_LONGEST])
    if not found or found[1].decode() not in _MONTHS:
        return 0
    month = _MONTHS.index(found[1].decode()) + 1
    day, hour, minute, second, year = (int(found[each] or 0) for each in (2, 3, 4, 5, 6))
    if not (1 <= day <= 31 and hour < 24 and minute < 60 and second < 62 and 1970 <= year < 2200):
        return 0
    return max(0, timegm((year, month, day, hour, minute, second))) * 1000


class _ByLines:
    """Rewrites bytes that come in pieces by whole lines; of one that is longer than HELD what there is."""

    def __init__(self) -> None:
        self._held = b""
        self._fresh = True
        """Whether the next byte begins a line."""

    def feed(self, data: bytes) -> bytes:
        data = self._held + data
        end = data.rfind(b"\n") + 1
        if len(data) - end > HELD:
            end = len(data) - data.endswith(b"\r")
        self._held = data[end:]
        return self._done(data[:end])

    def close(self) -> bytes:
        """What was held back."""
        rest, self._held = self._held, b""
        return self._done(rest)

    def _done(self, data: bytes) -> bytes:
        raise NotImplementedError


class Quoter(_ByLines):
    """Makes a message's bytes those of an mbox, piece by piece: LF at the end of lines, From lines quoted."""

    def close(self) -> bytes:
        """What was held back, and the empty line behind the message."""
        rest = super().close()
        return rest + (b"\n" if self._fresh else b"\n\n")

    def _done(self, data: bytes) -> bytes:
        if not data:
            return b""
        plain = data.replace(b"\r\n", b"\n")
        first = 0 if self._fresh else plain.find(b"\n") + 1 or len(plain)
        self._fresh = plain.endswith(b"\n")
        return plain[:first] + _QUOTED.sub(rb">\1", plain[first:])


class Unquoter(_ByLines):
    """Takes that back, piece by piece: CRLF at the end of lines, quotes of From lines off."""

    def __init__(self, *, quoted: bool = True) -> None:
        """`quoted`: whether From lines are quoted at all; not in Maildir."""
        super().__init__()
        self._quoted = quoted

    def _done(self, data: bytes) -> bytes:
        if not data:
            return b""
        if self._quoted:
            first = 0 if self._fresh else data.find(b"\n") + 1 or len(data)
            self._fresh = data.endswith(b"\n")
            data = data[:first] + _UNQUOTED.sub(rb"\1", data[first:])
        return _BARE_LF.sub(b"\r\n", data)


def places(content: Content) -> Iterator[Place]:
    """Where the messages of an mbox stand. Nothing where it does not begin like one."""
    line, start = b"", -1
    for at, found in _from_lines(content):
        if start >= 0:
            yield Place(line, start, _without_blank(content, start, at))
        elif at:
            return
        line, start = found, min(at + len(found) + 1, content.size)
    if start >= 0:
        yield Place(line, start, _without_blank(content, start, content.size))


def _from_lines(content: Content) -> Iterator[tuple[int, bytes]]:
    """(offset, line) of every line that begins a message."""
    if _is_from(first := content.read(0, LINE_LONGEST)):
        yield 0, first.partition(b"\n")[0]
    base = 0
    while base < content.size:
        window = content.read(base, WINDOW + LINE_LONGEST)
        at = window.find(b"\nFrom ")
        while 0 <= at < WINDOW:
            line = window[at + 1 : at + 1 + LINE_LONGEST]
            if _is_from(line):
                yield base + at + 1, line.partition(b"\n")[0]
            at = window.find(b"\nFrom ", at + 1)
        base += WINDOW


def _is_from(line: bytes) -> bool:
    head, end, _ = line.partition(b"\n")
    return head.startswith(BEGIN) and bool(end) and _TIME.search(head) is not None


def _without_blank(content: Content, start: int, end: int) -> int:
    """The end of a message without the empty line behind it."""
    tail = content.read(max(start, end - 4), min(4, end - start))
    if tail.endswith(b"\r\n\r\n"):
        return end - 2
    return end - 1 if tail.endswith(b"\n\n") else end
