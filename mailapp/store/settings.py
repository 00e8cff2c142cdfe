"""Settings that live in the database: name and value, both text."""

import sqlite3
from collections.abc import Mapping

from mailapp.store import audit


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


def change(db: sqlite3.Connection, values: Mapping[str, str], by: str, now_ms: int) -> bool:
    """Set several at once, and write down in the audit log what that changed; False where nothing did."""
    old = {name: get(db, name) for name in values}
    from_, to = audit.differences(old, dict(values))
    for name, value in values.items():
        if value != old[name]:
            set_(db, name, value)
    changed = old != dict(values)
    if changed:
        names = ", ".join(name for name, value in values.items() if value != old[name])
        audit.record(db, by, "setting.changed", from_, to, about=names, now_ms=now_ms)
    return changed
