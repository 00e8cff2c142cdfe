"""Links with which somebody chooses an account's password: random token, hashed at rest, one for an account."""

import sqlite3


def put(db: sqlite3.Connection, account_id: int, token_hash: bytes, now_ms: int, expires_at: int) -> None:
    """Make the account's link; one before no longer works. Times are ms since 1970 UTC."""
    db.execute(
        "INSERT OR REPLACE INTO account_links (account_id, token_hash, created_at, expires_at) VALUES (?, ?, ?, ?)",
        (account_id, token_hash, now_ms, expires_at),
    )


def account_of(db: sqlite3.Connection, token_hash: bytes, now_ms: int) -> int | None:
    """The account a link is for; None where it is used, replaced, or has ended."""
    row = db.execute(
        "SELECT account_id FROM account_links WHERE token_hash = ? AND expires_at > ?", (token_hash, now_ms)
    ).fetchone()
    return None if row is None else int(row[0])


def is_invitation(db: sqlite3.Connection, account_id: int) -> bool:
    """Whether a link of this account lets somebody in for the first time: nobody has ever logged in to it."""
    row = db.execute("SELECT last_login_at FROM accounts WHERE id = ?", (account_id,)).fetchone()
    return row is not None and row[0] is None


def open_invitations(db: sqlite3.Connection, now_ms: int, but: int = 0) -> int:
    """How many invitations are out that still work, but for that of one account."""
    return int(
        db.execute(
            "SELECT count(*) FROM account_links l JOIN accounts a ON a.id = l.account_id"
            " WHERE l.expires_at > ? AND l.account_id <> ? AND a.last_login_at IS NULL AND a.state = 'active'",
            (now_ms, but),
        ).fetchone()[0]
    )


def remove(db: sqlite3.Connection, account_id: int) -> None:
    db.execute("DELETE FROM account_links WHERE account_id = ?", (account_id,))
