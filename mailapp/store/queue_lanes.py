"""Lanes: recipients of the queue that share a way out. Each is claimed from in turn, so that none waits for another.

The partial index by (lane, next_at) holds what is still to be sent, and nothing here reads more of it than it gives.
"""

import sqlite3
from collections.abc import Collection

from mailapp.mail.address import domain_of
from mailapp.store import domains
from mailapp.store.queue_view import NEVER
from mailapp.values import dataclass

HERE = "@"
"""The lane of recipients on our own domains; all others are in the one of their sender's domain."""


@dataclass(frozen=True, slots=True)
class Lane:
    name: str
    next_ms: int
    """When its next attempt is due, ms since 1970 UTC."""


def lane_of(reverse_path: str, address: str, ours: Collection[str]) -> str:
    """The lane of a recipient; "" where mail with a null reverse-path leaves."""
    return HERE if domain_of(address) in ours else domain_of(reverse_path)


def local(db: sqlite3.Connection) -> frozenset[str]:
    """Our own domains, as they are now."""
    return frozenset(one.name for one in domains.all_(db) if one.state == "active")


def lanes(db: sqlite3.Connection) -> list[Lane]:
    """Lanes with an attempt planned, the longest due first."""
    found = []
    row = _after(db, None)
    while row is not None:
        name, next_ms = row
        if next_ms < NEVER:  # else all of it is claimed or held
            found.append(Lane(name, next_ms))
        row = _after(db, name)
    return sorted(found, key=lambda lane: lane.next_ms)


def _after(db: sqlite3.Connection, name: str | None) -> tuple[str, int] | None:
    """(the next lane by name, its earliest attempt)."""
    beyond = "" if name is None else " AND lane > ?"
    row: tuple[str, int] | None = db.execute(
        "SELECT lane, next_at FROM queue_recipients"
        f" WHERE state IN ('pending', 'deferred'){beyond} ORDER BY lane, next_at LIMIT 1",
        () if name is None else (name,),
    ).fetchone()
    return row


def longest_due(db: sqlite3.Connection, now_ms: int, limit: int, full: Collection[str]) -> list[tuple[str, int]]:
    """(lane, item id) of what is due, the same share from each lane that is not full, at most `limit` in all."""
    open_ = [lane for lane in lanes(db) if lane.next_ms <= now_ms and lane.name not in full][:limit]
    found: list[tuple[str, int]] = []
    for lane in open_:
        found += db.execute(
            "SELECT lane, item_id FROM queue_recipients WHERE state IN ('pending', 'deferred') AND lane = ?"
            " AND next_at <= ? ORDER BY next_at LIMIT ?",
            (lane.name, now_ms, limit // len(open_)),
        ).fetchall()
    return list(dict.fromkeys(found))
