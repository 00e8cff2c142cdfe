"""Content on its way into DATA (RFC 5321 4.5.2): dots doubled at line starts, every line end CRLF."""

import re

_LINE_END = re.compile(rb"\r\n|\r|\n")


class DotStuffer:
    """Turns pieces of any size into what goes on the wire.

    A lone CR or LF leaves as CRLF: a relay that took one of them for a line end could otherwise be made to see the
    end of the message, and a second one behind it, in the middle of a forwarded mail.
    """

    __slots__ = ("_at_start", "_held")

    def __init__(self) -> None:
        self._at_start = True
        self._held = False

    def feed(self, piece: bytes) -> bytes:
        """The bytes to send for the next piece."""
        if self._held:
            piece = b"\r" + piece
        # Whether a CR at the end stands alone is known with the next byte only.
        self._held = piece.endswith(b"\r")
        if self._held:
            piece = piece[:-1]
        if not piece:
            return b""
        ends = piece.count(b"\r\n")
        if piece.count(b"\n") != ends or piece.count(b"\r") != ends:
            piece = _LINE_END.sub(b"\r\n", piece)
        stuffed = piece.replace(b"\r\n.", b"\r\n..")
        if self._at_start and piece.startswith(b"."):
            stuffed = b"." + stuffed
        self._at_start = piece.endswith(b"\r\n")
        return stuffed

    def finish(self) -> bytes:
        """What ends the message: its last line end where that is missing, and the lone dot."""
        missing = self._held or not self._at_start
        return b"\r\n.\r\n" if missing else b".\r\n"
