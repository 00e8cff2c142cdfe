"""Retention: once a day what lies beyond a folder's rules goes for good, a few messages at a time, deliveries first."""

import asyncio
import sqlite3
import time
from collections.abc import Callable, Sequence

from mailapp import maillog
from mailapp.events import Bus, Changed
from mailapp.flow.precedence import Precedence
from mailapp.flow.repeating import repeat
from mailapp.store import audit, retention, settings
from mailapp.store.database import Database
from mailapp.store.retention import Limits, Preview, Rule, Target

EVERY_S = 600.0
"""Seconds between two looks whether a day has begun."""
HOUR = 3
"""Of the day, in the server's zone: when nobody reads. A rule made during the day acts in the night after it."""
AT_ONCE = 5
"""Messages of one transaction: 1.5 ms of the writer, and 3 more or many for the disk where that is waited for."""
REST_S = 0.1
"""Seconds between two transactions while mail comes in: few deliveries in a hundred meet one."""
CALM_REST_S = 0.01
"""The same while none comes."""
CALM_MS = 3_000
"""Since the newest message came: from then on it is calm."""
READ = 200
"""Messages looked up at once; where there are as many, lists are loaded anew instead of told of each."""
TELL_S = 5.0
"""Seconds between two tellings of many."""
RAN = "retention_day"
"""Setting: the day that was done last."""
DAY_S = 86_400


class NoFolder(Exception):
    """The account has no such folder, or none that a rule can be about."""


class Retention:
    """One per process."""

    def __init__(
        self, database: Database, bus: Bus, precedence: Precedence, clock: Callable[[], float] = time.time
    ) -> None:
        self._database = database
        self._bus = bus
        self._precedence = precedence
        self._clock = clock

    async def run(self) -> None:
        """Look now and every EVERY_S whether it is time, until cancelled."""
        await repeat(self.expire_daily, EVERY_S, "deleting by retention rules")

    async def expire_daily(self) -> int:
        """Delete what is due, once a day; return how many messages. What was broken off goes on."""
        today = day_of(self._clock())
        ran = await self._database.read(settings.get, RAN)
        if ran == today:
            return 0
        # the first day there is nothing to do: rules act in the night after they were made
        gone = await self.expire() if ran else 0
        await self._database.write(settings.set_, RAN, today)
        return gone

    async def expire(self) -> int:
        """Delete what lies beyond the rules now; return how many messages."""
        gone = 0
        for target in await self._database.read(retention.targets):
            gone += await self._expire(target, int(self._clock() * 1000))
        if gone:
            maillog.expired(gone)
        return gone

    async def _expire(self, target: Target, now_ms: int) -> int:
        gone, after, told_at, seq = 0, 0, time.monotonic(), 0
        while ids := await self._database.apart(retention.due, target, after, now_ms, READ):
            after, many, calm = ids[-1], gone + len(ids) >= READ, await self._is_calm()
            # the next delivery takes it to the disk; where none comes it has to get there by itself
            write = self._database.write_later if calm else self._database.write_lightly
            for start in range(0, len(ids), AT_ONCE):
                await self._precedence.passed()
                part = ids[start : start + AT_ONCE]
                number, newest = await write(retention.erase, target, part, many=many)
                gone, seq = gone + number, newest or seq
                if not many or time.monotonic() - told_at > TELL_S:
                    told_at, seq = self._tell(target, seq)
                await asyncio.sleep(CALM_REST_S if calm else REST_S)
        self._tell(target, seq)
        return gone

    async def _is_calm(self) -> bool:
        newest_ms = await self._database.read(retention.newest_ms)
        return int(self._clock() * 1000) - newest_ms > CALM_MS

    def _tell(self, target: Target, seq: int) -> tuple[float, int]:
        """Tell streams of changes they have not heard of."""
        if seq:
            self._bus.publish(Changed(target.account_id, seq))
        return time.monotonic(), 0


def day_of(now: float, hour: int = HOUR) -> str:
    """The day a moment belongs to, in the server's zone; it begins at that hour."""
    return time.strftime("%Y-%m-%d", time.localtime(now - hour * 3_600))


def next_run(now: float) -> float:
    """When rules act next, in seconds since 1970 UTC."""
    day = time.localtime(now - HOUR * 3_600)
    return time.mktime((day.tm_year, day.tm_mon, day.tm_mday + 1, HOUR, 0, 0, 0, 0, -1))


# ---- the rules


async def preview(database: Database, account_id: int, mailbox_id: int, limits: Limits, now: float) -> Preview:
    """What a rule would delete of a folder now. Raises NoFolder."""
    if not await database.read(retention.may_have_rule, account_id, mailbox_id):
        raise NoFolder
    return await database.apart(retention.preview, [mailbox_id], limits, int(now * 1000))


async def preview_for_all(database: Database, role: str, limits: Limits, now: float) -> Preview:
    """The same of every account's folder of a role, each by itself. Raises NoFolder."""
    if role not in retention.ROLES:
        raise NoFolder
    found: Sequence[int] = await database.read(retention.folders_of_role, role)
    return await database.apart(retention.preview, found, limits, int(now * 1000))


async def put(
    database: Database, account_id: int, mailbox_id: int, limits: Limits, *, by_admin: bool, by: str = audit.ITSELF
) -> None:
    """Make or change the rule of a folder. Raises NoFolder."""

    def put(db: sqlite3.Connection) -> None:
        if not retention.may_have_rule(db, account_id, mailbox_id):
            raise NoFolder
        _record(db, by, retention.put(db, mailbox_id, limits, by_admin=by_admin), limits)

    await database.write(put)


async def put_for_all(database: Database, role: str, limits: Limits, *, by: str = audit.ITSELF) -> None:
    """Make or change the rule for every account's folder of a role. Raises NoFolder."""
    if role not in retention.ROLES:
        raise NoFolder

    def put(db: sqlite3.Connection) -> None:
        _record(db, by, retention.put_for_all(db, role, limits), limits)

    await database.write(put)


async def remove(database: Database, rule_id: int, owner: int | None = None, *, by: str = audit.ITSELF) -> bool:
    """Forget a rule; with an `owner`, only one of that account's own. Whether there was one."""

    def remove(db: sqlite3.Connection) -> bool:
        rule = retention.get(db, rule_id)
        if rule is None or not retention.remove(db, rule_id, owner):
            return False
        _record(db, by, rule, None)
        return True

    return await database.write(remove)


def _record(db: sqlite3.Connection, by: str, rule: Rule, limits: Limits | None) -> None:
    """Write a change of a rule into the audit log; `rule` as it was before, its limits none where it is new."""
    folder = rule.role or rule.folder
    about = f"{rule.address or '*'} / {folder}"
    what = "retention.removed" if limits is None else "retention.rule"
    audit.record(db, by, what, _limits(rule.limits), _limits(limits or Limits()), about=about)


def _limits(limits: Limits) -> str:
    held = ((limits.count, "messages"), (limits.days, "days"))
    return ", ".join(f"{number} {unit}" for number, unit in held if number)
