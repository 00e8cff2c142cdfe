"""Addresses an account makes, mutes and removes for itself, within what the admin allows."""

import sqlite3
import time
from collections.abc import Callable

from mailapp.flow.addressing import AddressRefused
from mailapp.mail.address import fold, is_valid, split
from mailapp.store import accounts, address_list, addresses, audit, domains, own_addresses
from mailapp.store.accounts import Account
from mailapp.store.address_list import ACTIVE, MUTED
from mailapp.store.database import Database
from mailapp.store.own_addresses import ACCOUNT, Own

LIMIT_MAX = 1_000
RESERVED = frozenset((
    "admin", "administrator", "hostmaster", "postmaster", "webmaster",
    "abuse", "info", "mailer-daemon", "no-reply", "noc", "noreply", "root", "security", "ssladmin", "support",
    "sysadmin",
))  # fmt: skip
"""Local parts that speak for the domain. Who reads the first five can have certificates made out to it."""


class OwnAddressing:
    """One per process, on the event loop."""

    def __init__(
        self, database: Database, forget_routes: Callable[[], None], clock: Callable[[], float] = time.time
    ) -> None:
        self._database = database
        self._forget_routes = forget_routes
        self._clock = clock

    async def set_limit(self, account_id: int, most: int, *, by: str = audit.ITSELF) -> None:
        """How many an account may make, 0 to LIMIT_MAX."""
        becomes = min(max(most, 0), LIMIT_MAX)

        def change(db: sqlite3.Connection) -> None:
            held = accounts.get(db, account_id)
            was = own_addresses.limit(db, account_id)
            own_addresses.set_limit(db, account_id, becomes)
            if held is not None and was != becomes:
                audit.record(db, by, "account.alias_limit", str(was), str(becomes), about=held.address)

        await self._database.write(change)

    async def make(self, account: Account, local: str) -> str:
        """Make an address in the domain of the account's own; the address. Raises AddressRefused."""
        domain = account.address.rpartition("@")[2]
        address = fold(f"{local}@{domain}")
        name = split(address)[0]
        if not is_valid(address) or "+" in name:
            raise AddressRefused("address", "invalid", address)
        now_ms = int(self._clock() * 1000)

        def make(db: sqlite3.Connection) -> None:
            most = own_addresses.limit(db, account.id)
            if own_addresses.count(db, account.id) >= most:
                raise AddressRefused("address", "limit", str(most))
            held = domains.by_name(db, domain)
            if held is None:
                raise AddressRefused("address", "domain", domain)
            # what mail came for was somebody's, and they may still count on it
            taken = addresses.exists(db, address) or own_addresses.was_used(db, address)
            if name in RESERVED or taken:
                raise AddressRefused("address", "taken", address)
            own_addresses.make(db, address, held.id, account.id, ACCOUNT, now_ms)
            audit.record(db, account.address, "address.added", "", account.address, about=address, now_ms=now_ms)

        await self._write(make)
        return address

    async def set_muted(self, account: Account, address: str, muted: bool) -> None:
        """Let its mail go to junk without a word, or take that back. Raises AddressRefused."""

        def change(db: sqlite3.Connection) -> None:
            was, becomes = self._held(db, account, address).state, MUTED if muted else ACTIVE
            if was == becomes:
                return
            domain = domains.by_name(db, address.rpartition("@")[2])
            assert domain is not None
            address_list.put_state(db, address, domain.id, becomes, 0)
            audit.record(db, account.address, "address.state", was, becomes, about=address)

        await self._write(change)

    async def remove(self, account: Account, address: str) -> None:
        """Raises AddressRefused."""

        def change(db: sqlite3.Connection) -> None:
            self._held(db, account, address)
            addresses.remove(db, address, [account.id])
            audit.record(db, account.address, "address.removed", account.address, about=address)

        await self._write(change)

    def _held(self, db: sqlite3.Connection, account: Account, address: str) -> Own:
        """Its own, and not one the admin blocked."""
        held = own_addresses.get(db, account.id, address)
        if held is None or held.state not in (ACTIVE, MUTED):
            raise AddressRefused("address", "unknown", address)
        return held

    async def _write(self, change: Callable[[sqlite3.Connection], None]) -> None:
        await self._database.write(change)
        self._forget_routes()
