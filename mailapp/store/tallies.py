"""How much mail came for each address, and from which sites; counted behind deliveries, a few messages at a time."""

import sqlite3
from collections import Counter
from collections.abc import Sequence

from mailapp.mail.hosts import site_of
from mailapp.store import messages, settings, traffic
from mailapp.values import dataclass

COUNTED = "tallied_message"
"""Setting: the newest message that is counted."""
DAYS = 30
"""Days whose mail is told day by day."""
DAY_MS = 86_400_000
SITES_MAX = 200
"""Sites kept of one address; mail from more is counted, and the site not named."""


@dataclass(frozen=True, slots=True)
class Tally:
    messages: int
    last_at: int
    """ms since 1970 UTC."""


@dataclass(frozen=True, slots=True)
class Sender:
    site: str
    messages: int
    first_at: int
    last_at: int


def behind(db: sqlite3.Connection) -> bool:
    """Whether a message is not counted yet."""
    newest = db.execute("SELECT max(id) FROM messages").fetchone()[0]
    return newest is not None and newest > settings.number(db, COUNTED, 0)


def advance(db: sqlite3.Connection, limit: int) -> int:
    """Count the next messages, oldest first; return how many were looked at."""
    rows = db.execute(
        "SELECT id, content_id, delivered_to, also_delivered_to, from_address FROM messages WHERE id > ?"
        " ORDER BY id LIMIT ?",
        (settings.number(db, COUNTED, 0), limit),
    ).fetchall()
    if not rows:
        return 0
    totals, days, sites = Counter[str](), Counter[tuple[str, int]](), Counter[tuple[str, str]]()
    senders_ = Counter[tuple[int, str]]()
    last: dict[str, int] = {}
    came = set[tuple[int, str]]()
    for message_id, content_id, delivered_to, also, from_address in rows:
        at_ms, site = message_id >> 12, site_of(from_address.rpartition("@")[2])
        addressees = messages.addressees(delivered_to, also)
        if site and addressees and (content_id, addressees[0]) not in came:
            senders_[at_ms // DAY_MS, site] += 1
        for address in addressees:
            if (content_id, address) in came:
                continue  # another account's copy of the same message
            came.add((content_id, address))
            totals[address] += 1
            days[address, at_ms // DAY_MS] += 1
            sites[address, site] += 1
            last[address] = at_ms
    _count(db, totals, days, last)
    for (address, site), count in sites.items():
        if site:
            _count_site(db, address, site, count, last[address])
    traffic.count_senders(db, senders_)
    settings.set_(db, COUNTED, str(rows[-1][0]))
    return len(rows)


def _count(db: sqlite3.Connection, totals: Counter[str], days: Counter[tuple[str, int]], last: dict[str, int]) -> None:
    db.executemany(
        "INSERT INTO address_tallies (address, messages, last_at) VALUES (?, ?, ?) ON CONFLICT (address)"
        " DO UPDATE SET messages = messages + excluded.messages, last_at = max(last_at, excluded.last_at)",
        [(address, count, last[address]) for address, count in totals.items()],
    )
    db.executemany(
        "INSERT INTO address_days (address, day, messages) VALUES (?, ?, ?) ON CONFLICT (address, day)"
        " DO UPDATE SET messages = messages + excluded.messages",
        [(address, day, count) for (address, day), count in days.items()],
    )


def _count_site(db: sqlite3.Connection, address: str, site: str, count: int, at_ms: int) -> None:
    known = db.execute(
        "UPDATE address_senders SET messages = messages + ?, last_at = ? WHERE address = ? AND site = ?",
        (count, at_ms, address, site),
    )
    if known.rowcount:
        return
    held = db.execute("SELECT count(*) FROM address_senders WHERE address = ?", (address,)).fetchone()[0]
    if held < SITES_MAX:
        db.execute(
            "INSERT INTO address_senders (address, site, messages, first_at, last_at) VALUES (?, ?, ?, ?, ?)",
            (address, site, count, at_ms, at_ms),
        )


def is_stale(db: sqlite3.Connection, today: int) -> bool:
    """Whether there are days that are no longer told."""
    row = db.execute("SELECT 1 FROM address_days WHERE day <= ? LIMIT 1", (today - DAYS,)).fetchone()
    return row is not None


def prune(db: sqlite3.Connection, today: int, limit: int) -> int:
    """Forget up to `limit` days that are no longer told; return how many. `today` is a day since 1970 UTC."""
    return db.execute(
        "DELETE FROM address_days WHERE (address, day) IN"
        " (SELECT address, day FROM address_days WHERE day <= ? LIMIT ?)",
        (today - DAYS, limit),
    ).rowcount


def of(db: sqlite3.Connection, address: str) -> Tally:
    row = db.execute("SELECT messages, last_at FROM address_tallies WHERE address = ?", (address,)).fetchone()
    return Tally(0, 0) if row is None else Tally(*row)


def days_of(db: sqlite3.Connection, address: str, today: int) -> list[int]:
    """Messages of each of the last DAYS days, the oldest first."""
    rows = db.execute(
        "SELECT day, messages FROM address_days WHERE address = ? AND day > ? AND day <= ?",
        (address, today - DAYS, today),
    )
    found: dict[int, int] = dict(rows.fetchall())
    return [found.get(day, 0) for day in range(today - DAYS + 1, today + 1)]


def senders(db: sqlite3.Connection, address: str, limit: int) -> list[Sender]:
    """Sites that wrote to an address, those with most mail first."""
    rows = db.execute(
        "SELECT site, messages, first_at, last_at FROM address_senders WHERE address = ?"
        " ORDER BY messages DESC, site LIMIT ?",
        (address, limit),
    )
    return [Sender(*row) for row in rows.fetchall()]


def site_count(db: sqlite3.Connection, address: str) -> int:
    return int(db.execute("SELECT count(*) FROM address_senders WHERE address = ?", (address,)).fetchone()[0])


def caught(db: sqlite3.Connection, limit: int) -> Sequence[str]:
    """Addresses nobody made that got mail, the last ones first; of the addresses with the newest mail."""
    rows = db.execute(
        "SELECT t.address FROM (SELECT address, last_at FROM address_tallies ORDER BY last_at DESC LIMIT ?) t"
        " LEFT JOIN addresses a ON a.address = t.address WHERE a.id IS NULL ORDER BY t.last_at DESC",
        (limit,),
    )
    return [row[0] for row in rows.fetchall()]


def beginning(db: sqlite3.Connection, start: str, limit: int) -> Sequence[str]:
    """Addresses nobody made that got mail and begin like this."""
    rows = db.execute(
        "SELECT t.address FROM address_tallies t LEFT JOIN addresses a ON a.address = t.address"
        " WHERE t.address >= ? AND t.address < ? AND a.id IS NULL ORDER BY t.address LIMIT ?",
        (start, start + "\U0010ffff", limit),
    )
    return [row[0] for row in rows.fetchall()]
