"""What came and went by the hour, and gauges read once an hour; sums of a few rows, never a look at the mail itself."""

import sqlite3
from collections.abc import Mapping
from typing import Final

HOUR_MS: Final = 3_600_000
DAYS_KEPT = 400
LATENCY_DAYS = 30
"""Days latencies and their classes (kinds with a dot) are kept."""
PRUNED_AT_ONCE = 2_000
SITES_A_DAY = 500
"""Sites counted by name in one day; mail from more is counted under ""."""
SENDER_DAYS = 30


def add(db: sqlite3.Connection, hour: int, counted: Mapping[str, int]) -> None:
    """Count more of each kind. `hour`: hours since 1970 UTC."""
    db.executemany(
        "INSERT INTO traffic (hour, kind, number) VALUES (?, ?, ?) ON CONFLICT (hour, kind)"
        " DO UPDATE SET number = number + excluded.number",
        [(hour, kind, number) for kind, number in counted.items()],
    )


def gauge(db: sqlite3.Connection, hour: int, read: Mapping[str, int]) -> None:
    """Keep what was read in this hour; the last of it stands."""
    db.executemany(
        "INSERT INTO traffic (hour, kind, number) VALUES (?, ?, ?) ON CONFLICT (hour, kind)"
        " DO UPDATE SET number = excluded.number",
        [(hour, kind, number) for kind, number in read.items()],
    )


def since(db: sqlite3.Connection, hour: int) -> dict[int, dict[str, int]]:
    """Every number from an hour on, by hour and kind; latencies are left out."""
    found: dict[int, dict[str, int]] = {}
    rows = db.execute("SELECT hour, kind, number FROM traffic WHERE hour >= ? AND kind NOT LIKE '%.%'", (hour,))
    for at, kind, number in rows:
        found.setdefault(at, {})[kind] = number
    return found


def latencies(db: sqlite3.Connection, hour: int, step: str, classes: int) -> list[int]:
    """How many were counted in each class of a latency from an hour on."""
    held = [0] * classes
    rows = db.execute(
        "SELECT kind, sum(number) FROM traffic WHERE hour >= ? AND kind LIKE ? GROUP BY kind", (hour, f"{step}.%")
    )
    for kind, number in rows:
        held[int(kind.rpartition(".")[2])] = number
    return held


def prune(db: sqlite3.Connection, hour: int) -> int:
    """Forget what is no longer told, some of it; return how much went."""
    gone = db.execute(
        "DELETE FROM traffic WHERE (hour, kind) IN (SELECT hour, kind FROM traffic WHERE hour < ? OR"
        " (hour < ? AND kind LIKE '%.%') LIMIT ?)",
        (hour - DAYS_KEPT * 24, hour - LATENCY_DAYS * 24, PRUNED_AT_ONCE),
    ).rowcount
    return gone + db.execute("DELETE FROM traffic_senders WHERE day < ?", (hour // 24 - SENDER_DAYS,)).rowcount


def count_senders(db: sqlite3.Connection, counted: Mapping[tuple[int, str], int]) -> None:
    """More mail of a day (since 1970 UTC) from a site; "" stands for those beyond SITES_A_DAY."""
    held: dict[int, int] = {}
    for (day, site), number in counted.items():
        known = db.execute(
            "UPDATE traffic_senders SET messages = messages + ? WHERE day = ? AND site = ?", (number, day, site)
        )
        if known.rowcount:
            continue
        if day not in held:
            held[day] = db.execute("SELECT count(*) FROM traffic_senders WHERE day = ?", (day,)).fetchone()[0]
        db.execute(
            "INSERT INTO traffic_senders (day, site, messages) VALUES (?, ?, ?) ON CONFLICT (day, site)"
            " DO UPDATE SET messages = messages + excluded.messages",
            (day, site if held[day] < SITES_A_DAY else "", number),
        )
        held[day] += 1


def senders(db: sqlite3.Connection, day: int, limit: int) -> list[tuple[str, int]]:
    """Sites that sent most since a day, with how much; at most SENDER_DAYS * SITES_A_DAY rows are looked at."""
    return db.execute(
        "SELECT site, sum(messages) FROM traffic_senders WHERE day >= ? AND site <> '' GROUP BY site"
        " ORDER BY 2 DESC, site LIMIT ?",
        (day, limit),
    ).fetchall()
