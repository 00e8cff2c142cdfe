"""Who is full: asked at RCPT, from memory. Delivery adds what it files; the store is read anew now and then."""

import time
from collections.abc import Callable, Iterable, Sequence

from mailapp.mail.errors import TemporaryFailure
from mailapp.store import quotas
from mailapp.store.database import Database, StoreError
from mailapp.store.quotas import Usage

FRESH_S = 60.0
"""Seconds until the store is asked again: only delivery is counted here, not what is sent, drafted or deleted."""
FULL_FRESH_S = 1.0
"""The same while somebody is full: who makes room is not kept waiting."""


class Quotas:
    """One per process, on the event loop. Without any quota it costs a look at an empty dict."""

    def __init__(self, database: Database, clock: Callable[[], float] = time.monotonic) -> None:
        self._database = database
        self._clock = clock
        self._limited: dict[int, Usage] = {}
        self._until = 0.0
        """When what is known here is too old; 0: nothing is."""

    def forget(self) -> None:
        """Accounts changed."""
        self._until = 0.0

    async def check(self, account_ids: Iterable[int]) -> None:
        """Raise TemporaryFailure (452 4.2.2) where every one of the accounts is full.

        An address that reaches several gives all of them its mail while one has room: mail that was accepted is lost
        for nobody.
        """
        if self._is_old:
            await self._read()
        if not self._limited or not self._all_full(account_ids):
            return
        raise TemporaryFailure("Mailbox full", code=452, status="4.2.2")

    def add(self, account_ids: Sequence[int], size: int) -> None:
        """A message of this size was filed for each of the accounts."""
        for account_id in account_ids:
            usage = self._limited.get(account_id)
            if usage is not None:
                usage.used += size

    @property
    def _is_old(self) -> bool:
        now = self._clock()
        if now >= self._until:
            return True
        fresh = now < self._until - FRESH_S + FULL_FRESH_S
        return not fresh and any(each.is_full for each in self._limited.values())

    async def _read(self) -> None:
        self._until = self._clock() + FRESH_S  # at once, so that of many recipients one asks
        try:
            self._limited = await self._database.read(quotas.limited)
        except StoreError as error:
            self._until = 0.0
            raise TemporaryFailure("Try again later", code=451, status="4.3.0") from error

    def _all_full(self, account_ids: Iterable[int]) -> bool:
        found = [self._limited.get(each) for each in account_ids]
        return all(each is not None and each.is_full for each in found)
