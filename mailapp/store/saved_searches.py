"""Searches an account keeps in its side bar."""

import sqlite3

from mailapp.values import dataclass

MOST = 50
"""Searches an account may keep."""


class NameTaken(Exception):
    """The account has another saved search of this name."""


class TooMany(Exception):
    """The account keeps MOST searches already."""


@dataclass(frozen=True, slots=True)
class SavedSearch:
    id: int
    name: str
    query: str


def of_account(db: sqlite3.Connection, account_id: int) -> list[SavedSearch]:
    """In the order they were saved in."""
    rows = db.execute("SELECT id, name, query FROM saved_searches WHERE account_id = ? ORDER BY id", (account_id,))
    return [SavedSearch(*row) for row in rows]


def add(db: sqlite3.Connection, account_id: int, name: str, query: str, now_ms: int) -> int:
    """Keep a search; its id. Raises NameTaken, TooMany."""
    if db.execute("SELECT count(*) FROM saved_searches WHERE account_id = ?", (account_id,)).fetchone()[0] >= MOST:
        raise TooMany
    _free(db, account_id, name, 0)
    row = db.execute(
        "INSERT INTO saved_searches (account_id, name, query, created_at) VALUES (?, ?, ?, ?) RETURNING id",
        (account_id, name, query, now_ms),
    ).fetchone()
    return int(row[0])


def rename(db: sqlite3.Connection, account_id: int, search_id: int, name: str) -> bool:
    """Whether the account has it. Raises NameTaken."""
    _free(db, account_id, name, search_id)
    found = db.execute(
        "UPDATE saved_searches SET name = ? WHERE id = ? AND account_id = ?", (name, search_id, account_id)
    )
    return found.rowcount > 0


def remove(db: sqlite3.Connection, account_id: int, search_id: int) -> SavedSearch | None:
    """The search that was removed, None where the account had no such one."""
    row = db.execute(
        "DELETE FROM saved_searches WHERE id = ? AND account_id = ? RETURNING id, name, query", (search_id, account_id)
    ).fetchone()
    return SavedSearch(*row) if row else None


def _free(db: sqlite3.Connection, account_id: int, name: str, search_id: int) -> None:
    row = db.execute(
        "SELECT 1 FROM saved_searches WHERE account_id = ? AND name = ? AND id <> ?", (account_id, name, search_id)
    ).fetchone()
    if row is not None:
        raise NameTaken(name)
