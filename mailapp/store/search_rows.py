"""Where the full-text row of a message stands.

`search_dense` numbers the rows of each account one after another in the order of message ids. FTS5 stores differences
between rows, so this halves the index, and an account's rows lie together: others' mail is not walked through. A number
is given once, and only to a message newer than all of the account that have one. What else there is (mail of the
release before until it is moved, drafts, mail whose id lies before one that has a number) stands in `search` under its
id. A search asks both and merges them.
"""

import sqlite3
from collections.abc import Sequence

from mailapp.store import bulk
from mailapp.values import dataclass

ACCOUNT_BITS = 26
"""Numbers of one account: 2 to the power of this. What comes after them stands in `search`."""


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


def number_of(account_id: int, given: int) -> int:
    """The number an account's `given`th row has."""
    return (account_id << ACCOUNT_BITS) + given


def give(db: sqlite3.Connection, account_id: int, ids: Sequence[int]) -> list[int]:
    """Number an account's messages, in the order of their ids; 0 for one that stands in `search`."""
    given, newest = db.execute(
        "SELECT search_given, (SELECT message_id FROM search_numbers WHERE number > ? AND number < ?"
        " ORDER BY number DESC LIMIT 1) FROM accounts WHERE id = ?",
        (number_of(account_id, 0), number_of(account_id + 1, 0), account_id),
    ).fetchone()
    newest, before = newest or 0, given
    numbers = []
    for message_id in ids:
        if message_id <= newest or given + 1 >> ACCOUNT_BITS:
            numbers.append(0)
            continue
        newest, given = message_id, given + 1
        numbers.append(number_of(account_id, given))
    if given > before:
        rows = [(number, message_id) for number, message_id in zip(numbers, ids, strict=True) if number]
        bulk.insert(db, "search_numbers", "number, message_id", rows)
        db.execute("UPDATE accounts SET search_given = ? WHERE id = ?", (given, account_id))
    return numbers


def ends(db: sqlite3.Connection, account_id: int) -> tuple[int, int]:
    """(the account's lowest number, one more than its highest); equal where it has none."""
    low, high = number_of(account_id, 0), number_of(account_id + 1, 0)
    first, last = db.execute(
        "SELECT (SELECT min(number) FROM search_numbers WHERE number > ?1 AND number < ?2),"
        " (SELECT max(number) FROM search_numbers WHERE number > ?1 AND number < ?2)",
        (low, high),
    ).fetchone()
    return (low, low) if last is None else (first, last + 1)


def first_from(db: sqlite3.Connection, account_id: int, message_id: int) -> int:
    """A number that parts an account's rows: all from it on are of this id or higher ones, all before it of lower."""
    low, high = ends(db, account_id)
    if low == high or message_id > id_before(db, high):
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
