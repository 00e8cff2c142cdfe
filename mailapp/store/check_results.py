"""What the last checks found, and what of it the admin was told."""

import sqlite3
from collections.abc import Iterable

from mailapp.values import dataclass

Key = tuple[str, str, str]
"""Name of the check, the domain or "", the part or ""."""


@dataclass(frozen=True, slots=True)
class StoredResult:
    name: str
    about: str
    part: str
    state: str
    reason: str
    details: str
    """JSON: what flow/checking.py keeps beside the reason."""
    checked_at: int
    """Milliseconds since 1970."""
    told: str
    """The state the admin was told last, "" for none."""

    @property
    def key(self) -> Key:
        return self.name, self.about, self.part


_COLUMNS = "name, about, part, state, reason, details, checked_at, told"


def all_(db: sqlite3.Connection) -> list[StoredResult]:
    return [StoredResult(*row) for row in db.execute(f"SELECT {_COLUMNS} FROM check_results")]


def put(db: sqlite3.Connection, found: Iterable[StoredResult]) -> None:
    """Write results anew; what was told stays as it is."""
    db.executemany(
        f"INSERT INTO check_results ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (name, about, part)"
        " DO UPDATE SET state = excluded.state, reason = excluded.reason, details = excluded.details,"
        " checked_at = excluded.checked_at",
        [(*one.key, one.state, one.reason, one.details, one.checked_at, one.told) for one in found],
    )


def keep_only(db: sqlite3.Connection, keys: Iterable[Key]) -> None:
    """Forget what is not looked at any more: domains, relays and lists that went."""
    kept = set(keys)
    gone = [one.key for one in all_(db) if one.key not in kept]
    db.executemany("DELETE FROM check_results WHERE name = ? AND about = ? AND part = ?", gone)


def set_told(db: sqlite3.Connection, told: Iterable[tuple[Key, str]]) -> None:
    db.executemany(
        "UPDATE check_results SET told = ? WHERE name = ? AND about = ? AND part = ?",
        [(state, *key) for key, state in told],
    )


def troubles(db: sqlite3.Connection) -> dict[str, tuple[int, int]]:
    """By domain: how many results there are, and how many of them are trouble."""
    rows = db.execute(
        "SELECT about, count(*), sum(state IN ('warn', 'bad')) FROM check_results WHERE about <> '' GROUP BY about"
    )
    return {about: (count, trouble) for about, count, trouble in rows}
