"""Mailboxes (on screen: folders) with their counters; those of the account's own lie in each other."""

import sqlite3
from collections.abc import Iterable, Sequence

from mailapp.store.names import NameTaken, NotInItself, TooDeep, TooMany
from mailapp.values import dataclass

OWN = 200
"""Folders of one's own an account may have."""
DEPTH = 6
"""How many of them may lie in each other."""
HIDDEN = ("trash", "junk")
"""Roles that lists across mailboxes leave out, and that empty themselves."""


@dataclass(frozen=True, slots=True)
class Mailbox:
    id: int
    role: str | None
    """inbox, drafts, sent, archive, junk, trash, or None for one of the account's own."""
    name: str
    """"" for those with a role: their name is the reader's language's word."""
    total: int
    unread: int
    parent_id: int | None = None
    """The folder of the account's own it lies in."""


def of_account(db: sqlite3.Connection, account_id: int) -> list[Mailbox]:
    rows = db.execute(
        "SELECT id, role, name, total, unread, parent_id FROM mailboxes WHERE account_id = ? ORDER BY id", (account_id,)
    )
    return [Mailbox(*row) for row in rows]


def by_role(db: sqlite3.Connection, account_id: int, role: str) -> int:
    """Id of the account's mailbox with a role. Raises LookupError where the account is gone."""
    row = db.execute("SELECT id FROM mailboxes WHERE account_id = ? AND role = ?", (account_id, role)).fetchone()
    if row is None:
        raise LookupError(role)
    return int(row[0])


def role_of(db: sqlite3.Connection, account_id: int, mailbox_id: int) -> str | None:
    """The role of a mailbox, None for one of the account's own. Raises LookupError for a foreign one."""
    row = db.execute("SELECT role FROM mailboxes WHERE id = ? AND account_id = ?", (mailbox_id, account_id)).fetchone()
    if row is None:
        raise LookupError(mailbox_id)
    return row[0]  # type: ignore[no-any-return]


def shown(db: sqlite3.Connection, account_id: int) -> list[int]:
    """Ids of the mailboxes that lists across mailboxes show."""
    rows = db.execute(
        "SELECT id FROM mailboxes WHERE account_id = ? AND ifnull(role, '') NOT IN ('trash', 'junk')", (account_id,)
    )
    return [row[0] for row in rows]


def add_counts(db: sqlite3.Connection, mailbox_id: int, total: int, unread: int) -> None:
    db.execute("UPDATE mailboxes SET total = total + ?, unread = unread + ? WHERE id = ?", (total, unread, mailbox_id))


# ---- folders of one's own


def tree(held: Sequence[Mailbox]) -> list[tuple[int, Mailbox]]:
    """(depth, folder) of the account's own, each behind the one it lies in, brothers by name."""
    within: dict[int | None, list[Mailbox]] = {}
    own = {each.id for each in held if each.role is None}
    for each in sorted((one for one in held if one.role is None), key=lambda one: (one.name.casefold(), one.id)):
        within.setdefault(each.parent_id if each.parent_id in own else None, []).append(each)

    def below(parent: int | None, depth: int) -> Iterable[tuple[int, Mailbox]]:
        for each in within.get(parent, ()) if depth <= DEPTH else ():
            yield depth, each
            yield from below(each.id, depth + 1)

    return list(below(None, 0))


def branch(db: sqlite3.Connection, account_id: int, mailbox_id: int) -> list[Mailbox]:
    """A folder of one's own and all that lies in it, parents first. Raises LookupError."""
    found: list[Mailbox] = []
    ids: set[int] = set()
    for _, each in tree(of_account(db, account_id)):
        if each.id == mailbox_id or each.parent_id in ids:
            found.append(each)
            ids.add(each.id)
    if not found:
        raise LookupError(mailbox_id)
    return found


def add(db: sqlite3.Connection, account_id: int, path: Sequence[str]) -> int:
    """Make a folder, and the ones it lies in where they are missing; return its id.

    `path` names it from the outermost on. Raises NameTaken, TooMany, TooDeep.
    """
    if len(path) > DEPTH:
        raise TooDeep
    parent_id = _outer(db, account_id, path[:-1])
    if _child(db, account_id, parent_id, path[-1]) is not None:
        raise NameTaken(path[-1])
    return _insert(db, account_id, parent_id, path[-1])


def find_or_add(db: sqlite3.Connection, account_id: int, path: Sequence[str]) -> int | None:
    """The folder of this path, made where it is missing; None where there are too many, or it lies too deep."""
    if len(path) > DEPTH:
        return None
    try:
        return _outer(db, account_id, path)
    except TooMany:
        return None


def rename(db: sqlite3.Connection, account_id: int, mailbox_id: int, path: Sequence[str]) -> None:
    """Give a folder of one's own another name or place; what lies in it goes along.

    Raises LookupError for a foreign folder or one with a role, NameTaken, TooMany, TooDeep, NotInItself.
    """
    moved = branch(db, account_id, mailbox_id)
    depths = {each.id: depth for depth, each in tree(of_account(db, account_id))}
    height = max(depths[each.id] for each in moved) - depths[mailbox_id]
    if len(path) + height > DEPTH:
        raise TooDeep
    parent_id = _outer(db, account_id, path[:-1])
    if parent_id in {each.id for each in moved}:
        raise NotInItself
    if _child(db, account_id, parent_id, path[-1]) not in (None, mailbox_id):
        raise NameTaken(path[-1])
    db.execute("UPDATE mailboxes SET name = ?, parent_id = ? WHERE id = ?", (path[-1], parent_id, mailbox_id))


def bring_back(db: sqlite3.Connection, account_id: int, mailbox_id: int, name: str, parent_id: int | None) -> None:
    """Make a folder again that was deleted, under its old id; at the top where its parent is gone."""
    if db.execute("SELECT 1 FROM mailboxes WHERE id = ?", (mailbox_id,)).fetchone() is not None:
        return
    if parent_id is not None:
        try:
            role_of(db, account_id, parent_id)
        except LookupError:
            parent_id = None
    while _child(db, account_id, parent_id, name) is not None:
        name += "*"  # another one took the name within the minute
    _insert(db, account_id, parent_id, name, mailbox_id)


def remove(db: sqlite3.Connection, account_id: int, mailbox_id: int) -> None:
    """Forget an empty folder of one's own that nothing lies in."""
    db.execute(
        "DELETE FROM mailboxes WHERE id = ? AND account_id = ? AND role IS NULL AND total = 0", (mailbox_id, account_id)
    )


def _outer(db: sqlite3.Connection, account_id: int, path: Sequence[str]) -> int | None:
    """The folder of this path, made where it is missing; None for no path."""
    parent_id: int | None = None
    for name in path:
        parent_id = _child(db, account_id, parent_id, name) or _insert(db, account_id, parent_id, name)
    return parent_id


def _child(db: sqlite3.Connection, account_id: int, parent_id: int | None, name: str) -> int | None:
    rows = db.execute(
        "SELECT id, name FROM mailboxes WHERE account_id = ? AND role IS NULL AND parent_id IS ?",
        (account_id, parent_id),
    )
    return next((found for found, held in rows if held.casefold() == name.casefold()), None)


def _insert(
    db: sqlite3.Connection, account_id: int, parent_id: int | None, name: str, mailbox_id: int | None = None
) -> int:
    held = db.execute("SELECT count(*) FROM mailboxes WHERE account_id = ? AND role IS NULL", (account_id,)).fetchone()
    if held[0] >= OWN:
        raise TooMany
    row = db.execute(
        "INSERT INTO mailboxes (id, account_id, parent_id, name) VALUES (?, ?, ?, ?) RETURNING id",
        (mailbox_id, account_id, parent_id, name),
    ).fetchone()
    return int(row[0])
