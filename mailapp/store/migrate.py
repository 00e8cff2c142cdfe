"""Applies migrations/NNNN_name.sql in order, forward only, each in a transaction of its own."""

import os
import re
import sqlite3
from pathlib import Path

from mailapp import resources


class MigrationError(Exception):
    """The database cannot be brought to this release's schema."""


def scripts() -> list[tuple[int, Path]]:
    """Every migration as (number, file), in order. Raises MigrationError where a number is missing."""
    found = sorted((resources.root() / "migrations").glob("*.sql"))
    numbered = [(int(path.name[:4]), path) for path in found if re.match(r"\d{4}_", path.name)]
    if [number for number, _ in numbered] != list(range(1, len(numbered) + 1)):
        raise MigrationError("migrations are not numbered 0001, 0002 ... without a gap")
    return numbered


def prepare(path: Path) -> None:
    """Create the database file (0600) and its directory (0700) where missing, and apply what is not yet applied."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not path.exists():
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    db = sqlite3.connect(path, timeout=10, isolation_level=None)
    try:
        # before the first table, or never; page_size likewise
        if db.execute("PRAGMA page_count").fetchone()[0] == 0:
            db.execute("PRAGMA auto_vacuum = INCREMENTAL")
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = FULL")
        apply(db, scripts())
    finally:
        db.close()


def apply(db: sqlite3.Connection, migrations: list[tuple[int, Path]]) -> None:
    """Apply the migrations above the database's user_version. A newer database than the code is left alone."""
    for number, path in migrations:
        db.execute("BEGIN IMMEDIATE")
        try:
            # asked again inside the lock: the server and the command line may start together
            if db.execute("PRAGMA user_version").fetchone()[0] < number:
                for statement in _statements(path.read_text(encoding="utf-8")):
                    db.execute(statement)
                db.execute(f"PRAGMA user_version = {number}")
            db.execute("COMMIT")
        except BaseException as error:
            db.execute("ROLLBACK")
            if isinstance(error, sqlite3.Error):
                raise MigrationError(f"{path.name}: {error}") from error
            raise


def _statements(script: str) -> list[str]:
    """Split at semicolons that end a statement; executescript would commit by itself."""
    statements, current = [], ""
    for line in script.splitlines(keepends=True):
        current += line
        if line.rstrip().endswith(";") and sqlite3.complete_statement(current):
            statements.append(current)
            current = ""
    if re.sub(r"--[^\n]*|\s", "", current):
        raise MigrationError("a statement has no end")
    return statements
