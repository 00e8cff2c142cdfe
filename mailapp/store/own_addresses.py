"""Addresses accounts make for themselves, and those a catch-all makes of what it catches."""

import sqlite3
from collections.abc import Iterable

from mailapp.mail.address import split, strip_tag
from mailapp.store import audit, tallies
from mailapp.values import dataclass

ACCOUNT, CAUGHT = "account", "caught"
CAUGHT_A_DAY = 100
"""Addresses a domain's catch-all makes in 24 hours: who tries names out must not fill the list."""
DAY_MS = 86_400_000


@dataclass(frozen=True, slots=True)
class Own:
    """An address that leads to one account alone, which had it made."""

    address: str
    state: str
    how: str
    """account or caught."""
    created_at: int


_OF_ACCOUNT = (
    "FROM addresses a WHERE a.made_by = :account AND a.made_how <> ''"
    " AND NOT EXISTS (SELECT 1 FROM address_targets t WHERE t.address_id = a.id AND t.account_id <> :account)"
    " AND EXISTS (SELECT 1 FROM address_targets t WHERE t.address_id = a.id)"
)


def limit(db: sqlite3.Connection, account_id: int) -> int:
    """How many addresses the account may make; 0 is none."""
    row = db.execute("SELECT alias_limit FROM accounts WHERE id = ?", (account_id,)).fetchone()
    return int(row[0]) if row else 0


def set_limit(db: sqlite3.Connection, account_id: int, most: int) -> None:
    db.execute("UPDATE accounts SET alias_limit = ? WHERE id = ?", (most, account_id))


def page(db: sqlite3.Connection, account_id: int, after: str, most: int) -> list[Own]:
    """In order, from the one behind `after` on."""
    rows = db.execute(
        f"SELECT a.address, a.state, a.made_how, a.created_at {_OF_ACCOUNT} AND a.address > :after"
        " ORDER BY a.address LIMIT :most",
        {"account": account_id, "after": after, "most": most},
    )
    return [Own(*row) for row in rows]


def get(db: sqlite3.Connection, account_id: int, address: str) -> Own | None:
    """The address, where it is the account's to change."""
    row = db.execute(
        f"SELECT a.address, a.state, a.made_how, a.created_at {_OF_ACCOUNT} AND a.address = :address",
        {"account": account_id, "address": address},
    ).fetchone()
    return None if row is None else Own(*row)


def count(db: sqlite3.Connection, account_id: int) -> int:
    """How many the account made by its own hand."""
    row = db.execute("SELECT count(*) FROM addresses WHERE made_by = ? AND made_how = ?", (account_id, ACCOUNT))
    return int(row.fetchone()[0])


def was_used(db: sqlite3.Connection, address: str) -> bool:
    """Whether mail ever came for it."""
    held = db.execute("SELECT 1 FROM message_addressees WHERE address = ? LIMIT 1", (address,)).fetchone()
    return held is not None or tallies.of(db, address).messages > 0


def make(db: sqlite3.Connection, address: str, domain_id: int, account_id: int, how: str, now_ms: int) -> None:
    """Make an address that is not there yet, for one account."""
    made = db.execute(
        "INSERT INTO addresses (address, domain_id, created_at, made_by, made_how) VALUES (?, ?, ?, ?, ?)"
        " ON CONFLICT (address) DO NOTHING RETURNING id",
        (address, domain_id, now_ms, account_id, how),
    ).fetchone()
    if made is not None:
        db.execute("INSERT INTO address_targets (address_id, account_id) VALUES (?, ?)", (made[0], account_id))


def make_caught(db: sqlite3.Connection, addresses: Iterable[str], now_ms: int) -> int:
    """Make what catch-alls caught where their domains want that, without tags and within the day's number; how many."""
    made = 0
    for each in addresses:
        local, name = split(each)
        found = db.execute(
            "SELECT id, catch_all_account_id FROM domains WHERE name = ? AND catch_all_makes = 1"
            " AND catch_all_account_id IS NOT NULL",
            (name,),
        ).fetchone()
        if found is None or _caught_lately(db, found[0], now_ms) >= CAUGHT_A_DAY:
            continue
        address = f"{strip_tag(local)}@{name}"
        make(db, address, found[0], found[1], CAUGHT, now_ms)
        audit.record(db, audit.ITSELF, "address.added", about=address, now_ms=now_ms)
        made += 1
    return made


def _caught_lately(db: sqlite3.Connection, domain_id: int, now_ms: int) -> int:
    row = db.execute(
        "SELECT count(*) FROM addresses"
        " WHERE made_by IS NOT NULL AND made_how = ? AND domain_id = ? AND created_at > ?",
        (CAUGHT, domain_id, now_ms - DAY_MS),
    )
    return int(row.fetchone()[0])
