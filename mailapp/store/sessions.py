"""Sessions of the browser: random token, hashed at rest, revocable, expiring."""

import hashlib
import sqlite3

from mailapp.values import dataclass


@dataclass(frozen=True, slots=True)
class Session:
    token_hash: bytes
    account_id: int
    created_at: int
    seen_at: int
    expires_at: int


_COLUMNS = "token_hash, account_id, created_at, seen_at, expires_at"


def add(db: sqlite3.Connection, session: Session, user_agent: str, peer: str) -> None:
    db.execute(
        f"INSERT INTO sessions ({_COLUMNS}, user_agent, peer) VALUES (?, ?, ?, ?, ?, ?, ?)",
        (
            session.token_hash,
            session.account_id,
            session.created_at,
            session.seen_at,
            session.expires_at,
            user_agent[:300],
            peer[:64],
        ),
    )


def find(db: sqlite3.Connection, token_hash: bytes) -> Session | None:
    row = db.execute(f"SELECT {_COLUMNS} FROM sessions WHERE token_hash = ?", (token_hash,)).fetchone()
    return None if row is None else Session(*row)


@dataclass(frozen=True, slots=True)
class Device:
    """A session as its owner sees it."""

    token_hash: bytes
    created_at: int
    """ms since 1970 UTC, like `seen_at`."""
    seen_at: int
    user_agent: str
    peer: str

    @property
    def name(self) -> str:
        """What a form calls it: nobody can log in with it, nor find the session's hash from it."""
        return hashlib.sha256(b"session" + self.token_hash).hexdigest()[:24]


def of_account(db: sqlite3.Connection, account_id: int, now_ms: int, limit: int) -> list[Device]:
    """The account's sessions that still stand, the last used first."""
    rows = db.execute(
        "SELECT token_hash, created_at, seen_at, user_agent, peer FROM sessions"
        " WHERE account_id = ? AND expires_at > ? ORDER BY seen_at DESC, created_at DESC LIMIT ?",
        (account_id, now_ms, limit),
    )
    return [Device(*row) for row in rows.fetchall()]


def extend(db: sqlite3.Connection, token_hash: bytes, seen_at: int, expires_at: int) -> None:
    db.execute(
        "UPDATE sessions SET seen_at = ?, expires_at = ? WHERE token_hash = ?", (seen_at, expires_at, token_hash)
    )


def known_peer(db: sqlite3.Connection, account_id: int, peer: str) -> bool:
    """Whether the account has a session that began at this client address."""
    row = db.execute("SELECT 1 FROM sessions WHERE account_id = ? AND peer = ? LIMIT 1", (account_id, peer[:64]))
    return row.fetchone() is not None


def remove(db: sqlite3.Connection, token_hash: bytes) -> None:
    db.execute("DELETE FROM sessions WHERE token_hash = ?", (token_hash,))


def remove_all(db: sqlite3.Connection, account_id: int, *, but: bytes | None = None) -> None:
    """End every session of an account, except the one with the hash `but`."""
    db.execute("DELETE FROM sessions WHERE account_id = ? AND token_hash IS NOT ?", (account_id, but))


def remove_expired(db: sqlite3.Connection, now_ms: int) -> None:
    db.execute("DELETE FROM sessions WHERE expires_at <= ?", (now_ms,))
