"""Where large content lies before it is stored: a file without a name."""

import os
import tempfile
import threading
from pathlib import Path


class SpoolContent:
    """Content in a file without a name, mode 0600: gone when it is closed, and after a crash too.

    Any thread may use it. Whoever made it closes it; using it after that raises ValueError.
    """

    __slots__ = ("_file", "_lock", "_size")

    def __init__(self, directory: Path) -> None:
        """Raises OSError."""
        self._file = tempfile.TemporaryFile(dir=directory, prefix="mail-", buffering=0)  # noqa: SIM115
        self._lock = threading.Lock()
        self._size = 0

    @property
    def size(self) -> int:
        """Length in bytes."""
        return self._size

    def append(self, data: bytes | bytearray) -> None:
        """Write at the end. Raises OSError, ENOSPC among them."""
        view = memoryview(data)
        # A close in another thread must not let this write to a file that got the same number.
        with self._lock:
            while view:
                written = os.write(self._file.fileno(), view)
                self._size += written
                view = view[written:]

    def read(self, offset: int, length: int) -> bytes:
        """Return at most `length` bytes from `offset`; shorter only at the end."""
        pieces: list[bytes] = []
        with self._lock:
            while length > 0:
                piece = os.pread(self._file.fileno(), length, offset)
                if not piece:
                    break
                pieces.append(piece)
                offset += len(piece)
                length -= len(piece)
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def close(self) -> None:
        """Free the disk space. May be called twice."""
        with self._lock:
            self._file.close()
