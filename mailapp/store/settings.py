"""Settings that live in the database: name and value, both text."""

import sqlite3


def get(db: sqlite3.Connection, name: str, default: str = "") -> str:
    row = db.execute("SELECT value FROM settings WHERE name = ?", (name,)).fetchone()
    return default if row is None else str(row[0])


def number(db: sqlite3.Connection, name: str, default: int) -> int:
    """A setting that is a number from 0 up; the default where it says anything else."""
    value = get(db, name)
    return int(value) if value.isascii() and value.isdigit() else default


def set_(db: sqlite3.Connection, name: str, value: str) -> None:
    db.execute(
        "INSERT INTO settings (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        (name, value),
    )


def remove(db: sqlite3.Connection, name: str) -> None:
    db.execute("DELETE FROM settings WHERE name = ?", (name,))
