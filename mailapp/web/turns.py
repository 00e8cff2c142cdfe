"""Whose turn a draft is: one page saves it many times, some of them at once, and none of that is a conflict.

A page names itself and numbers what it posts. What it posted earlier and arrives later is stale; what it posts without
having heard of its own last save goes on from that one. Kept in memory: after a restart the revision alone decides.
"""

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import field

from mailapp.values import dataclass

KEPT = 1_000


@dataclass(slots=True)
class Turn:
    """The last save of one draft by one page."""

    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    serial: int = -1
    revision: int | None = None
    key: str = ""
    """The key the page's draft goes by since it was forked; "" where it was not."""


class Turns:
    """One per site."""

    def __init__(self) -> None:
        self._turns: OrderedDict[tuple[int, str, str], Turn] = OrderedDict()

    @asynccontextmanager
    async def of(self, account_id: int, key: str, page: str) -> AsyncIterator[Turn]:
        """The turn of a page at a draft, alone; a page that does not name itself gets a new one each time."""
        if not page:
            yield Turn()
            return
        name = (account_id, key, page)
        turn = self._turns.setdefault(name, Turn())
        self._turns.move_to_end(name)
        while len(self._turns) > KEPT:
            self._turns.popitem(last=False)
        async with turn.lock:
            yield turn
