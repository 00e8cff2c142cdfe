"""Tokens that scripts and programs come in with: hashed at rest, scoped, perhaps limited to addresses, revocable."""

import sqlite3
from collections.abc import Sequence

from mailapp.values import dataclass

READ, CODES, SEND, MANAGE = "read", "codes", "send", "manage"
SCOPES = (READ, CODES, SEND, MANAGE)
MOST = 100
"""Tokens of one account."""
ADDRESSES = 50
"""Addresses one token may be limited to."""
NAME_LONGEST = 100


class TooManyTokens(Exception):
    """The account has MOST tokens already."""


@dataclass(frozen=True, slots=True)
class Token:
    """Everything about a token but the token; times in ms since 1970 UTC."""

    id: int
    account_id: int
    name: str
    scopes: tuple[str, ...]
    addresses: tuple[str, ...]
    """Folded; () for all mail of the account."""
    created_at: int
    expires_at: int | None
    """None: never."""
    used_at: int | None
    """When it was last used, as of the last minute; None: never."""


@dataclass(frozen=True, slots=True)
class NewToken:
    """What is chosen about a token."""

    scopes: tuple[str, ...]
    addresses: tuple[str, ...] = ()
    name: str = ""
    expires_at: int | None = None


_COLUMNS = "id, account_id, name, scopes, addresses, created_at, expires_at, used_at"


def add(db: sqlite3.Connection, account_id: int, token_hash: bytes, new: NewToken, now_ms: int) -> Token:
    """Write a token; values are checked by the caller. Raises TooManyTokens."""
    held = db.execute("SELECT count(*) FROM tokens WHERE account_id = ?", (account_id,)).fetchone()[0]
    if held >= MOST:
        raise TooManyTokens(account_id)
    row = db.execute(
        "INSERT INTO tokens (account_id, hash, name, scopes, addresses, created_at, expires_at)"
        f" VALUES (?, ?, ?, ?, ?, ?, ?) RETURNING {_COLUMNS}",
        (
            account_id,
            token_hash,
            new.name[:NAME_LONGEST],
            " ".join(new.scopes),
            "\n".join(new.addresses),
            now_ms,
            new.expires_at,
        ),
    ).fetchone()
    return _token(row)


def find(db: sqlite3.Connection, token_hash: bytes) -> Token | None:
    row = db.execute(f"SELECT {_COLUMNS} FROM tokens WHERE hash = ?", (token_hash,)).fetchone()
    return None if row is None else _token(row)


def get(db: sqlite3.Connection, token_id: int) -> Token | None:
    row = db.execute(f"SELECT {_COLUMNS} FROM tokens WHERE id = ?", (token_id,)).fetchone()
    return None if row is None else _token(row)


def of_account(db: sqlite3.Connection, account_id: int) -> list[Token]:
    """The account's tokens, the newest first."""
    rows = db.execute(f"SELECT {_COLUMNS} FROM tokens WHERE account_id = ? ORDER BY id DESC", (account_id,))
    return [_token(row) for row in rows.fetchall()]


def note_use(db: sqlite3.Connection, token_id: int, now_ms: int) -> None:
    db.execute("UPDATE tokens SET used_at = ? WHERE id = ?", (now_ms, token_id))


def remove(db: sqlite3.Connection, account_id: int, token_id: int) -> bool:
    """Revoke a token of the account; False where it has no such one."""
    return db.execute("DELETE FROM tokens WHERE id = ? AND account_id = ?", (token_id, account_id)).rowcount > 0


def remove_all(db: sqlite3.Connection, account_id: int) -> int:
    """Revoke every token of an account; how many there were."""
    return db.execute("DELETE FROM tokens WHERE account_id = ?", (account_id,)).rowcount


def _token(row: Sequence[object]) -> Token:
    token_id, account_id, name, scopes, addresses, *times = row
    limits = tuple(str(addresses).split("\n")) if addresses else ()
    return Token(token_id, account_id, name, tuple(str(scopes).split()), limits, *times)  # type: ignore[arg-type]
