"""Quotas: how much an account may hold, beside the counter of what it does."""

import sqlite3

from mailapp.values import dataclass

WARN_PERCENT = 90


@dataclass(slots=True)
class Usage:
    """Bytes of an account that has a quota."""

    used: int
    quota: int

    @property
    def is_full(self) -> bool:
        return self.used >= self.quota


@dataclass(frozen=True, slots=True)
class NearlyFull:
    """An account that is to be told."""

    account_id: int
    address: str
    language: str
    """"" where it chose none."""
    used: int
    quota: int


def limited(db: sqlite3.Connection) -> dict[int, Usage]:
    """Every account that has a quota, by id."""
    rows = db.execute("SELECT id, bytes_used, quota FROM accounts INDEXED BY accounts_limited WHERE quota > 0")
    return {account_id: Usage(used, quota) for account_id, used, quota in rows.fetchall()}


def of(db: sqlite3.Connection, account_id: int) -> Usage:
    """One account's; a quota of 0 is no limit. Raises LookupError."""
    row = db.execute("SELECT bytes_used, quota FROM accounts WHERE id = ?", (account_id,)).fetchone()
    if row is None:
        raise LookupError(account_id)
    return Usage(*row)


def fits(db: sqlite3.Connection, account_id: int, size: int) -> bool:
    """Whether an account has room for so many bytes more. Raises LookupError."""
    usage = of(db, account_id)
    return not usage.quota or usage.used + size <= usage.quota


def drafted(db: sqlite3.Connection, account_id: int) -> int:
    """Bytes of what is written in all drafts of an account, without attachments."""
    row = db.execute(
        "SELECT ifnull(sum(length(CAST(fields AS BLOB))), 0) FROM drafts"
        " WHERE account_id = ? AND message_id IS NOT NULL",
        (account_id,),
    )
    return int(row.fetchone()[0])


def set_(db: sqlite3.Connection, account_id: int, quota: int) -> None:
    """Let an account hold so many bytes, 0 for any number. One that is nearly full is told anew."""
    db.execute("UPDATE accounts SET quota = ?, quota_warned = 0 WHERE id = ?", (quota, account_id))


def nearly_full(db: sqlite3.Connection, limit: int) -> list[NearlyFull]:
    """Active accounts that have reached WARN_PERCENT and have not been told."""
    rows = db.execute(
        "SELECT id, address, language, bytes_used, quota FROM accounts INDEXED BY accounts_limited"
        " WHERE quota > 0 AND quota_warned = 0 AND state = 'active' AND bytes_used * 100 >= quota * ?"
        " AND id NOT IN (SELECT account_id FROM account_erasures) LIMIT ?",
        (WARN_PERCENT, limit),
    )
    return [NearlyFull(*row) for row in rows.fetchall()]


def set_warned(db: sqlite3.Connection, account_id: int) -> None:
    db.execute("UPDATE accounts SET quota_warned = 1 WHERE id = ?", (account_id,))


_RELIEVED = "quota_warned = 1 AND bytes_used * 100 < quota * ?"


def are_relieved(db: sqlite3.Connection) -> bool:
    """Whether an account that was told has fallen below WARN_PERCENT."""
    found = db.execute(
        f"SELECT 1 FROM accounts INDEXED BY accounts_limited WHERE quota > 0 AND {_RELIEVED} LIMIT 1", (WARN_PERCENT,)
    )
    return found.fetchone() is not None


def relieve(db: sqlite3.Connection) -> None:
    """Let those be told again, should they fill up once more."""
    db.execute(f"UPDATE accounts SET quota_warned = 0 WHERE quota > 0 AND {_RELIEVED}", (WARN_PERCENT,))
