"""Queueing: what people do to messages on their way, from the pages of the queue; then the events."""

import asyncio
import time
from collections.abc import Callable, Collection

from mailapp.events import Bus, Changed, QueueChanged
from mailapp.store import queue
from mailapp.store.database import Database
from mailapp.store.queue import Acted


class Queueing:
    """Retry, hold, resume, cancel. Each takes the account, None for an admin, who may touch everybody's items, and
    returns False where there is no such item of theirs, or it is too late for that."""

    def __init__(self, database: Database, bus: Bus, clock: Callable[[], float] = time.time) -> None:
        self._database = database
        self._bus = bus
        self._clock = clock

    async def retry_now(self, account_id: int | None, item_id: int) -> bool:
        """Try what is deferred at once; what waits for its time is sent at once."""
        return await self._act(queue.retry_now, account_id, item_id)

    async def hold(self, account_id: int | None, item_id: int) -> bool:
        """Begin no further attempt until `resume`; one under way ends as it will."""
        return await self._act(queue.hold, account_id, item_id)

    async def resume(self, account_id: int | None, item_id: int) -> bool:
        """End a hold."""
        return await self._act(queue.resume, account_id, item_id)

    async def cancel(self, account_id: int | None, item_id: int) -> bool:
        """Give up on everybody who has not got the message; its copy in Sent stays, a draft does not come back."""
        return await self._act(queue.cancel, account_id, item_id)

    async def notice(self, account_id: int, message_ids: Collection[int] | None = None) -> bool:
        """The account looked at its failures, or at these messages: the bell counts them no more.

        False where nothing had failed that was not looked at before.
        """
        if not await self._database.read(queue.unnoticed, account_id):
            return False
        return await asyncio.shield(self._notice(account_id, message_ids))

    async def _act(self, function: Callable[..., Acted | None], account_id: int | None, item_id: int) -> bool:
        # shield: a browser that goes away must not come between the commit and the events
        return await asyncio.shield(self._acted(function, account_id, item_id))

    async def _acted(self, function: Callable[..., Acted | None], account_id: int | None, item_id: int) -> bool:
        done = await self._database.write(function, account_id, item_id, self._now_ms())
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
