"""Addresses as an admin sees and changes them."""

import sqlite3
from collections.abc import Sequence

from mailapp.values import dataclass

ACTIVE = "active"
MUTED = "muted"
"""Mail goes to junk, and nobody is told."""
BLOCKED = "blocked"
"""Mail is refused."""
STATES = (ACTIVE, MUTED, BLOCKED)


@dataclass(frozen=True, slots=True)
class Listed:
    """An address that was made."""

    id: int
    address: str
    state: str
    own: bool
    """Whether it is the one an account logs in with."""


_SELECT = (
    "SELECT a.id, a.address, a.state, EXISTS (SELECT 1 FROM accounts c WHERE c.address = a.address) FROM addresses a"
)


def page(db: sqlite3.Connection, start: str, after: str, limit: int) -> list[Listed]:
    """Addresses that begin with `start`, in order, from the one behind `after` on."""
    rows = db.execute(
        f"{_SELECT} WHERE a.address > ? AND a.address >= ? AND a.address < ? ORDER BY a.address LIMIT ?",
        (after, start, start + "\U0010ffff", limit),
    )
    return [_listed(row) for row in rows.fetchall()]


def get(db: sqlite3.Connection, address: str) -> Listed | None:
    row = db.execute(f"{_SELECT} WHERE a.address = ?", (address,)).fetchone()
    return None if row is None else _listed(row)


def count(db: sqlite3.Connection) -> int:
    return int(db.execute("SELECT count(*) FROM addresses").fetchone()[0])


def targets(db: sqlite3.Connection, address_id: int) -> list[tuple[str, str]]:
    """(address, name) of the accounts an address reaches."""
    return db.execute(
        "SELECT c.address, c.name FROM address_targets t JOIN accounts c ON c.id = t.account_id"
        " WHERE t.address_id = ? ORDER BY c.address",
        (address_id,),
    ).fetchall()


def names(db: sqlite3.Connection, account_ids: Sequence[int]) -> list[tuple[str, str]]:
    """(address, name) of accounts."""
    marks = ", ".join("?" * len(account_ids))
    return db.execute(
        f"SELECT address, name FROM accounts WHERE id IN ({marks}) ORDER BY address", (*account_ids,)
    ).fetchall()


def put_state(db: sqlite3.Connection, address: str, domain_id: int, state: str, now_ms: int) -> None:
    """Set an address's state; one that was not made is made, and reaches nobody yet."""
    db.execute(
        "INSERT INTO addresses (address, domain_id, state, created_at) VALUES (?, ?, ?, ?)"
        " ON CONFLICT (address) DO UPDATE SET state = excluded.state",
        (address, domain_id, state, now_ms),
    )


def set_targets(db: sqlite3.Connection, address_id: int, account_ids: Sequence[int]) -> None:
    """Let an address reach these accounts and no other."""
    db.execute("DELETE FROM address_targets WHERE address_id = ?", (address_id,))
    db.executemany(
        "INSERT INTO address_targets (address_id, account_id) VALUES (?, ?)",
        [(address_id, account_id) for account_id in account_ids],
    )


def remove(db: sqlite3.Connection, address_id: int) -> None:
    db.execute("DELETE FROM addresses WHERE id = ?", (address_id,))


def _listed(row: tuple[object, ...]) -> Listed:
    return Listed(*row[:-1], bool(row[-1]))  # type: ignore[call-arg, arg-type]
