"""Leaving a list: one click of the list's own making, or a message to it; what was done is remembered."""

import asyncio
import secrets
import sqlite3
import time
from collections import Counter, deque
from collections.abc import Callable

from mailapp.flow.drafting import Drafting
from mailapp.flow.submission import Submission, Submitted
from mailapp.mail.address import fold
from mailapp.mail.draft import Draft
from mailapp.mail.message import Message
from mailapp.mail.parser import parse
from mailapp.mail.unsubscribe import Unsubscribe, unsubscribe_of
from mailapp.store import messages, unsubscriptions
from mailapp.store.accounts import Account
from mailapp.store.contents import StoredContent
from mailapp.store.database import Database
from mailapp.transport.unsubscribe import Net, NotUnsubscribed, post
from mailapp.values import dataclass

CLICK, MAIL = "click", "mail"
AT_ONCE = 4
"""Clicks of all accounts under way; each takes ten seconds at most."""
HOURLY_LIMIT = 60
"""Clicks of one account in an hour."""
HOUR_S = 3_600.0

__all__ = ["CLICK", "MAIL", "NotOffered", "NotUnsubscribed", "TooManyClicks", "Unsubscribing"]


class NotOffered(Exception):
    """The message offers no such way, or the account has no such message."""


class TooManyClicks(Exception):
    """The account left as many lists within an hour as it may, or the server is busy with others."""


@dataclass(frozen=True, slots=True)
class _Ground:
    delivered_to: str
    ways: Unsubscribe


class Unsubscribing:
    """Leaves lists. One per process, on the event loop."""

    def __init__(
        self,
        database: Database,
        drafting: Drafting,
        submission: Submission,
        *,
        net: Net | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """`net` is how lists are reached, for tests; `clock` gives seconds since 1970 UTC."""
        self._database = database
        self._drafting = drafting
        self._submission = submission
        self._net = net or Net()
        self._clock = clock
        self._under_way: Counter[int] = Counter()
        self._lately: dict[int, deque[float]] = {}

    async def click(self, account_id: int, message_id: int) -> None:
        """Post the one click of a message (RFC 8058). Raises NotOffered, TooManyClicks, NotUnsubscribed, StoreError."""
        ground = await self._ground(account_id, message_id)
        if ground.ways.one_click is None:
            raise NotOffered(message_id)
        self._admit(account_id)
        self._under_way[account_id] += 1
        try:
            await post(ground.ways.one_click, self._net)
        finally:
            self._under_way[account_id] -= 1
            if not self._under_way[account_id]:
                del self._under_way[account_id]
        # shield: who goes away must not come between what the list knows and what we do
        await asyncio.shield(self._remember(account_id, ground.ways.key, CLICK))

    async def mail(self, account: Account, message_id: int) -> Submitted:
        """Send the message that leaves the list, from the address the list wrote to.

        It goes the way of all messages, limits and the seconds for taking it back included. Raises NotOffered,
        SubmissionRefused, DraftRefused, StoreError.
        """
        ground = await self._ground(account.id, message_id)
        mailto = ground.ways.mailto
        if mailto is None:
            raise NotOffered(message_id)
        draft = Draft(
            from_=fold(ground.delivered_to) or account.address,
            to=mailto.address,
            subject=mailto.subject,
            text=mailto.body,
        )
        saved = await self._drafting.save(account.id, secrets.token_urlsafe(16), draft, None)
        try:
            submitted = await self._submission.submit(account, saved.draft_id)
        except BaseException:
            # nobody wrote this draft, so nobody is to find it
            await asyncio.shield(self._drafting.discard(account.id, saved.draft_id))
            raise
        await asyncio.shield(self._remember(account.id, ground.ways.key, MAIL))
        return submitted

    async def _ground(self, account_id: int, message_id: int) -> _Ground:
        ground = await self._database.read(_ground, account_id, message_id)
        if ground is None:
            raise NotOffered(message_id)
        return ground

    def _admit(self, account_id: int) -> None:
        """Raises TooManyClicks; counts the click."""
        now = self._clock()
        lately = self._lately.setdefault(account_id, deque())
        while lately and lately[0] <= now - HOUR_S:
            lately.popleft()
        if len(lately) >= HOURLY_LIMIT or self._under_way.total() >= AT_ONCE:
            raise TooManyClicks(account_id)
        lately.append(now)

    async def _remember(self, account_id: int, key: str, way: str) -> None:
        await self._database.write(unsubscriptions.add, account_id, key, way, int(self._clock() * 1000))


def _ground(db: sqlite3.Connection, account_id: int, message_id: int) -> _Ground | None:
    """A read function: what a message of the account offers."""
    stored = messages.get(db, account_id, message_id)
    if stored is None:
        return None
    message: Message = parse(StoredContent(db, stored.content_id))
    ways = unsubscribe_of(message)
    return None if ways is None else _Ground(stored.row.delivered_to, ways)
