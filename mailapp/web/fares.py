"""How the sent mail of a list fares: read only for lists that show it."""

import sqlite3
from collections.abc import Iterable

from mailapp.store import queue_view as queue
from mailapp.store.messages import MessageRow
from mailapp.store.queue import Summary

HOLD_SENT = ("sent", "starred", "all", "archive", "label", "")
"""Roles of the lists that show it."""


def fares_of(db: sqlite3.Connection, role: str, rows: Iterable[MessageRow]) -> dict[int, Summary]:
    """Summaries of the sent messages among `rows`, by id; {}, and no query, for all other lists."""
    if role not in HOLD_SENT:
        return {}
    ids = [each.id for each in rows if each.to_count and not each.draft]
    return queue.summaries(db, ids) if ids else {}
