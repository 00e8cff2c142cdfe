"""Mailboxes (on screen: folders) with their counters."""

import sqlite3
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Mailbox:
    id: int
    role: str | None
    """inbox, drafts, sent, archive, junk, trash, or None for one of the account's own."""
    name: str
    """"" for those with a role: their name is the reader's language's word."""
    total: int
    unread: int


def of_account(db: sqlite3.Connection, account_id: int) -> list[Mailbox]:
    rows = db.execute(
        "SELECT id, role, name, total, unread FROM mailboxes WHERE account_id = ? ORDER BY id", (account_id,)
    )
    return [Mailbox(*row) for row in rows]


def by_role(db: sqlite3.Connection, account_id: int, role: str) -> int:
    """Id of the account's mailbox with a role. Raises LookupError where the account is gone."""
    row = db.execute("SELECT id FROM mailboxes WHERE account_id = ? AND role = ?", (account_id, role)).fetchone()
    if row is None:
        raise LookupError(role)
    return int(row[0])


def add_counts(db: sqlite3.Connection, mailbox_id: int, total: int, unread: int) -> None:
    db.execute("UPDATE mailboxes SET total = total + ?, unread = unread + ? WHERE id = ?", (total, unread, mailbox_id))
