"""Who waits for a code: one look at the store for all of an account, when one came, and never before."""

import asyncio
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import field

from mailapp import maillog
from mailapp.events import Bus, Changed, Event, SessionsRevoked, Stopping, Subscription
from mailapp.flow.tokens import Holder, Tokens
from mailapp.mail.addressees import Reach
from mailapp.store import code_arrivals
from mailapp.store.code_arrivals import Arrivals, CodeArrival
from mailapp.store.database import Database, StoreError
from mailapp.values import dataclass

MOST = 5_000
"""Calls that may wait at once."""
MOST_OF_ONE = 2_000
"""Of one token."""
CROWD = 8
"""Messages of one look from which the next one waits: in a flood fewer looks, each for more."""
CROWD_PAUSE_S = 0.02
AHEAD = 1_000 << 12
"""How far ids may be ahead of the clock: a second of them."""


class TooManyWait(Exception):
    """No place to wait: `own` where it is the token's own calls that take them."""

    def __init__(self, *, own: bool) -> None:
        super().__init__(own)
        self.own = own


class Ended(Exception):
    """The token ended, or the server stops."""


@dataclass(eq=False, slots=True)
class Waiter:
    """One call that waits. `done` gets the codes it asked for, or Ended."""

    holder: Holder
    reach: Reach
    after: int
    """Only messages above this one count."""
    done: "asyncio.Future[Arrivals]"

    def wanted(self, arrivals: Arrivals) -> Arrivals:
        """Those of the codes that it asks for."""
        found = tuple(each for each in arrivals.found if self._wants(each))
        return Arrivals(found, arrivals.upto)

    def _wants(self, one: CodeArrival) -> bool:
        reach = self.reach
        if one.code.message_id <= self.after or not reach.admits(one.addressees):
            return False
        return not reach.to or reach.to in one.names


@dataclass(eq=False, slots=True)
class _Room:
    """Everybody who waits for codes of one account, by the address they ask for ("" for any)."""

    after: int
    """Nothing that came before is looked for."""
    subscription: Subscription
    upto: int = 0
    """Everything up to this message was looked at and told."""
    waiters: dict[str, set[Waiter]] = field(default_factory=dict)
    task: "asyncio.Task[None] | None" = None

    def all(self) -> list[Waiter]:
        return [each for some in self.waiters.values() for each in some]


class Waiting:
    """The rooms of all accounts."""

    def __init__(self, database: Database, bus: Bus, tokens: Tokens) -> None:
        self._database = database
        self._bus = bus
        self._tokens = tokens
        self._rooms: dict[int, _Room] = {}
        self._held: Counter[int] = Counter()
        """Calls by token."""

    async def codes(
        self, holder: Holder, reach: Reach, after: int | None, seconds: float, asked_ms: int | None = None
    ) -> Arrivals:
        """Codes after a message (None: after the call, which came at asked_ms), at once or as soon as there is one.

        None of them, and how far was looked, where none came in that time. Raises TooManyWait, Ended, StoreError.
        """
        now = _now() if asked_ms is None else min(asked_ms << 12, _now())
        with self._waiter(holder, reach, now if after is None else after, now) as waiter:
            # registered before the store is read: what comes meanwhile is told, what came before is read
            arrivals = await self._database.read(code_arrivals.since, holder.account.id, waiter.after)
            if after is None:
                # the clock was set back: ids go on from the highest, and none of these is new
                waiter.after = arrivals.upto if arrivals.upto > now + AHEAD else min(now, arrivals.upto)
            found = waiter.wanted(arrivals)
            if found.found or seconds <= 0:
                return found
            try:
                return await asyncio.wait_for(waiter.done, seconds)
            except TimeoutError:
                room = self._rooms.get(holder.account.id)
                return Arrivals((), max(found.upto, room.upto if room else 0))

    @contextmanager
    def _waiter(self, holder: Holder, reach: Reach, after: int, now: int) -> Iterator[Waiter]:
        if self._held.total() >= MOST:
            raise TooManyWait(own=False)
        if self._held[holder.token.id] >= MOST_OF_ONE:
            raise TooManyWait(own=True)
        account_id = holder.account.id
        waiter = Waiter(holder, reach, after, asyncio.get_running_loop().create_future())
        room = self._rooms.get(account_id)
        if room is None or (room.task is not None and room.task.done()):
            room = self._rooms[account_id] = _Room(now, self._bus.open(account_id))
            room.task = asyncio.create_task(self._serve(account_id, room))
        room.waiters.setdefault(reach.to, set()).add(waiter)
        self._held[holder.token.id] += 1
        try:
            yield waiter
        finally:
            self._leave(account_id, room, waiter)

    def _leave(self, account_id: int, room: _Room, waiter: Waiter) -> None:
        waiter.done.cancel()
        beside = room.waiters[waiter.reach.to]
        beside.discard(waiter)
        if not beside:
            del room.waiters[waiter.reach.to]
        self._held[waiter.holder.token.id] -= 1
        if not self._held[waiter.holder.token.id]:
            del self._held[waiter.holder.token.id]
        if not room.waiters:
            if room.task is not None:
                room.task.cancel()
            self._bus.close(room.subscription)  # the task may not even have begun
            if self._rooms.get(account_id) is room:
                del self._rooms[account_id]

    async def _serve(self, account_id: int, room: _Room) -> None:
        """Tell those who wait, for as long as somebody does."""
        subscription = room.subscription
        try:
            while True:
                happened = await subscription.several()
                if any(isinstance(each, Stopping) for each in happened):
                    _end(room.all())
                    return
                if subscription.lost or any(isinstance(each, SessionsRevoked) for each in happened):
                    await self._check(room)
                if subscription.lost or _may_offer(happened):
                    subscription.lost = False
                    await self._look(account_id, room)
                if len(happened) >= CROWD:
                    await asyncio.sleep(CROWD_PAUSE_S)
        except StoreError:
            _end(room.all())
        except Exception:
            maillog.unforeseen("waiting for codes")
            _end(room.all())

    async def _look(self, account_id: int, room: _Room) -> None:
        arrivals = await self._database.read(code_arrivals.since, account_id, room.after)
        room.after = room.upto = arrivals.upto
        for waiter in _meant(room, arrivals.found):
            found = waiter.wanted(arrivals)
            if found.found and not waiter.done.done():
                waiter.done.set_result(found)

    async def _check(self, room: _Room) -> None:
        """End the calls of tokens that ended."""
        standing: dict[bytes, bool] = {}
        for waiter in room.all():
            token_hash = waiter.holder.token_hash
            if token_hash not in standing:
                standing[token_hash] = await self._tokens.holder_of(token_hash) is not None
            if not standing[token_hash]:
                _end([waiter])


def _may_offer(happened: Iterable[Event]) -> bool:
    return any(isinstance(each, Changed) and each.offers for each in happened)


def _meant(room: _Room, found: Iterable[CodeArrival]) -> list[Waiter]:
    """Who asks for one of these codes by its address, or for any."""
    names = {"", *(name for each in found for name in each.names)}
    return [waiter for name in names & room.waiters.keys() for waiter in room.waiters[name]]


def _end(waiters: Iterable[Waiter]) -> None:
    for waiter in waiters:
        if not waiter.done.done():
            waiter.done.set_exception(Ended())
            waiter.done.exception()  # a call that went away meanwhile must not leave a warning


def _now() -> int:
    """The id a message that comes now would have."""
    return time.time_ns() // 1_000_000 << 12
