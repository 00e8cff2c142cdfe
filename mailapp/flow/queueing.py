"""Queueing: what people do to messages on their way, from the pages of the queue; then the events."""

import asyncio
import sqlite3
import time
from collections.abc import Callable, Collection

from mailapp.events import Bus, Changed, QueueChanged
from mailapp.store import accounts, audit, queue
from mailapp.store.database import Database
from mailapp.store.queue import Acted

Action = Callable[..., Acted | None]
_NOTED = {queue.retry_now: "queue.retried", queue.hold: "queue.held", queue.resume: "queue.released",
          queue.cancel: "queue.cancelled"}  # fmt: skip
"""What the audit log calls them."""


class Queueing:
    """Retry, hold, resume, cancel. Each takes the account, None for an admin, who may touch everybody's items, and
    returns False where there is no such item of theirs, or it is too late for that. `by` is who did it, for the audit
    log, where an admin did."""

    def __init__(self, database: Database, bus: Bus, clock: Callable[[], float] = time.time) -> None:
        self._database = database
        self._bus = bus
        self._clock = clock

    async def retry_now(self, account_id: int | None, item_id: int, *, by: str = audit.ITSELF) -> bool:
        """Try what is deferred at once; what waits for its time is sent at once."""
        return await self._act(queue.retry_now, account_id, item_id, by)

    async def hold(self, account_id: int | None, item_id: int, *, by: str = audit.ITSELF) -> bool:
        """Begin no further attempt until `resume`; one under way ends as it will."""
        return await self._act(queue.hold, account_id, item_id, by)

    async def resume(self, account_id: int | None, item_id: int, *, by: str = audit.ITSELF) -> bool:
        """End a hold."""
        return await self._act(queue.resume, account_id, item_id, by)

    async def cancel(self, account_id: int | None, item_id: int, *, by: str = audit.ITSELF) -> bool:
        """Give up on everybody who has not got the message; its copy in Sent stays, a draft does not come back."""
        return await self._act(queue.cancel, account_id, item_id, by)

    async def notice(self, account_id: int, message_ids: Collection[int] | None = None) -> bool:
        """The account looked at its failures, or at these messages: the bell counts them no more.

        False where nothing had failed that was not looked at before.
        """
        if not await self._database.read(queue.unnoticed, account_id):
            return False
        return await asyncio.shield(self._notice(account_id, message_ids))

    async def _act(self, function: Action, account_id: int | None, item_id: int, by: str) -> bool:
        # shield: a browser that goes away must not come between the commit and the events
        return await asyncio.shield(self._acted(function, account_id, item_id, by))

    async def _acted(self, function: Action, account_id: int | None, item_id: int, by: str) -> bool:
        done = await self._database.write(_noted, function, account_id, item_id, by, self._now_ms())
        if done is None:
            return False
        self._bus.publish(Changed(done.account_id, done.seq, (done.message_id,) if done.message_id else ()))
        self._bus.publish(QueueChanged())
        return True

    async def _notice(self, account_id: int, message_ids: Collection[int] | None) -> bool:
        seq = await self._database.write(queue.notice, account_id, message_ids)
        if seq:
            self._bus.publish(Changed(account_id, seq))
        return bool(seq)

    def _now_ms(self) -> int:
        return int(self._clock() * 1000)


def _noted(
    db: sqlite3.Connection, function: Action, account_id: int | None, item_id: int, by: str, now_ms: int
) -> Acted | None:
    """Do it; what an admin did to somebody's mail is written down, but not what the mail is about."""
    done = function(db, account_id, item_id, now_ms)
    if done is not None and account_id is None:
        owner = accounts.get(db, done.account_id)
        audit.record(db, by, _NOTED[function], about=owner.address if owner else "", now_ms=now_ms)
    return done
