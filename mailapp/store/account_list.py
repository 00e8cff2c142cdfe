"""Accounts as an admin sees them."""

import sqlite3

from mailapp.store.accounts import ADMIN
from mailapp.values import dataclass


@dataclass(frozen=True, slots=True)
class Listed:
    """An account in the list; times are ms since 1970 UTC, None for never."""

    id: int
    address: str
    name: str
    role: str
    state: str
    bytes_used: int
    quota: int
    """Bytes it may hold, 0 for any number."""
    created_at: int
    last_login_at: int | None
    sessions: int
    """Those that still stand."""
    link_until: int | None
    """When the link with which its password is chosen ends."""
    erasing: bool

    @property
    def is_admin(self) -> bool:
        return self.role == ADMIN


_SELECT = (
    "SELECT a.id, a.address, a.name, a.role, a.state, a.bytes_used, a.quota, a.created_at, a.last_login_at,"
    " (SELECT count(*) FROM sessions s WHERE s.account_id = a.id AND s.expires_at > :now),"
    " (SELECT expires_at FROM account_links l WHERE l.account_id = a.id AND l.expires_at > :now),"
    " EXISTS (SELECT 1 FROM account_erasures e WHERE e.account_id = a.id)"
    " FROM accounts a"
)


def page(db: sqlite3.Connection, after: str, limit: int, now_ms: int) -> list[Listed]:
    """Accounts in the order of their addresses, from the one behind `after` on."""
    rows = db.execute(
        f"{_SELECT} WHERE a.address > :after ORDER BY a.address LIMIT :limit",
        {"after": after, "limit": limit, "now": now_ms},
    )
    return [_listed(row) for row in rows.fetchall()]


def get(db: sqlite3.Connection, account_id: int, now_ms: int) -> Listed | None:
    row = db.execute(f"{_SELECT} WHERE a.id = :id", {"id": account_id, "now": now_ms}).fetchone()
    return None if row is None else _listed(row)


def _listed(row: tuple[object, ...]) -> Listed:
    return Listed(*row[:-1], bool(row[-1]))  # type: ignore[call-arg, arg-type]
