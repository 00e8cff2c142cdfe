"""Addresses: what receives mail, and which accounts it reaches."""

import sqlite3
from collections.abc import Sequence

from mailapp.values import dataclass

ROLE_ADDRESSES = frozenset({"postmaster", "abuse"})
"""Local parts that reach the admin of any domain (RFC 5321 4.5.1, RFC 2142)."""


@dataclass(frozen=True, slots=True)
class Route:
    """Whom an address reaches."""

    accounts: tuple[int, ...] = ()
    muted: bool = False
    """Whether mail for it goes to junk."""
    makes: bool = False
    """Whether the first mail makes an address of it: a catch-all's."""


NOWHERE = Route()


def exists(db: sqlite3.Connection, address: str) -> bool:
    return db.execute("SELECT 1 FROM addresses WHERE address = ?", (address,)).fetchone() is not None


def add(db: sqlite3.Connection, address: str, domain_id: int, account_ids: Sequence[int], now_ms: int) -> None:
    """Make an address, or add accounts to one there is."""
    db.execute(
        "INSERT INTO addresses (address, domain_id, created_at) VALUES (?, ?, ?) ON CONFLICT (address) DO NOTHING",
        (address, domain_id, now_ms),
    )
    db.executemany(
        "INSERT INTO address_targets (address_id, account_id) SELECT id, ? FROM addresses WHERE address = ?"
        " ON CONFLICT DO NOTHING",
        [(account_id, address) for account_id in account_ids],
    )


def remove(db: sqlite3.Connection, address: str, account_ids: Sequence[int]) -> None:
    """Take accounts off an address; it goes with its last one."""
    db.executemany(
        "DELETE FROM address_targets WHERE account_id = ?"
        " AND address_id = (SELECT id FROM addresses WHERE address = ?)",
        [(account_id, address) for account_id in account_ids],
    )
    remove_orphans(db)


def remove_targets(db: sqlite3.Connection, account_id: int) -> None:
    """Let no address lead to the account any more; those that reached nobody else go."""
    db.execute("DELETE FROM address_targets WHERE account_id = ?", (account_id,))
    remove_orphans(db)


def remove_orphans(db: sqlite3.Connection) -> None:
    """Remove addresses that reach nobody; blocked ones stay, or the catch-all would take their mail again."""
    db.execute("DELETE FROM addresses WHERE state <> 'blocked' AND id NOT IN (SELECT address_id FROM address_targets)")


def all_(db: sqlite3.Connection) -> list[tuple[str, str]]:
    """Every (address, account's address) pair."""
    return db.execute(
        "SELECT a.address, c.address FROM addresses a JOIN address_targets t ON t.address_id = a.id"
        " JOIN accounts c ON c.id = t.account_id ORDER BY a.address, c.address"
    ).fetchall()


def of_account(db: sqlite3.Connection, account_id: int) -> frozenset[str]:
    """Addresses that name the account by themselves, its own first of all."""
    rows = db.execute(
        "SELECT a.address FROM addresses a JOIN address_targets t ON t.address_id = a.id WHERE t.account_id = ?",
        (account_id,),
    )
    return frozenset(row[0] for row in rows)


def owners(db: sqlite3.Connection, address: str) -> tuple[int, ...]:
    """Accounts an address that was made names, whatever its state."""
    rows = db.execute(
        "SELECT t.account_id FROM addresses a JOIN address_targets t ON t.address_id = a.id WHERE a.address = ?"
        " ORDER BY t.account_id",
        (address,),
    )
    return tuple(row[0] for row in rows)


def route(db: sqlite3.Connection, local: str, base: str, domain: str) -> tuple[int, ...]:
    """Accounts that `local`@`domain` reaches, () where it reaches nobody; see `routed`."""
    return routed(db, local, base, domain).accounts


def routed(db: sqlite3.Connection, local: str, base: str, domain: str) -> Route:
    """Where mail for `local`@`domain` goes.

    `base` is the local part without its tag. All three are folded; `domain` is "" for the bare <postmaster> of
    RFC 5321 4.5.1. Order: the address itself, the address without its tag, postmaster and abuse, the catch-all.
    """
    catch_all, makes = None, False
    if domain:
        found = db.execute(
            "SELECT catch_all_account_id, catch_all_makes FROM domains WHERE name = ? AND state = 'active'", (domain,)
        ).fetchone()
        if found is None:
            return NOWHERE
        catch_all, makes = found[0], bool(found[1])
        for name in dict.fromkeys((local, base)):
            reached = _targets(db, f"{name}@{domain}")
            if reached is not None:
                return reached
    if base in ROLE_ADDRESSES and (domain or base == "postmaster"):
        admin = db.execute(
            "SELECT id FROM accounts WHERE role = 'admin' AND state = 'active' ORDER BY id LIMIT 1"
        ).fetchone()
        if admin is not None:
            return Route((admin[0],))
    return NOWHERE if catch_all is None else Route((catch_all,), makes=makes)


def _targets(db: sqlite3.Connection, address: str) -> Route | None:
    """Where an address that was made leads: nowhere where it is blocked, None where there is no such address."""
    found = db.execute("SELECT id, state FROM addresses WHERE address = ?", (address,)).fetchone()
    if found is None:
        return None
    if found[1] == "blocked":
        return NOWHERE
    rows = db.execute("SELECT account_id FROM address_targets WHERE address_id = ? ORDER BY account_id", (found[0],))
    return Route(tuple(row[0] for row in rows), found[1] == "muted")
