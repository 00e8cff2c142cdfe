"""The machine below us: room on its disk, its clock, and how old the newest backup is."""

import asyncio
import shutil
from pathlib import Path

from mailapp.flow.check_finding import BAD, HINT, OK, WARN, Remedy, Result, Value
from mailapp.flow.check_surroundings import Surroundings
from mailapp.transport import clock as clocks

MIB = 1 << 20
FREE_BAD, FREE_WARN = 512 * MIB, 2048 * MIB
"""Bytes below which mail may soon be refused, and below which somebody should look."""
PART_WARN = 0.05
"""The same as a part of the disk, for large ones."""
OFF_WARN_S, OFF_BAD_S = 5.0, 120.0
"""Seconds the clock may be off: codes and sessions are minutes long, certificates and Date fields show more."""
BACKUP_WARN_H, BACKUP_BAD_H = 48, 7 * 24
"""Hours since the newest backup."""


async def disk(here: Surroundings) -> Result:
    """How much room is left where mail is kept."""
    usage = await asyncio.to_thread(shutil.disk_usage, here.config.data_dir)
    values: dict[str, Value] = {
        "free": usage.free // MIB,
        "total": usage.total // MIB,
        "percent": usage.free * 100 // max(1, usage.total),
        "path": str(here.config.data_dir),
    }
    if usage.free < FREE_BAD:
        return Result(BAD, "full", values)
    low = usage.free < FREE_WARN or usage.free < usage.total * PART_WARN
    return Result(WARN, "low", values) if low else Result(OK, "room", values)


async def clock(here: Surroundings) -> Result:
    """Whether the clock is right: asked of a server where one is named, else of the kernel."""
    server = here.choices.time_server
    kept = await asyncio.to_thread(clocks.is_kept)
    remedies = (Remedy("command", "timedatectl set-ntp true"),)
    if server:
        try:
            off = await clocks.offset(server, here.time_port)
        except clocks.NoTime:
            return Result(HINT, "no_time", {"server": server})
        values: dict[str, Value] = {"server": server, "seconds": round(abs(off))}
        if abs(off) >= OFF_WARN_S:
            return Result(BAD if abs(off) >= OFF_BAD_S else WARN, "ahead" if off < 0 else "behind", values, remedies)
        return Result(OK, "right", values)
    if kept is None:
        return Result(HINT, "unknown")
    return Result(OK, "kept") if kept else Result(HINT, "not_kept", {}, remedies)


async def backup(here: Surroundings) -> Result:
    """How old the newest file in the folder of backups is."""
    newest = await asyncio.to_thread(_newest, here.backups)
    command = Remedy("command", "mailapp backup")
    if newest is None:
        return Result(WARN, "none", {"path": str(here.backups)}, (command,))
    hours = max(0, int((here.clock() - newest) // 3600))
    values: dict[str, Value] = {"hours": hours, "days": hours // 24, "path": str(here.backups)}
    if hours >= BACKUP_WARN_H:
        return Result(BAD if hours >= BACKUP_BAD_H else WARN, "old", values, (command,))
    return Result(OK, "fresh", values)


def _newest(folder: Path) -> float | None:
    """When the newest whole file was written, seconds since 1970; a name with a dot in front is not whole yet."""
    try:
        times = [each.stat().st_mtime for each in folder.iterdir() if each.is_file() and not each.name.startswith(".")]
    except OSError:
        return None
    return max(times, default=None)
