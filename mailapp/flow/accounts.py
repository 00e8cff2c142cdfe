"""Accounts as the administration changes them: in the browser through `Accounts`, on the command line one by one.

A change acts at once: what is remembered of routes and sessions is forgotten, and open pages look whether they still
stand.
"""

import asyncio
import hashlib
import secrets
import sqlite3
import time
from collections.abc import Callable, Sequence

from mailapp.events import Bus, SessionsRevoked
from mailapp.flow import inviting, passwords
from mailapp.flow.erasing import Erasing
from mailapp.mail.sizes import exact_size
from mailapp.store import account_erasures, account_links, accounts, audit, quotas, sessions, tokens
from mailapp.store.accounts import Account
from mailapp.store.database import Database

LINK_MS = 7 * 86_400_000
"""How long a link with which a password is chosen works."""
Forget = Callable[[], None]


class NoAccount(Exception):
    """There is no such account, or it is being erased."""


class LinkRefused(Exception):
    """The link is used, replaced or too old, or its account disabled; closed: registration by invitation is off."""

    def __init__(self, closed: bool = False) -> None:
        super().__init__("closed" if closed else "")
        self.closed = closed


class Accounts:
    """One per process, on the event loop. `by` is who changes something, for the audit log."""

    def __init__(
        self,
        database: Database,
        bus: Bus,
        erasing: Erasing,
        forget: Sequence[Forget] = (),
        clock: Callable[[], float] = time.time,
    ) -> None:
        """`forget`: what is called after each change, because it keeps accounts or their addresses in memory."""
        self._database = database
        self._bus = bus
        self._erasing = erasing
        self._forget = tuple(forget)
        self._clock = clock

    async def add(
        self, address: str, name: str, role: str, password: str | None, *, by: str = audit.ITSELF
    ) -> tuple[int, str]:
        """Make an account with a password, or with a link ("" where there is none); its id and the link's token.

        `address` is folded and valid. Raises AccountExists, PasswordTooShort, InvitationRefused.
        """
        hashed, token = await _hashed(password), "" if password is not None else _token()
        now = self._now_ms()

        def add(db: sqlite3.Connection) -> int:
            account_id = accounts.add(db, address=address, name=name, password_hash=hashed, role=role, now_ms=now)
            if token:
                inviting.check(db, account_id, address, now)
                account_links.put(db, account_id, _hash(token), now, now + LINK_MS)
            audit.record(db, by, "account.added", "", role, about=address, now_ms=now)
            return account_id

        account_id = await self._database.write(add)
        self._changed(account_id)
        return account_id, token

    async def reset_password(
        self, account_id: int, password: str | None, keep: bytes | None = None, *, by: str = audit.ITSELF
    ) -> str:
        """Set a password, or make a link ("" where there is none) and end the one before; its sessions end.

        `keep` is the hash of a session that stays. Raises NoAccount, PasswordTooShort; LastAdmin where a link would
        leave nobody who can log in as an admin; InvitationRefused where nobody ever logged in.
        """
        hashed, token = await _hashed(password), "" if password is not None else _token()
        now = self._now_ms()

        def reset(db: sqlite3.Connection) -> None:
            held = _held(db, account_id)
            if token:
                accounts.keep_an_admin(db, account_id)
                inviting.check(db, account_id, held.address, now)
            change_password(db, account_id, hashed, but=keep)
            if token:
                account_links.put(db, account_id, _hash(token), now, now + LINK_MS)
            what = "account.link" if token else "account.password"
            audit.record(db, by, what, "", audit.HIDDEN, about=held.address, now_ms=now)

        await self._change(account_id, reset)
        return token

    async def set_active(self, account_id: int, active: bool, *, by: str = audit.ITSELF) -> None:
        """Disable an account (its mail is still received and kept), or undo that. Raises NoAccount, LastAdmin."""

        def change(db: sqlite3.Connection) -> None:
            held = _held(db, account_id)
            (enable if active else disable)(db, account_id)
            becomes = accounts.ACTIVE if active else accounts.DISABLED
            audit.record(db, by, "account.state", held.state, becomes, about=held.address, now_ms=self._now_ms())

        await self._change(account_id, change)

    async def set_role(self, account_id: int, role: str, *, by: str = audit.ITSELF) -> None:
        """Raises NoAccount, LastAdmin."""

        def change(db: sqlite3.Connection) -> None:
            held = _held(db, account_id)
            accounts.set_role(db, account_id, role)
            audit.record(db, by, "account.role", held.role, role, about=held.address, now_ms=self._now_ms())

        await self._change(account_id, change)

    async def set_quota(self, account_id: int, quota: int, *, by: str = audit.ITSELF) -> None:
        """Let an account hold so many bytes, 0 for any number. Raises NoAccount."""

        def change(db: sqlite3.Connection) -> None:
            held = _held(db, account_id)
            was = quotas.of(db, account_id).quota
            quotas.set_(db, account_id, quota)
            from_, to = exact_size(was) if was else "", exact_size(quota) if quota else ""
            audit.record(db, by, "account.quota", from_, to, about=held.address, now_ms=self._now_ms())

        await self._change(account_id, change)

    async def end_sessions(self, account_id: int, keep: bytes | None = None, *, by: str = audit.ITSELF) -> None:
        """Log an account out everywhere, but for the session with the hash `keep`. Raises NoAccount."""

        def end(db: sqlite3.Connection) -> None:
            held = _held(db, account_id)
            sessions.remove_all(db, account_id, but=keep)
            audit.record(db, by, "account.sessions_ended", about=held.address, now_ms=self._now_ms())

        await self._change(account_id, end)

    async def revoke_tokens(self, account_id: int, *, by: str = audit.ITSELF) -> None:
        """End every token of an account. Raises NoAccount."""

        def revoke(db: sqlite3.Connection) -> None:
            held = _held(db, account_id)
            ended = tokens.remove_all(db, account_id)
            audit.record(db, by, "account.tokens_revoked", str(ended), "0", about=held.address, now_ms=self._now_ms())

        await self._change(account_id, revoke)

    async def erase(self, account_id: int, *, by: str = audit.ITSELF) -> None:
        """Begin to erase an account and all its mail: its addresses lead nowhere from now on. Raises NoAccount,
        LastAdmin."""
        now = self._now_ms()

        def begin(db: sqlite3.Connection) -> None:
            held = _held(db, account_id)
            account_erasures.begin(db, account_id, now)
            audit.record(db, by, "account.erased", about=held.address, now_ms=now)

        await self._change(account_id, begin)
        self._erasing.wake()

    async def note(self, address: str, what: str, to: str, *, by: str) -> None:
        """Write down in the audit log what was done to an account without changing it."""
        await self._database.write(lambda db: audit.record(db, by, what, "", to, about=address, now_ms=self._now_ms()))

    async def invited(self, token: str) -> Account | None:
        """Whose password a link chooses; None where it no longer works. Raises LinkRefused where it is closed."""
        return await self._database.read(_invited, token, self._now_ms())

    async def choose_password(self, token: str, name: str, password: str) -> Account:
        """Use a link up: the account gets the password, and the name unless it is "".

        Raises LinkRefused, PasswordTooShort.
        """
        if await self.invited(token) is None:
            raise LinkRefused
        hashed, now = await _hashed(password), self._now_ms()

        def choose(db: sqlite3.Connection) -> Account:
            # asked again in the transaction: two browsers may hold the link
            account = _invited(db, token, now)
            if account is None:
                raise LinkRefused
            change_password(db, account.id, hashed)
            if name:
                accounts.set_name(db, account.id, name)
            audit.record(db, account.address, "account.joined", about=account.address, now_ms=now)
            return account

        account = await self._database.write(choose)
        self._changed(account.id)
        return account

    async def _change(self, account_id: int, change: Callable[[sqlite3.Connection], None]) -> None:
        await self._database.write(change)
        self._changed(account_id)

    def _changed(self, account_id: int) -> None:
        for forget in self._forget:
            forget()
        self._bus.publish(SessionsRevoked(account_id))  # whoever listens looks whether their session still stands

    def _now_ms(self) -> int:
        return int(self._clock() * 1000)


def change_password(db: sqlite3.Connection, account_id: int, hashed: str, *, but: bytes | None = None) -> None:
    """Set a password; every session but the one with the hash `but` ends."""
    accounts.set_password(db, account_id, hashed)
    sessions.remove_all(db, account_id, but=but)


def disable(db: sqlite3.Connection, account_id: int) -> None:
    """Nobody can log in any more; mail is still received and kept. Raises LastAdmin."""
    accounts.set_state(db, account_id, accounts.DISABLED)
    sessions.remove_all(db, account_id)


def enable(db: sqlite3.Connection, account_id: int) -> None:
    accounts.set_state(db, account_id, accounts.ACTIVE)


def _held(db: sqlite3.Connection, account_id: int) -> Account:
    held = accounts.get(db, account_id)
    if held is None or account_erasures.is_under_way(db, account_id):
        raise NoAccount
    return held


def _invited(db: sqlite3.Connection, token: str, now_ms: int) -> Account | None:
    account_id = account_links.account_of(db, _hash(token), now_ms)
    account = None if account_id is None else accounts.get(db, account_id)
    if account is None or not account.is_active:
        return None
    if inviting.is_closed(db, account.id):
        raise LinkRefused(closed=True)
    return account


async def _hashed(password: str | None) -> str:
    """The password's hash; for none that of one nobody knows."""
    return await asyncio.to_thread(passwords.hash_, secrets.token_urlsafe(32) if password is None else password)


def _token() -> str:
    return secrets.token_urlsafe(24)


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
