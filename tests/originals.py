"""Databases as the original project made them, by its published schema."""

import contextlib
import sqlite3
from collections.abc import Sequence
from pathlib import Path

USERS = (
    "CREATE TABLE users (id INTEGER PRIMARY KEY AUTOINCREMENT, email TEXT UNIQUE NOT NULL, password_hash TEXT NOT NULL)"
)
EARLY = (
    "CREATE TABLE received_emails (id INTEGER PRIMARY KEY AUTOINCREMENT, recipient TEXT, sender TEXT,"
    " subject TEXT, body TEXT, body_type TEXT, timestamp DATETIME DEFAULT CURRENT_TIMESTAMP)"
)
LATE = EARLY[:-1] + ", is_read BOOLEAN DEFAULT 0)"
Row = tuple[object, ...]


def original(path: Path, users: Sequence[tuple[str, str]] = (), letters: Sequence[Row] = (), table: str = LATE) -> Path:
    """An emails.db. A letter is (recipient, sender, subject, body, body_type, timestamp) and, in late ones, is_read."""
    with contextlib.closing(sqlite3.connect(path)) as db:
        db.execute(USERS)
        db.execute(table)
        db.executemany("INSERT INTO users (email, password_hash) VALUES (?, ?)", users)
        columns = "recipient, sender, subject, body, body_type, timestamp" + (", is_read" if table == LATE else "")
        marks = ", ".join("?" * (7 if table == LATE else 6))
        db.executemany(f"INSERT INTO received_emails ({columns}) VALUES ({marks})", letters)
        db.commit()
    return path
