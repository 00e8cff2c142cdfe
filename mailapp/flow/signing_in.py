"""Signing in and out, and the first account: sessions with a random token, hashed at rest."""

import asyncio
import hashlib
import hmac
import secrets
import sqlite3
import time
from collections import OrderedDict

from mailapp import maillog
from mailapp.events import Bus, SessionsRevoked
from mailapp.flow import passwords
from mailapp.flow.login_limits import LoginLimits
from mailapp.mail import address as addresses_
from mailapp.mail.peer import client_key
from mailapp.store import accounts, audit, domains, sessions, settings
from mailapp.store.accounts import Account
from mailapp.store.database import Database
from mailapp.store.sessions import Device
from mailapp.values import dataclass

SESSION_MS = 30 * 86_400_000
"""A session ends this long after it was last used."""
EXTEND_MS = 3_600_000
"""How often use is written down."""
CACHED = 5_000
DEVICES_LISTED = 200
HASHES_AT_ONCE = 2
HASHES_WAITING = 40
SETUP_TOKEN = "setup_token_hash"  # noqa: S105 - a setting's name


class LoginRefused(Exception):
    """Wrong address or password (retry_after 0), or too many tries (seconds to wait)."""

    def __init__(self, retry_after: int = 0) -> None:
        super().__init__(retry_after)
        self.retry_after = retry_after


class SetupRefused(Exception):
    """The set-up link is used up or wrong."""


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Who a session token stands for."""

    account: Account
    token_hash: bytes
    expires_at: int


@dataclass(frozen=True, slots=True)
class FirstAccount:
    """What the set-up page asks; `address` is folded and valid."""

    address: str
    name: str
    password: str
    catch_all: bool
    language: str = ""


class SigningIn:
    """Answers who is asking, from memory where it can. One per process, on the event loop."""

    def __init__(self, database: Database, bus: Bus) -> None:
        self._database = database
        self._bus = bus
        self._limits = LoginLimits()
        self._cache: OrderedDict[bytes, SignedIn] = OrderedDict()
        self._hashing = asyncio.Semaphore(HASHES_AT_ONCE)
        self._waiting = 0

    def forget(self) -> None:
        """Accounts or sessions were changed from outside: ask the database again."""
        self._cache = OrderedDict()

    async def log_in(self, address: str, password: str, peer: str, user_agent: str) -> tuple[str, Account]:
        """Check a password and begin a session; return its token. Raises LoginRefused.

        An unknown account takes as long as a wrong password.
        """
        folded, client = addresses_.fold(address.strip()), client_key(peer)
        account = await self._database.read(accounts.by_address, folded)
        known = account is not None and await self._database.read(sessions.known_peer, account.id, peer)
        right = await self._try(client, folded, password, account, known=known)
        if account is None or not right or not account.is_active:
            maillog.login_failed(folded, peer)
            raise LoginRefused
        if passwords.is_foreign(account.password_hash):
            await self._take_over(account, password)
        maillog.logged_in(folded, peer)
        return await self._begin(account, peer, user_agent), account

    async def _take_over(self, account: Account, password: str) -> None:
        """Replace a hash of the original project's by one of ours, unless the password was changed meanwhile."""
        async with self._hashing:
            hashed = await asyncio.to_thread(passwords.hash_again, password)

        def replace(db: sqlite3.Connection) -> None:
            now = accounts.get(db, account.id)
            if now is not None and now.password_hash == account.password_hash:
                accounts.set_password(db, account.id, hashed)

        await self._database.write(replace)

    async def _try(self, client: str, address: str, password: str, account: Account | None, *, known: bool) -> bool:
        """Whether the password is right, within the limits. Raises LoginRefused with the seconds to wait."""
        if self._waiting >= HASHES_WAITING and not known:
            raise LoginRefused(5)
        wait = self._limits.begin(client, address, known=known)
        if wait:
            raise LoginRefused(wait)
        right = False
        self._waiting += 1
        try:
            async with self._hashing:
                hashed = account.password_hash if account else passwords.NOBODY
                right = await asyncio.to_thread(passwords.verify, password, hashed)
        finally:
            self._waiting -= 1
            self._limits.end(client, address, succeeded=right)
        return right

    async def confirm(self, account: Account, password: str, peer: str) -> None:
        """Check the password of someone who is logged in already, before the admin pages. Raises LoginRefused."""
        now = await self._database.read(accounts.get, account.id)
        known = await self._database.read(sessions.known_peer, account.id, peer)
        if not await self._try(client_key(peer), account.address, password, now, known=known):
            maillog.login_failed(account.address, peer)
            raise LoginRefused

    async def _begin(self, account: Account, peer: str, user_agent: str) -> str:
        token = secrets.token_urlsafe(32)
        now = _now_ms()
        session = sessions.Session(_hash(token), account.id, now, now, now + SESSION_MS)

        def begin(db: sqlite3.Connection) -> None:
            sessions.remove_expired(db, now)
            sessions.add(db, session, user_agent, peer)
            accounts.set_logged_in(db, account.id, now)

        await self._database.write(begin)
        return token

    async def account_of(self, token: str) -> SignedIn | None:
        """Who the token stands for; None where it is unknown, ended or expired, or the account disabled."""
        token_hash = _hash(token)
        cache = self._cache  # where it is replaced meanwhile, what was read before must not go into the new one
        cached = cache.get(token_hash)
        now = _now_ms()
        if cached is None:
            cached = await self._database.read(_find, token_hash)
            if cached is None:
                return None
            if len(cache) >= CACHED:
                cache.popitem(last=False)
            cache[token_hash] = cached
        if cached.expires_at <= now:
            cache.pop(token_hash, None)
            return None
        if cached.expires_at < now + SESSION_MS - EXTEND_MS:
            extended = SignedIn(cached.account, token_hash, now + SESSION_MS)
            cache[token_hash] = extended
            await self._database.write(sessions.extend, token_hash, now, extended.expires_at)
            return extended
        return cached

    async def log_out(self, token: str) -> None:
        """End one session and its open streams."""
        signed_in = await self.account_of(token)
        token_hash = _hash(token)
        await self._database.write(sessions.remove, token_hash)
        self.forget()
        if signed_in is not None:
            self._bus.publish(SessionsRevoked(signed_in.account.id, token_hash))

    async def devices(self, account_id: int) -> list[Device]:
        """Where the account is logged in, the last used first; the last DEVICES_LISTED of them."""
        return await self._database.read(sessions.of_account, account_id, _now_ms(), DEVICES_LISTED)

    async def end(self, account_id: int, name: str) -> bool:
        """End the session of the account with this `Device.name`, and its open streams; False where there is none."""
        found = next((each for each in await self.devices(account_id) if each.name == name), None)
        if found is None:
            return False
        await self._database.write(sessions.remove, found.token_hash)
        self.forget()
        self._bus.publish(SessionsRevoked(account_id, found.token_hash))
        return True

    async def end_others(self, account_id: int, keep: bytes) -> None:
        """End every session of the account but the one with the hash `keep`."""

        def end(db: sqlite3.Connection) -> None:
            sessions.remove_all(db, account_id, but=keep)

        await self._database.write(end)
        self.forget()
        self._bus.publish(SessionsRevoked(account_id))

    async def change_password(self, account_id: int, old: str, new: str, keep: bytes | None) -> None:
        """Change a password; every session but the one with the hash `keep` ends.

        Raises LoginRefused where the old one is wrong or was tried too often, PasswordTooShort.
        """
        account = await self._database.read(accounts.get, account_id)
        if account is None or not await self._try(f"account {account_id}", "", old, account, known=True):
            raise LoginRefused
        hashed = await asyncio.to_thread(passwords.hash_, new)

        def change(db: sqlite3.Connection) -> None:
            accounts.set_password(db, account_id, hashed)
            sessions.remove_all(db, account_id, but=keep)

        await self._database.write(change)
        self.forget()
        self._bus.publish(SessionsRevoked(account_id))

    async def offer_setup(self) -> str | None:
        """A new one-time token for the set-up page, replacing any before; None where accounts exist already."""
        token = secrets.token_urlsafe(24)

        def offer(db: sqlite3.Connection) -> bool:
            if accounts.count(db):
                return False
            settings.set_(db, SETUP_TOKEN, _hash(token).hex())
            return True

        return token if await self._database.write(offer) else None

    async def setup_open(self, token: str) -> bool:
        """Whether the set-up link still works: right token, and no account made in any way meanwhile."""

        def is_open(db: sqlite3.Connection) -> bool:
            return _setup_open(db, token)

        return await self._database.read(is_open)

    async def set_up(self, token: str, first: FirstAccount) -> Account:
        """Make the first account, an admin, with its domain. Raises SetupRefused, PasswordTooShort."""
        if not await self.setup_open(token):
            raise SetupRefused
        hashed = await asyncio.to_thread(passwords.hash_, first.password)

        def create(db: sqlite3.Connection) -> Account:
            # asked again in the transaction: two browsers may hold the link
            if not _setup_open(db, token):
                raise SetupRefused
            now = _now_ms()
            account_id = accounts.add(
                db, address=first.address, name=first.name, password_hash=hashed, role=accounts.ADMIN, now_ms=now
            )
            if first.catch_all:
                domain_id = domains.ensure(db, first.address.rpartition("@")[2], now)
                domains.set_catch_all(db, domain_id, account_id)
            settings.remove(db, SETUP_TOKEN)
            audit.record(db, first.address, "account.added", "", accounts.ADMIN, about=first.address, now_ms=now)
            account = accounts.get(db, account_id)
            assert account is not None
            return account

        return await self._database.write(create)


def _setup_open(db: sqlite3.Connection, token: str) -> bool:
    expected = settings.get(db, SETUP_TOKEN)
    return bool(expected) and hmac.compare_digest(expected, _hash(token).hex()) and accounts.count(db) == 0


def _find(db: sqlite3.Connection, token_hash: bytes) -> SignedIn | None:
    session = sessions.find(db, token_hash)
    if session is None:
        return None
    account = accounts.get(db, session.account_id)
    if account is None or not account.is_active:
        return None
    return SignedIn(account, token_hash, session.expires_at)


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
