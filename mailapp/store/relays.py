"""Relays: smart hosts that take our mail on. Their passwords lie here sealed (seal.py)."""

import sqlite3
from dataclasses import field

from mailapp.values import dataclass

ACTIVE = "active"
DISABLED = "disabled"


class RelayExists(Exception):
    """Another relay has the name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Relay:
    id: int = 0
    """0 before it is added."""
    position: int = 0
    """The lowest is tried first."""
    name: str
    preset: str = "custom"
    host: str
    port: int
    security: str
    """starttls, tls or none."""
    auth: str = "auto"
    """auto, plain, login or xoauth2."""
    username: str = ""
    secret: bytes = field(default=b"", repr=False)
    """Sealed; b"" is none."""
    sender_domains: tuple[str, ...] = ()
    """Folded; () is every domain."""
    daily_limit: int = 0
    """Recipients a UTC day; 0 is no limit."""
    used_day: str = ""
    """The day `used` counts, as 2026-11-22."""
    used: int = 0
    events_key: str = ""
    """Public key its event webhook signs with; "" is no events."""
    state: str = ACTIVE

    @property
    def is_active(self) -> bool:
        return self.state == ACTIVE

    def remaining(self, day: str) -> int | None:
        """Recipients it still takes on this UTC day; None is no limit."""
        if self.daily_limit == 0:
            return None
        return max(0, self.daily_limit - (self.used if self.used_day == day else 0))


_SET = (
    "name", "preset", "host", "port", "security", "auth", "username", "secret", "sender_domains", "daily_limit",
    "events_key", "state",
)  # fmt: skip
_ALL = ("id", "position", "used_day", "used", *_SET)
_COLUMNS = ", ".join(_ALL)


def _relay(row: tuple[object, ...]) -> Relay:
    values = dict(zip(_ALL, row, strict=True))
    values["sender_domains"] = tuple(str(values["sender_domains"]).split())
    return Relay(**values)  # type: ignore[arg-type]


def _values(relay: Relay) -> list[object]:
    values = [getattr(relay, name) for name in _SET]
    values[_SET.index("sender_domains")] = "\n".join(relay.sender_domains)
    return values


def all_(db: sqlite3.Connection) -> list[Relay]:
    """Every relay in order."""
    return [_relay(row) for row in db.execute(f"SELECT {_COLUMNS} FROM relays ORDER BY position, id")]


def get(db: sqlite3.Connection, relay_id: int) -> Relay | None:
    row = db.execute(f"SELECT {_COLUMNS} FROM relays WHERE id = ?", (relay_id,)).fetchone()
    return None if row is None else _relay(row)


def by_name(db: sqlite3.Connection, name: str) -> Relay | None:
    row = db.execute(f"SELECT {_COLUMNS} FROM relays WHERE name = ?", (name,)).fetchone()
    return None if row is None else _relay(row)


def for_domain(db: sqlite3.Connection, domain: str) -> list[Relay]:
    """Active relays for a sender's folded domain: those that name it in order, then those for every domain."""
    active = [one for one in all_(db) if one.is_active]
    return [one for one in active if domain in one.sender_domains] + [one for one in active if not one.sender_domains]


def add(db: sqlite3.Connection, relay: Relay, now_ms: int) -> int:
    """Add a relay behind the others; its id. Raises RelayExists."""
    _keep_name_single(db, relay)
    marks = ", ".join("?" * len(_SET))
    row = db.execute(
        f"INSERT INTO relays ({', '.join(_SET)}, created_at, position)"
        f" VALUES ({marks}, ?, (SELECT coalesce(max(position), 0) + 1 FROM relays))",
        (*_values(relay), now_ms),
    )
    assert row.lastrowid is not None
    return row.lastrowid


def update(db: sqlite3.Connection, relay: Relay) -> bool:
    """Write a relay anew, but its position and what it used; False where it is gone. Raises RelayExists."""
    _keep_name_single(db, relay)
    assignments = ", ".join(f"{name} = ?" for name in _SET)
    return db.execute(f"UPDATE relays SET {assignments} WHERE id = ?", (*_values(relay), relay.id)).rowcount > 0


def _keep_name_single(db: sqlite3.Connection, relay: Relay) -> None:
    if db.execute("SELECT 1 FROM relays WHERE name = ? AND id <> ?", (relay.name, relay.id)).fetchone():
        raise RelayExists(relay.name)


def remove(db: sqlite3.Connection, relay_id: int) -> bool:
    return db.execute("DELETE FROM relays WHERE id = ?", (relay_id,)).rowcount > 0


def move(db: sqlite3.Connection, relay_id: int, steps: int) -> bool:
    """Move a relay down in the order by so many places, up where negative; False where it is gone."""
    ids = [row[0] for row in db.execute("SELECT id FROM relays ORDER BY position, id")]
    if relay_id not in ids:
        return False
    place = min(max(ids.index(relay_id) + steps, 0), len(ids) - 1)
    ids.remove(relay_id)
    ids.insert(place, relay_id)
    db.executemany("UPDATE relays SET position = ? WHERE id = ?", [(at, one) for at, one in enumerate(ids, 1)])
    return True


def use(db: sqlite3.Connection, relay_id: int, day: str, recipients: int) -> bool:
    """Count recipients against the relay's limit of a UTC day; False, and nothing counted, where they exceed it."""
    relay = get(db, relay_id)
    if relay is None:
        return False
    remaining = relay.remaining(day)
    if remaining is not None and recipients > remaining:
        return False
    _count(db, relay, day, recipients)
    return True


def give_back(db: sqlite3.Connection, relay_id: int, day: str, recipients: int) -> None:
    """Recipients counted with `use` were not sent after all."""
    relay = get(db, relay_id)
    if relay is not None and relay.used_day == day:
        _count(db, relay, day, -recipients)


def _count(db: sqlite3.Connection, relay: Relay, day: str, recipients: int) -> None:
    used = relay.used if relay.used_day == day else 0
    db.execute("UPDATE relays SET used = ?, used_day = ? WHERE id = ?", (max(0, used + recipients), day, relay.id))
