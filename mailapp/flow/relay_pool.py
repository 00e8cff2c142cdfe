"""Connections to relays: a few for each, used again and again, closed when idle; and relays that are down for now."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from ssl import SSLContext
from typing import Any

from mailapp import maillog
from mailapp.seal import Seal, SealBroken
from mailapp.store import relays
from mailapp.transport.smtp_client import Session
from mailapp.transport.target import EHLO, GREETING, RelayError, RelayTarget

CONNECTIONS = 8
"""At once to one relay: so many that marks of several recipients share each commit."""
NARROW_S = 300.0
"""How long a relay that refused one connection more is asked for fewer."""
READY = 16
"""Mails of one relay whose content is held: those being sent and those that wait for a connection."""
IDLE_S = 20.0
REST_S = 30.0
"""How long a relay that could not be reached is left alone, unless something changes in the queue or its settings."""

Connect = Callable[..., Awaitable[Session]]


class Pool:
    """The connections to one relay, as its settings are now."""

    def __init__(
        self, relay: relays.Relay, opened: Callable[[], Awaitable[Session]], clock: Callable[[], float]
    ) -> None:
        self.relay = relay
        self.ready = asyncio.Semaphore(READY)
        self._opened = opened
        self._clock = clock
        self._free = asyncio.Semaphore(CONNECTIONS)
        self._in_use = 0
        """Connections that mail is sent over, or that are being opened."""
        self._idle: list[tuple[float, Session]] = []
        self._rests_until = 0.0
        self._trouble: RelayError | None = None
        self._retired = False

    @asynccontextmanager
    async def session(self, *, fresh: bool = False) -> AsyncIterator[tuple[Session, bool]]:
        """A connection for one transaction, and whether it was used before; `fresh` asks for one that was not.

        Raises RelayError where the relay cannot be reached, at once while it rests after such a failure.
        """
        session, kept = await self._acquire(fresh)
        try:
            yield session, kept
        except BaseException as error:
            if not isinstance(error, RelayError) or error.reply is None:
                session.abort()
            raise
        else:
            self._trouble = None
        finally:
            self._in_use -= 1
            self._give(session)
            self._free.release()

    async def _acquire(self, fresh: bool) -> tuple[Session, bool]:
        """A connection that counts as in use, and whether it was before. Raises RelayError."""
        while True:
            await self._free.acquire()
            self._in_use += 1
            try:
                if self._trouble is not None and self._clock() < self._rests_until:
                    raise self._trouble
                kept = None if fresh else self._take()
                return kept or await self._opened(), kept is not None
            except BaseException as error:
                self._in_use -= 1
                if isinstance(error, RelayError) and self._is_full(error):
                    asyncio.get_running_loop().call_later(NARROW_S, self._free.release)
                    continue  # wait for one of those it took
                self._free.release()
                if isinstance(error, RelayError) and (self._trouble is None or self._clock() >= self._rests_until):
                    self.rest(error)
                raise

    def _is_full(self, error: RelayError) -> bool:
        """Whether the relay perhaps takes no more connections than it has."""
        refused = error.reply is not None and error.step in (GREETING, EHLO)
        return refused and error is not self._trouble and self._in_use > 0

    def rest(self, error: RelayError) -> None:
        """The relay does not answer: whoever waits for a connection hears so at once, for a while."""
        if error is self._trouble:
            return
        self._trouble, self._rests_until = error, self._clock() + REST_S
        maillog.relay_unreachable(self.relay.name, error.step, error.kind)

    def awake(self) -> None:
        """Try again at the next mail."""
        self._trouble = None

    async def reap(self, idle_s: float = IDLE_S) -> None:
        """Close connections that were not used for so long."""
        oldest = self._clock() - idle_s
        gone = [session for since, session in self._idle if since <= oldest or not session.alive]
        self._idle = [(since, session) for since, session in self._idle if session not in gone]
        await asyncio.gather(*(session.close() for session in gone), return_exceptions=True)

    @property
    def is_idle(self) -> bool:
        """Whether a connection waits to be closed."""
        return bool(self._idle)

    async def retire(self) -> None:
        """Close what is idle now; the rest ends when it comes back."""
        self._retired = True
        await self.reap(0.0)

    def _take(self) -> Session | None:
        while self._idle:
            _, session = self._idle.pop()
            if session.alive:
                return session
        return None

    def _give(self, session: Session) -> None:
        if session.alive and not self._retired:
            self._idle.append((self._clock(), session))
        else:
            session.abort()


class Pools:
    """The pool of every relay there is."""

    def __init__(
        self, seal: Seal, hostname: str, clock: Callable[[], float], connect: Connect, tls: SSLContext | None
    ) -> None:
        self._seal = seal
        self._hostname = hostname
        self._clock = clock
        self._connect = connect
        self._tls = tls
        self._by_id: dict[int, Pool] = {}
        self._closing: set[asyncio.Task[None]] = set()

    def of(self, relay: relays.Relay) -> Pool:
        """The relay's pool; a new one where its settings changed."""
        pool = self._by_id.get(relay.id)
        if pool is not None and _settings(pool.relay) == _settings(relay):
            pool.relay = relay
            return pool
        if pool is not None:
            self._in_background(pool.retire())
        pool = self._by_id[relay.id] = Pool(relay, lambda: self._open(relay), self._clock)
        return pool

    async def _open(self, relay: relays.Relay) -> Session:
        try:
            password = self._seal.open(relay.secret).decode() if relay.secret else ""
        except SealBroken:
            raise RelayError("auth", "seal", "The key file does not fit the stored password") from None
        target = RelayTarget(
            name=relay.name,
            host=relay.host,
            port=relay.port,
            security=relay.security,
            auth=relay.auth,
            username=relay.username,
            password=password,
        )
        return await self._connect(target, hostname=self._hostname, tls=self._tls)

    def awake(self) -> None:
        """Something changed: give every relay another chance."""
        for pool in self._by_id.values():
            pool.awake()

    @property
    def idle(self) -> bool:
        return any(pool.is_idle for pool in self._by_id.values())

    def reap(self) -> None:
        """Close connections that were idle for long; nobody waits for that."""
        for pool in self._by_id.values():
            if pool.is_idle:
                self._in_background(pool.reap())

    async def close(self) -> None:
        """Take leave of every relay."""
        await asyncio.gather(*(pool.retire() for pool in self._by_id.values()), *self._closing)

    def _in_background(self, closing: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(closing)
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)


def _settings(relay: relays.Relay) -> tuple[object, ...]:
    """What a connection depends on."""
    return relay.name, relay.host, relay.port, relay.security, relay.auth, relay.username, relay.secret
