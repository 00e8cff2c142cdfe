"""One message while its bytes come in."""

import enum
import errno
from pathlib import Path

from mailapp.flow.spool import SpoolContent
from mailapp.mail.content import Content, MemoryContent
from mailapp.mail.errors import MailFailure, PermanentFailure, TemporaryFailure
from mailapp.smtp.data import DataScanner
from mailapp.smtp.spool import MemoryBudget

_DISK_FULL = {errno.ENOSPC, errno.EDQUOT}
_SLACK = 65_536


class Arrived(enum.Enum):
    """How the bytes after DATA came to an end."""

    WHOLE = enum.auto()
    TOO_MUCH = enum.auto()
    CUT_OFF = enum.auto()


class Receiving:
    """Collects content up to its end. After a failure it reads on and keeps nothing, for the reply's place is the end.

    Never raises for what the client sent or the disk did; `failure` says what went wrong.
    """

    def __init__(
        self, max_size: int, threshold: int, budget: MemoryBudget, directory: Path, disk: MemoryBudget | None = None
    ) -> None:
        """`disk` bounds what all messages together hold in the spool; None: nothing does."""
        self._max_size = max_size
        self._threshold = threshold
        self._budget = budget
        self._directory = directory
        self._disk = disk
        self._on_disk = 0
        self._scanner = DataScanner()
        self._data = bytearray()
        self._whole = b""
        self._spool: SpoolContent | None = None
        self._taken = 0
        self.size = 0
        self.received = 0
        self.failure: MailFailure | None = None

    @property
    def hopeless(self) -> bool:
        """So far over the maximum that waiting for the end is not worth it."""
        return self.received > 2 * self._max_size + _SLACK

    @property
    def spooled(self) -> bool:
        """The content is on disk."""
        return self._spool is not None

    def feed(self, data: bytes) -> bytes | None:
        """Take bytes off the wire; return what followed the end of the message, None while it has not ended."""
        part, rest = self._scanner.feed(data)
        self.received += len(data)
        if part and self.failure is None:
            self.size += len(part)
            if self.size > self._max_size:
                self._fail(PermanentFailure("Message too big", code=552, status="5.3.4"))
            else:
                self._keep(part, last=rest is not None)
        return rest

    def content(self) -> Content:
        """The message, once it has ended and nothing failed. It lasts until release()."""
        if self._spool is not None:
            return self._spool
        if self._data:
            self._whole = bytes(self._data)
            self._data = bytearray()
        return MemoryContent(self._whole)

    def release(self) -> None:
        """Give memory and disk space back. May be called twice."""
        self._data = bytearray()
        self._whole = b""
        self._budget.give(self._taken)
        self._taken = 0
        if self._spool is not None:
            self._spool.close()
        if self._disk is not None:
            self._disk.give(self._on_disk)
            self._on_disk = 0

    def _keep(self, part: bytes, *, last: bool) -> None:
        if self._spool is None and self.size <= self._threshold and self._budget.take(len(part)):
            self._taken += len(part)
            if last and not self._data:
                self._whole = part
            else:
                self._data += part
            return
        try:
            if not self._room_for(len(part) + (len(self._data) if self._spool is None else 0)):
                self._fail(TemporaryFailure("Insufficient system storage", code=452, status="4.3.1"))
                return
            if self._spool is None:
                self._spool = SpoolContent(self._directory)
                self._spool.append(self._data)
                self._data = bytearray()
                self._budget.give(self._taken)
                self._taken = 0
            self._spool.append(part)
        except OSError as error:
            if error.errno in _DISK_FULL:
                self._fail(TemporaryFailure("Insufficient system storage", code=452, status="4.3.1"))
            else:
                self._fail(TemporaryFailure("Cannot take the message now"))

    def _room_for(self, size: int) -> bool:
        """Reserve spool space, so that many unfinished messages cannot fill the disk under everybody."""
        if self._disk is not None:
            if not self._disk.take(size):
                return False
            self._on_disk += size
        return True

    def _fail(self, failure: MailFailure) -> None:
        self.failure = failure
        self.release()
