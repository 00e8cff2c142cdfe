"""What a search box completes and a query names: labels, and people mail came from."""

import sqlite3

from mailapp.mail.query_places import ANYWHERE, NAMES, STARRED
from mailapp.mail.query_tree import In, Is, Part, Places
from mailapp.mail.words import fold
from mailapp.store import mailboxes

LOOKED_AT = 1_000
"""Messages whose senders a completion looks through, the newest."""


def labels(db: sqlite3.Connection, account_id: int) -> list[tuple[int, str]]:
    """(id, name), by name."""
    return db.execute("SELECT id, name FROM labels WHERE account_id = ? ORDER BY name", (account_id,)).fetchall()


def senders(db: sqlite3.Connection, account_id: int) -> list[tuple[str, str]]:
    """(name, address) mail came from lately, the most frequent first."""
    return db.execute(
        "SELECT from_name, from_address FROM (SELECT from_name, from_address, id FROM messages WHERE account_id = ?"
        " AND draft = 0 ORDER BY id DESC LIMIT ?) WHERE from_address <> '' GROUP BY from_address"
        " ORDER BY count(*) DESC, max(id) DESC",
        (account_id, LOOKED_AT),
    ).fetchall()


def recipients(db: sqlite3.Connection, account_id: int) -> list[str]:
    """Addresses of the account's own mail came to lately, the most frequent first."""
    rows = db.execute(
        "SELECT delivered_to FROM (SELECT delivered_to FROM messages WHERE account_id = ? ORDER BY id DESC LIMIT ?)"
        " WHERE delivered_to <> '' GROUP BY delivered_to ORDER BY count(*) DESC",
        (account_id, LOOKED_AT),
    )
    return [row[0] for row in rows]


def places(db: sqlite3.Connection, account_id: int) -> Places:
    """What in: and label: may name for somebody whose language is not known: roles in ours, the account's own names."""
    named: dict[str, Part] = {name: In(None) for name in ANYWHERE}
    held = mailboxes.of_account(db, account_id)
    known: dict[str, Part] = {each.role: In(each.id) for each in held if each.role}
    known[STARRED] = Is("starred")
    for role, part in known.items():
        for name in (role, *NAMES.get(role, ())):
            named.setdefault(fold(name), part)
    path: list[str] = []
    for depth, each in mailboxes.tree(held):
        path = [*path[:depth], each.name]
        for name in (each.name, "/".join(path), str(each.id)):
            named.setdefault(fold(name), In(each.id))
            named.setdefault(fold(name).replace(" ", "-"), In(each.id))
    return Places(named, {fold(name): number for number, name in labels(db, account_id)})
