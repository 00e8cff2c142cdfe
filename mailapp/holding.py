"""One process at a time on a data directory."""

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path


class AlreadyRunning(Exception):
    """Another mailapp serves this data directory."""


@contextlib.contextmanager
def only_one(data_dir: Path) -> Iterator[None]:
    """Hold the data directory's lock; the kernel frees it however we end. Raises AlreadyRunning."""
    with locked(data_dir / "lock") as ours:
        if not ours:
            raise AlreadyRunning(str(data_dir))
        yield


@contextlib.contextmanager
def locked(path: Path) -> Iterator[bool]:
    """Whether the file could be locked; it is made (0600) where it is missing, and unlocked at the end."""
    descriptor = os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            yield False
        else:
            yield True
    finally:
        os.close(descriptor)
