"""Command lines out of a byte stream, bounded."""


class LineTooLong(Exception):
    """A command line over the limit. `endless`: no line end is in sight, the connection is not worth keeping."""

    def __init__(self, *, endless: bool) -> None:
        super().__init__("line too long")
        self.endless = endless


class CommandLines:
    """Bytes a client sent ahead; lines are taken off the front. A bare LF ends a command line too."""

    __slots__ = ("_data", "_dropped", "_endless", "_limit")

    def __init__(self, limit: int, endless: int) -> None:
        self._data = bytearray()
        self._limit = limit
        self._endless = endless
        self._dropped = 0

    def __len__(self) -> int:
        return len(self._data)

    def feed(self, data: bytes) -> None:
        """Append what arrived."""
        self._data += data

    def take(self) -> bytes | None:
        """Return the next line without its end, None when it is not complete yet.

        Raises LineTooLong once per overlong line: when its end has come, or at once when none is in sight.
        """
        end = self._data.find(b"\n")
        if end < 0:
            if len(self._data) > self._limit:
                self._dropped += len(self._data)
                self._data.clear()
            if self._dropped > self._endless:
                raise LineTooLong(endless=True)
            return None
        line = bytes(self._data[:end])
        del self._data[: end + 1]
        if self._dropped or end + 1 > self._limit:
            self._dropped = 0
            raise LineTooLong(endless=False)
        return line.rstrip(b"\r")

    def take_all(self) -> bytes:
        """Return everything that is there: what followed DATA is no command."""
        data = bytes(self._data)
        self._data.clear()
        self._dropped = 0
        return data
