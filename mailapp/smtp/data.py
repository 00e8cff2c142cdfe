"""The content after DATA as it comes off the wire: finding its end and taking the stuffed dots out (RFC 5321 4.5.2)."""

_END = b"\r\n.\r\n"


class DataScanner:
    """Turns chunks of any size into content, and knows where the next command begins.

    Only CRLF.CRLF ends a message. LF.LF, LF.CRLF, CR.CR, CRLF.LF and CRLF.CR are content and stay as they are:
    a server that took one of them for the end would let a message smuggle in a second one.
    """

    __slots__ = ("_at_start", "_held")

    def __init__(self) -> None:
        # The 354 stands for the line end before the first line, so a lone dot there ends an empty message.
        self._held = b"\r\n"
        self._at_start = True

    def feed(self, data: bytes) -> tuple[bytes, bytes | None]:
        """Return the content these bytes complete, and what followed the end of it (None: it has not ended)."""
        data = self._held + data if self._held else data
        end = data.find(_END)
        if end >= 0:
            self._held = b""
            return self._unstuffed(data[: end + 2]), data[end + len(_END) :]
        held = next((n for n in (4, 3, 2, 1) if data.endswith(_END[:n])), 0)
        if held:
            self._held = data[-held:]
            data = data[:-held]
        else:
            self._held = b""
        return self._unstuffed(data), None

    def _unstuffed(self, data: bytes) -> bytes:
        if b"\r\n." in data:
            # The dot of a false end stays, so it gets a second one first. Replacing is 20 times faster than an
            # expression, and what a hostile sender makes of every line must not hold the others up.
            data = data.replace(b"\r\n.\n", b"\r\n..\n").replace(b"\r\n.\r", b"\r\n..\r")
            data = data.replace(b"\r\n.", b"\r\n")
        if self._at_start and data:
            self._at_start = False
            return data[2:]
        return data
