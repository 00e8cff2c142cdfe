"""What the process and its disk look like now. Linux; elsewhere memory is not known."""

import os
import shutil
from pathlib import Path

from mailapp.values import dataclass

_PAGE = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True, slots=True)
class Memory:
    """Bytes resident now and at most since the start, 0 where that is not known."""

    now: int
    peak: int


@dataclass(frozen=True, slots=True)
class Disk:
    """Bytes: the database with its write-ahead log, what is free beside it, and the whole disk."""

    database: int
    free: int
    total: int


def memory() -> Memory:
    try:
        now = int(Path("/proc/self/statm").read_text().split()[1]) * _PAGE
        status = Path("/proc/self/status").read_text()
        return Memory(now, int(status.partition("VmHWM:")[2].split()[0]) * 1024)
    except (OSError, ValueError, IndexError):
        return Memory(0, 0)


def disk(database: Path) -> Disk:
    files = (database, database.with_name(database.name + "-wal"))
    usage = shutil.disk_usage(database.parent)
    return Disk(sum(each.stat().st_size for each in files if each.exists()), usage.free, usage.total)
