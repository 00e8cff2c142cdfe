"""What the overview shows, read in one go: sums over hours, and counts that stop where nobody counts on."""

import sqlite3
from collections.abc import Mapping, Sequence

from mailapp.store import free_pages, receiving_view, traffic
from mailapp.store.receiving_view import RefusedAddress
from mailapp.values import dataclass

COUNTED = 10_000
"""Recipients on their way that are counted; of more it is said that there are more."""
WANTED_FROM = 2
"""Times an address has to be asked for to be worth telling."""


@dataclass(frozen=True, slots=True)
class Overview:
    hours: Mapping[int, Mapping[str, int]]
    """Numbers by hour since 1970 UTC and kind."""
    stored: Sequence[int]
    shown: Sequence[int]
    """Latencies of the last day, by class (flow/traffic.py)."""
    pending: int
    deferred: int
    mail_bytes: int
    senders: Sequence[tuple[str, int]]
    wanted: Sequence[RefusedAddress]
    free_bytes: int
    """Of the database file, for mail that comes."""


def load(db: sqlite3.Connection, hour: int, days: int, classes: int, senders: int, wanted: int) -> Overview:
    """Up to an hour (since 1970 UTC): the last `days`, latencies of the last 24 hours, senders of all that time."""
    pending, deferred = on_their_way(db)
    return Overview(
        hours=traffic.since(db, hour - days * 24),
        stored=traffic.latencies(db, hour - 23, "stored", classes),
        shown=traffic.latencies(db, hour - 23, "shown", classes),
        pending=pending,
        deferred=deferred,
        mail_bytes=int(db.execute("SELECT ifnull(sum(bytes_used), 0) FROM accounts").fetchone()[0]),
        senders=traffic.senders(db, hour // 24 - days, senders),
        free_bytes=free_pages.pages(db).free_bytes,
        wanted=[one for one in receiving_view.refused(db, wanted) if one.times >= WANTED_FROM],
    )


def on_their_way(db: sqlite3.Connection) -> tuple[int, int]:
    """Recipients that are pending and deferred, together at most COUNTED."""
    rows = db.execute(
        "SELECT state, count(*) FROM (SELECT state FROM queue_recipients"
        " WHERE state IN ('pending', 'deferred') LIMIT ?) GROUP BY state",
        (COUNTED,),
    )
    found: dict[str, int] = dict(rows.fetchall())
    return found.get("pending", 0), found.get("deferred", 0)
