"""Domains and addresses as the administration changes them; each change acts on the next recipient asked for."""

import sqlite3
import time
from collections.abc import Callable, Sequence

from mailapp.mail.address import fold, is_valid, split, strip_tag
from mailapp.store import accounts, address_list, addresses, audit, domains
from mailapp.store.address_list import ACTIVE, BLOCKED, MUTED, Listed
from mailapp.store.database import Database

TARGETS_MAX = 50
"""Accounts one address may reach."""


class AddressRefused(Exception):
    """What is wrong. field: address, targets, state or domain; reason: one word; value: what it is about."""

    def __init__(self, field: str, reason: str, value: str = "") -> None:
        super().__init__(f"{field}: {reason}")
        self.field = field
        self.reason = reason
        self.value = value


class Addressing:
    """One per process, on the event loop. `by` is who changes something, for the audit log."""

    def __init__(
        self, database: Database, forget_routes: Callable[[], None], clock: Callable[[], float] = time.time
    ) -> None:
        self._database = database
        self._forget_routes = forget_routes
        self._clock = clock

    async def add(self, address: str, targets: Sequence[str], *, by: str = audit.ITSELF) -> str:
        """Let an address of one of our domains reach accounts; the address as it is stored. Raises AddressRefused."""
        if not is_valid(address):
            raise AddressRefused("address", "invalid", address)
        folded, now = fold(address), self._now_ms()

        def add(db: sqlite3.Connection) -> None:
            domain_id = _domain_of(db, folded)
            if addresses.exists(db, folded):
                raise AddressRefused("address", "exists", folded)
            addresses.add(db, folded, domain_id, _accounts(db, targets), now)
            audit.record(db, by, "address.added", "", _named(targets), about=folded, now_ms=now)

        await self._write(add)
        return folded

    async def set_targets(self, address: str, targets: Sequence[str], *, by: str = audit.ITSELF) -> None:
        """Raises AddressRefused."""

        def change(db: sqlite3.Connection) -> None:
            held = _made(db, address)
            ids = _accounts(db, targets)
            own = accounts.by_address(db, address)
            if own is not None and own.id not in ids:
                raise AddressRefused("targets", "own", address)
            was = _named([target for target, _ in address_list.targets(db, held.id)])
            address_list.set_targets(db, held.id, ids)
            self._record(db, by, "address.targets", was, _named(targets), address)

        await self._write(change)

    async def set_state(self, address: str, state: str, *, by: str = audit.ITSELF) -> None:
        """Mute, block, or take that back; also an address nobody made. Raises AddressRefused."""
        now = self._now_ms()

        def change(db: sqlite3.Connection) -> None:
            held = address_list.get(db, address)
            if state != ACTIVE and (held is not None and held.own):
                raise AddressRefused("state", "own", address)
            if state == BLOCKED and address.partition("@")[0] in addresses.ROLE_ADDRESSES:
                raise AddressRefused("state", "role", address)
            if held is None:
                _restrict_caught(db, address, state, now)
            elif not address_list.targets(db, held.id):
                address_list.remove(db, held.id)  # back to where its mail went before it was blocked
                if state != ACTIVE:
                    _restrict_caught(db, address, state, now)
            else:
                address_list.put_state(db, address, _domain_of(db, address), state, now)
            self._record(db, by, "address.state", held.state if held else ACTIVE, state, address)

        await self._write(change)

    async def remove(self, address: str, *, by: str = audit.ITSELF) -> None:
        """Remove an alias. Raises AddressRefused."""

        def remove(db: sqlite3.Connection) -> None:
            held = _made(db, address)
            if held.own:
                raise AddressRefused("address", "own", address)
            was = _named([target for target, _ in address_list.targets(db, held.id)])
            address_list.remove(db, held.id)
            self._record(db, by, "address.removed", was, "", address)

        await self._write(remove)

    async def add_domain(self, name: str, *, by: str = audit.ITSELF) -> None:
        """Receive mail for a domain. Raises AddressRefused."""
        if "." not in name or not is_valid(f"postmaster@{name}"):
            raise AddressRefused("domain", "invalid", name)
        folded, now = fold(f"x@{name}").partition("@")[2], self._now_ms()

        def add(db: sqlite3.Connection) -> None:
            if domains.by_name(db, folded) is not None:
                raise AddressRefused("domain", "exists", folded)
            domains.ensure(db, folded, now)
            self._record(db, by, "domain.added", "", "", folded)

        await self._write(add)

    async def set_catch_all(self, name: str, account: str, makes: bool = False, *, by: str = audit.ITSELF) -> None:
        """Let an account have what comes for addresses nobody made; "": it is refused.

        With `makes`, the first mail makes an address of each. Raises AddressRefused.
        """

        def change(db: sqlite3.Connection) -> None:
            found = domains.by_name(db, name)
            if found is None:
                raise AddressRefused("domain", "unknown", name)
            was = accounts.get(db, found.catch_all_account_id) if found.catch_all_account_id else None
            domains.set_catch_all(db, found.id, _accounts(db, [account])[0] if account else None, makes)
            self._record(db, by, "domain.catch_all", was.address if was else "", account, name)

        await self._write(change)

    async def remove_domain(self, name: str, *, by: str = audit.ITSELF) -> None:
        """Stop receiving for a domain; its aliases go too. Raises AddressRefused."""

        def remove(db: sqlite3.Connection) -> None:
            found = domains.by_name(db, name)
            if found is None:
                raise AddressRefused("domain", "unknown", name)
            try:
                domains.remove(db, found.id)
            except domains.DomainInUse:
                raise AddressRefused("domain", "in_use", name) from None
            self._record(db, by, "domain.removed", "", "", name)

        await self._write(remove)

    async def _write(self, change: Callable[[sqlite3.Connection], None]) -> None:
        await self._database.write(change)
        self._forget_routes()

    def _record(self, db: sqlite3.Connection, by: str, what: str, from_: str, to: str, about: str) -> None:
        audit.record(db, by, what, from_, to, about=about, now_ms=self._now_ms())

    def _now_ms(self) -> int:
        return int(self._clock() * 1000)


def _restrict_caught(db: sqlite3.Connection, address: str, state: str, now_ms: int) -> None:
    """Mute or block an address that was never made."""
    if state == ACTIVE or not is_valid(address):
        raise AddressRefused("address", "unknown", address)
    local, domain = split(address)
    reached = addresses.routed(db, local, strip_tag(local), domain).accounts
    if state == MUTED and not reached:
        raise AddressRefused("state", "nobody", address)
    address_list.put_state(db, address, _domain_of(db, address), state, now_ms)
    address_list.set_targets(db, _made(db, address).id, reached if state == MUTED else ())


def _domain_of(db: sqlite3.Connection, address: str) -> int:
    found = domains.by_name(db, address.rpartition("@")[2])
    if found is None:
        raise AddressRefused("address", "domain", address.rpartition("@")[2])
    return found.id


def _made(db: sqlite3.Connection, address: str) -> Listed:
    found = address_list.get(db, address)
    if found is None:
        raise AddressRefused("address", "unknown", address)
    return found


def _accounts(db: sqlite3.Connection, targets: Sequence[str]) -> list[int]:
    """Ids of the accounts with these addresses, each once."""
    if not 0 < len(targets) <= TARGETS_MAX:
        raise AddressRefused("targets", "none" if not targets else "many", str(TARGETS_MAX))
    ids = []
    for each in targets:
        found = accounts.by_address(db, fold(each)) if is_valid(each) else None
        if found is None:
            raise AddressRefused("targets", "unknown", each)
        ids.append(found.id)
    return list(dict.fromkeys(ids))


def _named(targets: Sequence[str]) -> str:
    """Addresses as the audit log has them."""
    return ", ".join(targets)
