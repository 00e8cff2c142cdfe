"""Tokens of scripts and programs: made, checked from memory, limited, revoked."""

import hashlib
import secrets
import sqlite3
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from contextlib import suppress

from mailapp.events import Bus, SessionsRevoked
from mailapp.flow.allowances import Allowance, Allowances
from mailapp.mail.address import fold, is_valid
from mailapp.store import accounts, settings, tokens
from mailapp.store.accounts import Account
from mailapp.store.database import Database, StoreError
from mailapp.store.tokens import NAME_LONGEST, SCOPES, NewToken, Token, TooManyTokens
from mailapp.values import dataclass

__all__ = ["Holder", "TokenRefused", "Tokens", "TooManyTokens", "checked", "make"]

PREFIX = "mailapp_"
"""What a token begins with, so that scanners for secrets know one."""
LONGEST = 128
"""Characters of what may be a token."""
REQUESTS_LIMIT = 6_000
"""Requests a token may make in a minute, where the setting api_requests_limit says nothing."""
USE_MS = 60_000
"""How often use is written down."""
CACHED = 5_000
DAY_MS = 86_400_000
LONGEST_DAYS = 3_650


class TokenRefused(Exception):
    """What is wrong with a wanted token. field: scopes, addresses or expires; value: what was given."""

    def __init__(self, field: str, value: str = "") -> None:
        super().__init__(f"{field}: {value}")
        self.field = field
        self.value = value


@dataclass(frozen=True, slots=True)
class Holder:
    """Who a token stands for, and how far it reaches."""

    account: Account
    token: Token
    token_hash: bytes
    requests_limit: int
    """Requests a minute."""

    def may(self, scope: str) -> bool:
        return scope in self.token.scopes


class Tokens:
    """Answers who a token stands for, from memory where it can. One per process, on the event loop."""

    def __init__(self, database: Database, bus: Bus, clock: Callable[[], float] = time.time) -> None:
        self._database = database
        self._bus = bus
        self._clock = clock
        self._cache: OrderedDict[bytes, Holder] = OrderedDict()
        self._used: dict[int, int] = {}
        """When the use of a token was last written, in ms."""
        self._allowances = Allowances()

    def forget(self) -> None:
        """Accounts or tokens were changed from outside: ask the database again."""
        self._cache = OrderedDict()

    async def holder(self, secret: str) -> Holder | None:
        """Who a token stands for; None where it is unknown, revoked or expired, or the account disabled."""
        if not secret or len(secret) > LONGEST:
            return None
        return await self.holder_of(_hash(secret))

    async def holder_of(self, token_hash: bytes) -> Holder | None:
        """The same for a token's hash: asked again before anything is told on an open connection."""
        cache = self._cache  # where it is replaced meanwhile, what was read before must not go into the new one
        found = cache.get(token_hash)
        if found is None:
            found = await self._database.read(_find, token_hash)
            if found is None:
                return None
            if len(cache) >= CACHED:
                cache.popitem(last=False)
            cache[token_hash] = found
        expires = found.token.expires_at
        return found if expires is None or self._now_ms() < expires else None

    def spend(self, holder: Holder) -> Allowance:
        """Count a request of a token; what it is left with."""
        return self._allowances.spend(holder.token.id, holder.requests_limit)

    async def note_use(self, holder: Holder) -> None:
        """Write down that a token is used, at most once a minute."""
        now, token = self._now_ms(), holder.token
        if now - self._used.get(token.id, token.used_at or 0) < USE_MS:
            return
        if len(self._used) > CACHED:
            self._used.clear()
        self._used[token.id] = now
        with suppress(StoreError):  # what it asked for is answered all the same
            await self._database.write(tokens.note_use, token.id, now)

    async def add(self, account_id: int, new: NewToken) -> tuple[str, Token]:
        """Make a token; itself, which nobody can tell again, and what is kept. Raises TooManyTokens."""
        return await self._database.write(make, account_id, new, self._now_ms(), secrets.token_urlsafe(32))

    async def revoke(self, account_id: int, token_id: int) -> bool:
        """End a token of the account and what it holds open; False where there is none."""

        def remove(db: sqlite3.Connection) -> bool:
            return tokens.remove(db, account_id, token_id)

        return await self._ended(account_id, bool(await self._database.write(remove)))

    async def revoke_all(self, account_id: int) -> None:
        """End every token of the account."""
        await self._ended(account_id, bool(await self._database.write(tokens.remove_all, account_id)))

    async def _ended(self, account_id: int, ended: bool) -> bool:
        self.forget()
        if ended:
            self._bus.publish(SessionsRevoked(account_id))  # whoever listens looks whether they may still
        return ended

    def _now_ms(self) -> int:
        return int(self._clock() * 1000)


def make(db: sqlite3.Connection, account_id: int, new: NewToken, now_ms: int, random: str) -> tuple[str, Token]:
    """Write a token of 256 random bits, given as text; (the token, what is kept of it). Raises TooManyTokens."""
    secret = PREFIX + random
    return secret, tokens.add(db, account_id, _hash(secret), new, now_ms)


def revoke_named(db: sqlite3.Connection, named: str) -> Token | None:
    """Revoke a token by its number or by itself; None where there is none."""
    number = int(named) if named.isascii() and named.isdigit() and len(named) < 19 else 0
    found = tokens.get(db, number) if number else tokens.find(db, _hash(named))
    if found is not None:
        tokens.remove(db, found.account_id, found.id)
    return found


def checked(
    scopes: Sequence[str], addresses: Sequence[str], name: str, days: str | int | None, now_ms: int
) -> NewToken:
    """What is wanted of a token, put right. `days` until it expires, None or "" for never. Raises TokenRefused."""
    wanted = tuple(each for each in SCOPES if each in scopes)
    unknown = [each for each in scopes if each not in SCOPES]
    if unknown or not wanted:
        raise TokenRefused("scopes", " ".join(unknown)[:60])
    wrong = next((each for each in addresses if not is_valid(each)), None)
    limited = tuple(dict.fromkeys(fold(each) for each in addresses))
    if wrong is not None or len(limited) > tokens.ADDRESSES:
        raise TokenRefused("addresses", (wrong or "")[:100])
    expires = None
    if days not in (None, ""):
        text = str(days)
        if not (text.isascii() and text.isdigit() and 0 < int(text[:6]) <= LONGEST_DAYS):
            raise TokenRefused("expires", text[:20])
        expires = now_ms + int(text) * DAY_MS
    return NewToken(wanted, limited, " ".join(name.split())[:NAME_LONGEST], expires)


def _find(db: sqlite3.Connection, token_hash: bytes) -> Holder | None:
    token = tokens.find(db, token_hash)
    account = accounts.get(db, token.account_id) if token else None
    if token is None or account is None or not account.is_active:
        return None
    return Holder(account, token, token_hash, settings.number(db, "api_requests_limit", REQUESTS_LIMIT))


def _hash(secret: str) -> bytes:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()
