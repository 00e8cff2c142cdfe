"""The database of the project mailapp took over from: `users` and `received_emails`, read and never written."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

from mailapp.values import dataclass

AT_ONCE = 200
LONGEST = 32 * 1024 * 1024
"""Characters of one field; the original took no mail larger than aiosmtpd's 33,554,432 bytes."""


class NotTheOriginal(Exception):
    """The file is no database of the original, or cannot be read."""


@dataclass(frozen=True, slots=True)
class User:
    email: str
    """An address, or the name of its admin, who had none."""
    password_hash: str
    """Werkzeug's."""


@dataclass(frozen=True, slots=True)
class Letter:
    id: int
    recipient: str
    """One or more addresses, comma-separated."""
    sender: str
    subject: str
    body: str
    body_type: str
    """text/html, or what else the part was called."""
    timestamp: str
    """YYYY-MM-DD HH:MM:SS in UTC."""
    seen: bool


class Original:
    """An open emails.db of the original. Use as a context manager."""

    def __init__(self, path: Path) -> None:
        """Raises NotTheOriginal."""
        try:
            self._db = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)
            self._users = _columns(self._db, "users")
            self._letters = _columns(self._db, "received_emails")
        except sqlite3.Error as error:
            raise NotTheOriginal(str(error)) from error
        if not {"recipient", "sender", "subject", "body", "timestamp"} <= self._letters:
            self._db.close()
            raise NotTheOriginal("it has no received_emails")

    def __enter__(self) -> "Original":
        return self

    def __exit__(self, *_: object) -> None:
        self._db.close()

    def users(self) -> list[User]:
        """Everybody who could log in; [] where the release before users was in use."""
        if not {"email", "password_hash"} <= self._users:
            return []
        rows = self._db.execute("SELECT email, password_hash FROM users ORDER BY id")
        return [User(_text(email).strip(), _text(hashed)) for email, hashed in rows]

    def count(self) -> int:
        return int(self._db.execute("SELECT count(*) FROM received_emails").fetchone()[0])

    def letters(self) -> Iterator[Letter]:
        """Every letter, oldest first, a few in memory at a time. Raises NotTheOriginal where the file is damaged."""
        seen = "is_read" if "is_read" in self._letters else "0"
        typed = "body_type" if "body_type" in self._letters else "'text/plain'"
        asked = (
            f"SELECT id, recipient, sender, subject, substr(body, 1, {LONGEST}), {typed}, timestamp, {seen}"
            " FROM received_emails WHERE id > ? ORDER BY id LIMIT ?"
        )
        after = -(1 << 63)
        try:
            while rows := self._db.execute(asked, (after, AT_ONCE)).fetchall():
                for number, *fields, read in rows:
                    recipient, sender, subject, body, kind, at = map(_text, fields)
                    yield Letter(int(number), recipient, sender, subject, body, kind, at, bool(read))
                after = rows[-1][0]
        except sqlite3.Error as error:
            raise NotTheOriginal(str(error)) from error


def _columns(db: sqlite3.Connection, table: str) -> set[str]:
    return {row[1] for row in db.execute(f"PRAGMA table_info({table})")}


def _text(value: object) -> str:
    """SQLite keeps whatever it is given in a column."""
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return "" if value is None else str(value)
