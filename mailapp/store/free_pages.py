"""Pages of the database file that nothing lies on any more: new mail takes them, or they go back to the disk."""

import sqlite3
from pathlib import Path

from mailapp.values import dataclass

INCREMENTAL = 2
LOG_MOST = 67_108_864
"""Bytes of the log above which somebody reads for long (a backup): it would be cut to that when it begins anew."""


@dataclass(frozen=True, slots=True)
class Pages:
    """Of the database file."""

    free: int
    all: int
    size: int
    """Bytes of one."""

    @property
    def free_bytes(self) -> int:
        return self.free * self.size


def pages(db: sqlite3.Connection) -> Pages:
    """Read from the file's header: instant."""
    return Pages(_pragma(db, "freelist_count"), _pragma(db, "page_count"), _pragma(db, "page_size"))


def give_back(db: sqlite3.Connection, most: int) -> int:
    """Let the file end so many pages earlier, moving what lies there; how many it was. About 0.06 ms a page.

    The disk has them when the log is written back. A database made without auto_vacuum keeps its pages.
    """
    if _pragma(db, "auto_vacuum") != INCREMENTAL:
        return 0
    before = _pragma(db, "freelist_count")
    for _ in range(min(most, before)):
        db.execute("PRAGMA incremental_vacuum(1)")  # of more at once Python's execute() does one
    return before - _pragma(db, "freelist_count")


def is_log_held(database: Path) -> bool:
    """Whether the log grows because somebody still reads what was before it: giving pages back would fill the disk."""
    log = Path(f"{database}-wal")
    return log.exists() and log.stat().st_size > LOG_MOST


def _pragma(db: sqlite3.Connection, name: str) -> int:
    return int(db.execute(f"PRAGMA {name}").fetchone()[0])
