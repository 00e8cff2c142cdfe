"""Where the full-text row of a message stands.

`search_dense` numbers its rows one after another in the order of message ids, which halves the index: FTS5 stores
differences between rows. A number is given once, and only to a message newer than all that have one. What else there is
(mail of the release before until it is moved, drafts, mail whose id lies before one that has a number) stands in
`search` under its id. A search asks both and merges them.
"""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

from mailapp.store import bulk


@dataclass(frozen=True, slots=True)
class Table:
    """A full-text table as part of a SELECT: its rows are `s`."""

    name: str
    joined: str
    id: str
    """The message's id."""
    also: str
    """Condition on a row; its question mark stands for the account."""


DENSE = Table("search_dense", " CROSS JOIN search_numbers n ON n.number = s.rowid", "n.message_id", "")
BY_ID = Table(
    "search",
    "",
    "s.rowid",
    # a row that was moved stands there until all are
    " AND EXISTS (SELECT 1 FROM messages x INDEXED BY messages_by_id_searched"
    " WHERE x.account_id = ? AND x.id = s.rowid AND x.search_number = 0 AND x.draft = 0)",
)

HOLDS = (
    "CASE WHEN m.search_number > 0"
    " THEN EXISTS (SELECT 1 FROM search_dense WHERE search_dense MATCH ? AND rowid = m.search_number)"
    " ELSE EXISTS (SELECT 1 FROM search WHERE search MATCH ? AND rowid = m.id) END"
)
"""Whether the full text of a message m answers an expression, which is given twice."""


def give(db: sqlite3.Connection, ids: Sequence[int]) -> list[int]:
    """Number messages, in their order; 0 for one that stands in `search` by its id."""
    last, newest = db.execute(
        "SELECT (SELECT seq FROM sqlite_sequence WHERE name = 'search_numbers'),"
        " (SELECT message_id FROM search_numbers ORDER BY number DESC LIMIT 1)"
    ).fetchone()
    newest = newest or 0
    numbers, rows = [], []
    for message_id in ids:
        if message_id <= newest:
            numbers.append(0)
            continue
        newest, last = message_id, last + 1
        numbers.append(last)
        rows.append((last, message_id))
    bulk.insert(db, "search_numbers", "number, message_id", rows)
    return numbers


def ends(db: sqlite3.Connection) -> tuple[int, int]:
    """(the lowest number there is, one more than the highest)."""
    low, high = db.execute(
        "SELECT (SELECT min(number) FROM search_numbers), (SELECT max(number) FROM search_numbers)"
    ).fetchone()
    return (0, 0) if high is None else (low, high + 1)


def first_from(db: sqlite3.Connection, message_id: int) -> int:
    """A number that parts the rows: all from it on are of this message id or higher ones, all before it of lower."""
    low, high = ends(db)
    row = db.execute("SELECT message_id FROM search_numbers WHERE number = ?", (high - 1,)).fetchone()
    if row is None or message_id > row[0]:
        return high
    if message_id <= id_from(db, low):
        return low
    while low < high:
        middle = (low + high) // 2
        number, found = _from(db, middle)
        low, high = (low, middle) if found >= message_id else (number + 1, high)
    return low


def id_from(db: sqlite3.Connection, number: int) -> int:
    """The message of the first row from a number on."""
    return _from(db, number)[1]


def id_before(db: sqlite3.Connection, number: int) -> int:
    """The message of the last row before a number."""
    row = db.execute(
        "SELECT message_id FROM search_numbers WHERE number < ? ORDER BY number DESC LIMIT 1", (number,)
    ).fetchone()
    return int(row[0]) if row else 0


def _from(db: sqlite3.Connection, number: int) -> tuple[int, int]:
    row = db.execute(
        "SELECT number, message_id FROM search_numbers WHERE number >= ? ORDER BY number LIMIT 1", (number,)
    ).fetchone()
    return (int(row[0]), int(row[1])) if row else (number, 1 << 62)


def ids_by_id(db: sqlite3.Connection, account_id: int) -> tuple[int, int]:
    """(lowest, highest) id of the account's messages that stand in `search`; (0, -1) where there are none."""
    where = "FROM messages INDEXED BY messages_by_id_searched WHERE account_id = ? AND search_number = 0 AND draft = 0"
    low, high = db.execute(
        f"SELECT (SELECT min(id) {where}), (SELECT max(id) {where})", (account_id, account_id)
    ).fetchone()
    return (0, -1) if high is None else (low, high)
