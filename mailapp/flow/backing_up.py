"""Backups: made while mail comes in, daily by the process itself or when asked for, and kept by count."""

import asyncio
import sqlite3
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path

from mailapp import maillog
from mailapp.flow import backup_file
from mailapp.flow.backup_making import NAME, BackupFailed, Held, held_in, make_in, thin_out
from mailapp.flow.repeating import repeat
from mailapp.store import accounts, audit, settings
from mailapp.store.database import Database
from mailapp.values import dataclass

HOUR, KEEP, RECIPIENTS, LAST, FAILED = (
    "backup_hour", "backup_keep", "backup_recipients", "backup_last", "backup_failed",
)  # fmt: skip
"""Settings: the hour of the daily one (OFF for none), how many are kept, public keys one a line, when one was made last
(ms), and why the last one was not ("" where it was)."""
OFF = "off"
HOUR_DEFAULT = 3
KEEP_DEFAULT = 7
KEEP_MOST = 365
LOOK_S = 60.0
"""How often is looked whether one is due."""


class PlanRefused(Exception):
    """A setting that cannot be used: hour, keep or recipients; and what of it."""

    def __init__(self, field: str, value: str = "") -> None:
        super().__init__(f"{field}: {value}")
        self.field = field
        self.value = value


@dataclass(frozen=True, slots=True)
class Plan:
    """What the settings say."""

    hour: int | None
    """Of the local clock; None for no daily backup."""
    keep: int
    recipients: tuple[str, ...]
    last_ms: int
    """0 where there was none."""
    failed: str


@dataclass(frozen=True, slots=True)
class Stage:
    """How far the one under way is."""

    step: str
    """copy or pack."""
    percent: int


class Backups:
    """One per process, on the event loop."""

    def __init__(self, database: Database, data_dir: Path, clock: Callable[[], float] = time.time) -> None:
        self._database = database
        self._directory = data_dir / "backups"
        self._clock = clock
        self._stopping = threading.Event()
        self._making = False
        self._task: asyncio.Future[None] | None = None
        self.stage: Stage | None = None
        """None where none is under way."""

    async def run(self) -> None:
        """Make the daily one when it is due, until cancelled."""
        await repeat(self._make_daily, LOOK_S, "making the daily backup", rest_first=True)

    async def _make_daily(self) -> None:
        try:
            await self.make_if_due()
        except BackupFailed as failure:
            maillog.warning(f"no backup: {failure}")

    def stop(self) -> None:
        """End the one under way; nothing of it is left."""
        self._stopping.set()

    async def make_if_due(self) -> Held | None:
        """The daily backup where its hour has passed since the last one. Raises BackupFailed."""
        plan, since = await self._database.read(_plan_and_begin)
        if not is_due(plan, since, self._clock()):
            return None
        return await self.make(audit.ITSELF)

    def begin(self, by: str) -> bool:
        """Make one, without waiting for it; False where one is under way. What fails is told by the plan."""
        if self._making:
            return False
        self._task = asyncio.ensure_future(self._begun(by))
        return True

    async def _begun(self, by: str) -> None:
        try:
            await self.make(by)
        except BackupFailed as failure:
            maillog.warning(f"no backup: {failure}")
        except Exception:
            maillog.unforeseen("making a backup")

    async def ended(self) -> None:
        """Wait until what was begun is over."""
        if self._task is not None:
            await asyncio.wait({self._task})

    async def change(self, hour: str, keep: str, recipients: str, by: str) -> None:
        """Change the plan: an hour or "" for no daily backup, how many are kept, public keys one a line.

        Raises PlanRefused.
        """
        if hour and not (hour.isascii() and hour.isdigit() and int(hour[:3]) < 24):
            raise PlanRefused("hour")
        if not (keep.isascii() and keep.isdigit() and 1 <= int(keep[:4]) <= KEEP_MOST):
            raise PlanRefused("keep")
        try:
            keys = backup_file.recipients_of(recipients)
        except backup_file.RecipientRefused as refused:
            raise PlanRefused("recipients", str(refused)) from None
        values = {HOUR: hour or OFF, KEEP: str(int(keep)), RECIPIENTS: "\n".join(keys)}
        await self._database.write(settings.change, values, by, int(self._clock() * 1000))

    async def make(self, by: str) -> Held:
        """Make a backup into the data directory, and let the oldest go. Raises BackupFailed."""
        if self._making:
            raise BackupFailed("running")
        self._making, self.stage = True, Stage("copy", 0)
        try:
            plan = await self._database.read(plan_of)
            return await self._make(plan, by)
        finally:
            self._making, self.stage = False, None

    async def _make(self, plan: Plan, by: str) -> Held:
        now = self._clock()
        # a thread of its own, that shutting down need not wait for long: it looks at `stopping` twice a megabyte
        thread = ThreadPoolExecutor(1, thread_name_prefix="backup")
        try:
            held = await asyncio.get_running_loop().run_in_executor(
                thread, make_in, self._directory, self._database.path, plan.recipients, now, self._tell
            )
        except BackupFailed as failure:
            if failure.reason != "stopped":
                await self._database.write(settings.set_, FAILED, str(failure)[:300])
            raise
        except asyncio.CancelledError:
            self._stopping.set()
            raise
        finally:
            thread.shutdown(wait=False)
        gone = await asyncio.to_thread(thin_out, self._directory, plan.keep)
        await self._database.write(note, held, gone, by, now)
        return held

    def _tell(self, step: str, done: int, total: int) -> None:
        if self._stopping.is_set():
            raise BackupFailed("stopped")
        self.stage = Stage(step, min(99, done * 100 // max(total, 1)))

    def held(self) -> list[Held]:
        """The finished ones, newest first. Blocks for some ms."""
        return held_in(self._directory)

    def path(self, name: str) -> Path | None:
        """Where a finished one lies; None where there is none of this name."""
        path = self._directory / name
        return path if NAME.fullmatch(name) and path.is_file() else None

    async def remove(self, name: str, by: str) -> bool:
        """Remove a finished one; False where there is none of this name."""
        path = self.path(name)
        if path is None:
            return False
        await asyncio.to_thread(path.unlink, missing_ok=True)
        await self._database.write(lambda db: audit.record(db, by, "backup.removed", about=name))
        return True

    async def taken(self, name: str, by: str) -> None:
        """Write down that somebody took one away: all mail of everybody is in it."""
        await self._database.write(lambda db: audit.record(db, by, "backup.taken", about=name))


def is_due(plan: Plan, begin_ms: int, now: float) -> bool:
    """Whether the daily hour has passed since the last backup, or since there is something to back up.

    Where the machine slept at that hour, the backup is made when it is up again.
    """
    if plan.hour is None or not begin_ms:
        return False
    local = datetime.fromtimestamp(now).astimezone()
    moment = local.replace(hour=plan.hour, minute=0, second=0, microsecond=0)
    if moment > local:
        moment -= timedelta(days=1)
    return max(plan.last_ms, begin_ms) / 1000 < moment.timestamp()


def plan_of(db: sqlite3.Connection) -> Plan:
    """What the settings say of backups."""
    hour = settings.get(db, HOUR, str(HOUR_DEFAULT))
    return Plan(
        hour=int(hour) if hour.isascii() and hour.isdigit() and int(hour) < 24 else None,
        keep=min(max(settings.number(db, KEEP, KEEP_DEFAULT), 1), KEEP_MOST),
        recipients=tuple(settings.get(db, RECIPIENTS).splitlines()),
        last_ms=settings.number(db, LAST, 0),
        failed=settings.get(db, FAILED),
    )


def _plan_and_begin(db: sqlite3.Connection) -> tuple[Plan, int]:
    return plan_of(db), accounts.first_made(db)


def note(db: sqlite3.Connection, held: Held, gone: list[str], by: str, now: float) -> None:
    """Write down that a backup was made, and which ones went for it."""
    settings.set_(db, LAST, str(int(now * 1000)))
    settings.remove(db, FAILED)
    audit.record(db, by, "backup.made", ", ".join(gone), held.name, about=f"{held.size} B", now_ms=int(now * 1000))
