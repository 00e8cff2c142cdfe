"""What is asked anew with every key pressed: one answer of an account is made at a time, and of those who wait for
the next the newest gets it. However long an answer takes, nothing queues up for the readers of the database.
"""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


class Overtaking:
    """One per site."""

    def __init__(self) -> None:
        self._busy: set[int] = set()
        """Accounts one answer is being made for."""
        self._waiting: dict[int, asyncio.Future[bool]] = {}
        """Who comes next: True once it may begin, False where it was overtaken."""

    async def answer(self, account_id: int, make: Callable[[], Coroutine[Any, Any, T]]) -> T | None:
        """What `make` gives; None where a newer one was asked for before this had its turn."""
        if not await self._turn(account_id):
            return None
        making = asyncio.ensure_future(make())
        # whoever asked may be gone before the reader is done: the turn ends with the reading
        making.add_done_callback(lambda _: self._next(account_id))
        return await asyncio.shield(making)

    async def _turn(self, account_id: int) -> bool:
        if account_id not in self._busy:
            self._busy.add(account_id)
            return True
        overtaken = self._waiting.pop(account_id, None)
        if overtaken is not None and not overtaken.done():
            overtaken.set_result(False)
        mine: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._waiting[account_id] = mine
        try:
            return await mine
        except asyncio.CancelledError:
            if self._waiting.get(account_id) is mine:
                del self._waiting[account_id]
            elif mine.done() and not mine.cancelled() and mine.result():
                self._next(account_id)
            raise

    def _next(self, account_id: int) -> None:
        waiting = self._waiting.pop(account_id, None)
        if waiting is not None and not waiting.done():
            waiting.set_result(True)
        else:
            self._busy.discard(account_id)
