"""Many rows in few statements.

Every statement gives up the interpreter's lock and takes it back. While the event loop is busy that takes up to a
switch interval each time: what a batch of deliveries costs is its number of statements more than the rows they write.
"""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Any

LONGEST = 32
"""Rows of one statement. Numbers of rows are powers of two, so that few statements are prepared, and kept."""
HEAVY = 1_048_576
"""Characters or bytes one statement may bind: SQLite copies them all before it begins."""

Row = Sequence[Any]


def insert(db: sqlite3.Connection, table: str, columns: str, rows: Sequence[Row], heavy: int | None = None) -> None:
    """Insert rows in their order; `columns` as SQL, `heavy` the place of the one that may be long.

    OR FAIL: a row that cannot be leaves those before it, for whoever runs the unit of work takes everything back. With
    SQLite's usual ABORT each statement would begin a transaction of its own inside, at which FTS5 writes its index out.
    """
    width = columns.count(",") + 1
    for piece in slices(rows, heavy):
        db.execute(_insert(table, columns, width, len(piece)), [value for row in piece for value in row])


def marks(width: int, count: int) -> str:
    """(?, ?), (?, ?) for so many rows."""
    return ", ".join([f"({', '.join('?' * width)})"] * count)


def slices(rows: Sequence[Row], heavy: int | None = None) -> Iterator[Sequence[Row]]:
    """Rows in runs of LONGEST, half of that, and so on; of long ones fewer."""
    at = 0
    while at < len(rows):
        count = min(LONGEST, 1 << ((len(rows) - at).bit_length() - 1))
        while heavy is not None and count > 1 and _weight(rows[at : at + count], heavy) > HEAVY:
            count >>= 1
        yield rows[at : at + count]
        at += count


def _weight(rows: Iterable[Row], heavy: int) -> int:
    return sum(len(row[heavy]) for row in rows)


@lru_cache(maxsize=256)
def _insert(table: str, columns: str, width: int, count: int) -> str:
    return f"INSERT OR FAIL INTO {table} ({columns}) VALUES {marks(width, count)}"


def last_id(db: sqlite3.Connection, table: str) -> int:
    """The highest id an AUTOINCREMENT table ever gave out, 0 before the first.

    Rows written with ids above it, in the transaction of this look, get what the table would give them by itself.
    """
    row = db.execute("SELECT seq FROM sqlite_sequence WHERE name = ?", (table,)).fetchone()
    return 0 if row is None else int(row[0])
