"""Labels: words an account sticks on messages, with counters that leave out Junk and Trash.

Triggers of migration 0006 keep the counters, whoever changes a message.
"""

import sqlite3
from collections.abc import Sequence

from mailapp.store.names import NameTaken, TooMany
from mailapp.values import dataclass

LABELS = 200
"""Labels of one account."""


@dataclass(frozen=True, slots=True)
class Label:
    id: int
    name: str
    total: int = 0
    """Messages that bear it, Junk and Trash left out."""
    unread: int = 0


def of_account(db: sqlite3.Connection, account_id: int) -> list[Label]:
    """The account's labels by name."""
    rows = db.execute("SELECT id, name, total, unread FROM labels WHERE account_id = ?", (account_id,))
    return sorted((Label(*row) for row in rows), key=lambda each: (each.name.casefold(), each.id))


def get(db: sqlite3.Connection, account_id: int, label_id: int) -> Label:
    """Raises LookupError where the account has no such label."""
    row = db.execute(
        "SELECT id, name, total, unread FROM labels WHERE id = ? AND account_id = ?", (label_id, account_id)
    ).fetchone()
    if row is None:
        raise LookupError(label_id)
    return Label(*row)


def add(db: sqlite3.Connection, account_id: int, name: str, label_id: int | None = None) -> int:
    """Make a label; return its id. Raises NameTaken, TooMany."""
    held = of_account(db, account_id)
    _free(held, name)
    if len(held) >= LABELS:
        raise TooMany
    row = db.execute(
        "INSERT INTO labels (id, account_id, name) VALUES (?, ?, ?) RETURNING id", (label_id, account_id, name)
    ).fetchone()
    return int(row[0])


def find_or_add(db: sqlite3.Connection, account_id: int, name: str) -> int | None:
    """The label of this name, made where it is missing; None where there are too many."""
    held = of_account(db, account_id)
    found = next((each.id for each in held if each.name.casefold() == name.casefold()), None)
    return found if found is not None or len(held) >= LABELS else add(db, account_id, name)


def rename(db: sqlite3.Connection, account_id: int, label_id: int, name: str) -> None:
    """Raises NameTaken; LookupError where the account has no such label."""
    get(db, account_id, label_id)
    _free([each for each in of_account(db, account_id) if each.id != label_id], name)
    db.execute("UPDATE labels SET name = ? WHERE id = ?", (name, label_id))


def _free(held: Sequence[Label], name: str) -> None:
    if any(each.name.casefold() == name.casefold() for each in held):
        raise NameTaken(name)


def remove(db: sqlite3.Connection, account_id: int, label_id: int) -> None:
    """Forget a label that no message bears any more (`put_off`, in batches)."""
    db.execute("DELETE FROM labels WHERE id = ? AND account_id = ?", (label_id, account_id))


def of_messages(db: sqlite3.Connection, ids: Sequence[int]) -> dict[int, tuple[int, ...]]:
    """Label ids of messages, by message id; those without any are left out. The ids are the caller's."""
    found: dict[int, tuple[int, ...]] = {}
    marks = ", ".join("?" * len(ids))
    for message_id, label_id in db.execute(
        f"SELECT message_id, label_id FROM message_labels WHERE message_id IN ({marks}) ORDER BY label_id", ids
    ):
        found[message_id] = (*found.get(message_id, ()), label_id)
    return found


def put_on(db: sqlite3.Connection, label_id: int, ids: Sequence[int]) -> list[int]:
    """Label messages; return the ids that did not bear the label before. Label and ids are the caller's own."""
    rows = db.execute(
        "INSERT INTO message_labels (message_id, label_id, hidden)"
        " SELECT m.id, ?, ifnull(b.role IN ('junk', 'trash'), 0)"
        " FROM messages m JOIN mailboxes b ON b.id = m.mailbox_id"
        f" WHERE m.id IN ({', '.join('?' * len(ids))}) ON CONFLICT DO NOTHING RETURNING message_id",
        (label_id, *ids),
    )
    return [row[0] for row in rows.fetchall()]


def put_off(db: sqlite3.Connection, label_id: int, ids: Sequence[int]) -> list[int]:
    """Take a label off messages; return the ids that bore it."""
    rows = db.execute(
        f"DELETE FROM message_labels WHERE label_id = ? AND message_id IN ({', '.join('?' * len(ids))})"
        " RETURNING message_id",
        (label_id, *ids),
    )
    return [row[0] for row in rows.fetchall()]


def bearing(db: sqlite3.Connection, label_id: int, limit: int) -> list[int]:
    """Some messages that bear a label, wherever they lie."""
    rows = db.execute("SELECT message_id FROM message_labels WHERE label_id = ? LIMIT ?", (label_id, limit))
    return [row[0] for row in rows.fetchall()]
