"""Making a backup file: copied, packed, and given its name when it is whole. Blocks: for a thread, or a command."""

import os
import re
import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from mailapp import __version__
from mailapp.flow import backup_file
from mailapp.holding import locked
from mailapp.store import snapshot
from mailapp.store.database import StoreError
from mailapp.values import dataclass

NAME = re.compile(r"mailapp-\d{4}-\d{2}-\d{2}T\d{6}Z(-\d)?\.tar\.zst(\.age)?")
RESERVE = 268_435_456
"""Bytes of the disk a backup leaves free."""
PART = ".part-"
"""What the names of unfinished ones begin with."""
Tell = Callable[[str, int, int], None]
"""Told the step (copy or pack), bytes done and bytes in all; may raise to end it."""


class BackupFailed(Exception):
    """Why there is no backup. reason: running | room | exists | stopped | disk; text: more of it."""

    def __init__(self, reason: str, text: str = "") -> None:
        super().__init__(f"{reason}: {text}" if text else reason)
        self.reason = reason
        self.text = text


@dataclass(frozen=True, slots=True)
class Held:
    """A finished backup."""

    name: str
    size: int
    made_at: float
    """Seconds since 1970."""
    encrypted: bool


def make_in(directory: Path, database: Path, recipients: tuple[str, ...], now: float, tell: Tell) -> Held:
    """Make a backup in a directory of backups; one at a time there. Blocks; raises BackupFailed."""
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    with locked(directory / "lock") as ours:
        if not ours:
            raise BackupFailed("running")
        for left in directory.glob(f"{PART}*"):  # of one that was cut off
            shutil.rmtree(left, ignore_errors=True)
        stem = f"mailapp-{datetime.fromtimestamp(now, UTC):%Y-%m-%dT%H%M%SZ}"
        ending = ".tar.zst.age" if recipients else ".tar.zst"
        names = (f"{stem}{again}{ending}" for again in ("", *(f"-{number}" for number in range(1, 10))))
        name = next((each for each in names if not (directory / each).exists()), None)
        if name is None:
            raise BackupFailed("exists", stem)
        return make_at(directory / name, database, recipients, now, tell)


def make_at(path: Path, database: Path, recipients: tuple[str, ...], now: float, tell: Tell) -> Held:
    """Make a backup as one file (0600), complete or not at all. Blocks; raises BackupFailed."""
    if path.exists():
        raise BackupFailed("exists", str(path))
    try:
        size = snapshot.size(database)
        free = shutil.disk_usage(path.parent).free
        if free < 2 * size + RESERVE:
            raise BackupFailed("room", f"{2 * size + RESERVE - free}")
        with TemporaryDirectory(prefix=PART, dir=path.parent) as work:
            copy, packed = Path(work) / "emails.db", Path(work) / "packed"
            snapshot.copy(database, copy, lambda done, total: tell("copy", done, total))
            manifest = backup_file.manifest_of(copy, snapshot.counts(copy), __version__, now)
            packed.touch(mode=0o600)
            with packed.open("wb") as target:
                backup_file.pack(copy, manifest, target, recipients, lambda done, total: tell("pack", done, total))
                target.flush()
                os.fsync(target.fileno())
            _place(packed, path)
            return _held(path)
    except FileExistsError:
        raise BackupFailed("exists", str(path)) from None
    except StoreError as error:
        raise BackupFailed("disk", str(error)) from error
    except OSError as error:
        raise BackupFailed("disk", error.strerror or str(error)) from error


def held_in(directory: Path) -> list[Held]:
    """The finished backups of a directory, newest first."""
    if not directory.is_dir():
        return []
    found = [_held(each) for each in directory.iterdir() if NAME.fullmatch(each.name) and each.is_file()]
    return sorted(found, key=lambda each: each.name, reverse=True)


def thin_out(directory: Path, keep: int) -> list[str]:
    """Remove all but the newest ones; their names."""
    gone = [each.name for each in held_in(directory)[keep:]]
    for name in gone:
        (directory / name).unlink(missing_ok=True)
    return gone


def _held(path: Path) -> Held:
    status = path.stat()
    return Held(path.name, status.st_size, status.st_mtime, path.name.endswith(".age"))


def _place(packed: Path, path: Path) -> None:
    """Give the finished file its name, for good."""
    try:
        os.link(packed, path)  # unlike a rename it replaces nothing
    except FileExistsError:
        raise
    except OSError:  # a file system without links
        packed.rename(path)
    sync(path.parent)


def sync(directory: Path) -> None:
    """Make what was renamed in a directory outlive a power cut."""
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
