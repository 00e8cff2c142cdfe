"""Rows of the full-text tables (store/search_rows.py): written once, taken out with the same words.

`account` holds words of our own: whose message it is, and what of it never changes and is searched for.
"""

import json
import sqlite3
from collections.abc import Sequence
from functools import lru_cache

from mailapp.mail import words as words_
from mailapp.store.contents import Words
from mailapp.store.search_rows import BY_ID, DENSE

WITH_FILES = "p"
"""Word of a message with attachments."""


def account_word(account_id: int) -> str:
    return f"a{account_id}"


def size_word(bits: int) -> str:
    """Word of messages whose size has so many binary digits."""
    return f"z{bits}"


def account_words(account_id: int, version: int, addressees: tuple[str, ...], size: int, files: int) -> str:
    """The account column of a message: `version` is its words' (0 for drafts, whose size still changes)."""
    if version < 2:
        return account_word(account_id)
    return _account_words(account_id, addressees, size.bit_length(), files > 0)


@lru_cache(maxsize=4_096)
def _account_words(account_id: int, addressees: tuple[str, ...], bits: int, files: bool) -> str:
    found = [account_word(account_id), size_word(bits)]
    if files:
        found.append(WITH_FILES)
    # the envelope's recipients: the address somebody gave away is found although no field names it
    found += [words_.tagged(words_.index_words(address), words_.TO) for address in addressees]
    return " ".join(found)


def add(db: sqlite3.Connection, message_id: int, number: int, account: str, words: Words) -> None:
    """Index a message. SQLite 3.40 cannot take a rowid that was indexed before, not even a deleted one."""
    table, row = _place(message_id, number)
    db.execute(
        f"INSERT INTO {table} (rowid, account, subject, people, body, files) VALUES (?, ?, ?, ?, ?, ?)",
        (row, account, *words.columns),
    )


def add_stored(db: sqlite3.Connection, wanted: Sequence[tuple[int, int, str]]) -> None:
    """Index several messages, (id, number, account column) each, in one statement for each table, by the words kept
    with their contents. In the order of rows, for where one lies before the last, FTS5 writes out what it holds.
    """
    tables: dict[str, list[tuple[int, int, str]]] = {}
    for message_id, number, account in wanted:
        table, row = _place(message_id, number)
        tables.setdefault(table, []).append((row, message_id, account))
    for table, rows in tables.items():
        db.execute(
            f"INSERT INTO {table} (rowid, account, subject, people, body, files)"
            " SELECT wanted.value ->> 0, wanted.value ->> 2, c.words_subject, c.words_people, c.words_body,"
            " c.words_files FROM json_each(?) wanted CROSS JOIN messages m ON m.id = wanted.value ->> 1"
            " CROSS JOIN contents c ON c.id = m.content_id",
            (json.dumps(sorted(rows)),),
        )


def remove(db: sqlite3.Connection, message_id: int, number: int, account: str, words: Words) -> None:
    """Take a message out: the words must be those it was indexed with."""
    table, row = _place(message_id, number)
    db.execute(
        f"INSERT INTO {table} ({table}, rowid, account, subject, people, body, files)"
        " VALUES ('delete', ?, ?, ?, ?, ?, ?)",
        (row, account, *words.columns),
    )


def _place(message_id: int, number: int) -> tuple[str, int]:
    """(table, rowid) of a message."""
    return (DENSE.name, number) if number else (BY_ID.name, message_id)
