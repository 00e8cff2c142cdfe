"""Putting a backup in place: taken apart and verified first, with nobody at work on the data."""

import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from mailapp.flow import backup_file
from mailapp.flow.backup_file import Manifest
from mailapp.flow.backup_making import sync
from mailapp.holding import only_one
from mailapp.store import migrate, snapshot
from mailapp.store.snapshot import Damaged
from mailapp.values import dataclass

WORK = ".restore-"
Say = Callable[[str], None]
"""Told what begins: unpacking, verifying or placing."""


class RestoreRefused(Exception):
    """Why nothing was touched. reason: exists (there is a database) | newer (the release that made it) | room."""

    def __init__(self, reason: str, text: str = "") -> None:
        super().__init__(f"{reason}: {text}" if text else reason)
        self.reason = reason
        self.text = text


@dataclass(frozen=True, slots=True)
class Restored:
    """What is in place now."""

    manifest: Manifest
    held: int
    """Messages that waited to be sent and are held."""
    set_aside: Path | None
    """Where the database before lies."""


def restore(
    source: Path, data_dir: Path, *, by: str, key: str = "", force: bool = False, send: bool = False, say: Say
) -> Restored:
    """Put a backup in the place of a data directory's database, which is set aside where there is one and `force`.

    `key` is the text of the file with the private key of an encrypted one. With `send`, what waited to be sent is sent;
    otherwise it is held, for some of it may have gone out since. Raises RestoreRefused, Damaged, KeyNeeded,
    AlreadyRunning, MigrationError, OSError; nothing was touched then.
    """
    data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    database = data_dir / "emails.db"
    with only_one(data_dir):
        if database.exists() and not force:
            raise RestoreRefused("exists", str(database))
        free = shutil.disk_usage(data_dir).free
        if free < source.stat().st_size:
            raise RestoreRefused("room", str(data_dir))
        for left in data_dir.glob(f"{WORK}*"):  # of one that was cut off
            shutil.rmtree(left, ignore_errors=True)
        with TemporaryDirectory(prefix=WORK, dir=data_dir) as work:
            say("unpacking")
            manifest, copy = backup_file.unpack(source, Path(work), key)
            newest = migrate.scripts()[-1][0]
            if manifest.counts.get("schema", 0) > newest:
                raise RestoreRefused("newer", manifest.mailapp)
            say("verifying")
            snapshot.verify(copy, manifest.counts)
            now_ms = time.time_ns() // 1_000_000
            held = snapshot.settle(copy, by, source.name, now_ms, hold=not send)
            say("placing")
            aside = _set_aside(database, now_ms)
            _flush(copy)
            copy.rename(database)
            sync(data_dir)
    return Restored(manifest, held, aside)


def _set_aside(database: Path, now_ms: int) -> Path | None:
    """Rename a database with what belongs to it; whole or broken, it opens under its new name as it was.

    Its log goes even where the database is lost: SQLite would play it into whatever lies beside it.
    """
    stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(now_ms / 1000))
    aside = database.with_name(f"{database.name}.before-{stamp}")
    wal, held = database.with_name(f"{database.name}-wal"), database.exists()
    if wal.exists():
        wal.rename(aside.with_name(f"{aside.name}-wal"))
    if held:
        database.rename(aside)
    database.with_name(f"{database.name}-shm").unlink(missing_ok=True)
    return aside if held else None


def _flush(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())


__all__ = ["Damaged", "RestoreRefused", "Restored", "restore"]
