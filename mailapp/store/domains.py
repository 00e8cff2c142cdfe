"""Domains we receive mail for."""

import sqlite3

from mailapp.values import dataclass


class DomainInUse(Exception):
    """Accounts still have their address in it."""


@dataclass(frozen=True, slots=True)
class Domain:
    id: int
    name: str
    """A-labels, lower case."""
    state: str
    catch_all_account_id: int | None
    relay_records: str = ""
    """What the relay's page asks its DNS for, as it was pasted."""
    catch_all_makes: bool = False
    """Whether the catch-all makes an address of each one it catches."""


_COLUMNS = "id, name, state, catch_all_account_id, relay_records, catch_all_makes"


def by_name(db: sqlite3.Connection, name: str) -> Domain | None:
    row = db.execute(f"SELECT {_COLUMNS} FROM domains WHERE name = ?", (name,)).fetchone()
    return None if row is None else Domain(*row)


def all_(db: sqlite3.Connection) -> list[Domain]:
    return [Domain(*row) for row in db.execute(f"SELECT {_COLUMNS} FROM domains ORDER BY name")]


def ensure(db: sqlite3.Connection, name: str, now_ms: int) -> int:
    """The domain's id; it is added without a catch-all where it is new."""
    db.execute("INSERT INTO domains (name, created_at) VALUES (?, ?) ON CONFLICT (name) DO NOTHING", (name, now_ms))
    return int(db.execute("SELECT id FROM domains WHERE name = ?", (name,)).fetchone()[0])


def set_catch_all(db: sqlite3.Connection, domain_id: int, account_id: int | None, makes: bool | None = None) -> None:
    """`makes` stays as it is where it is None."""
    db.execute(
        "UPDATE domains SET catch_all_account_id = ?, catch_all_makes = coalesce(?, catch_all_makes) WHERE id = ?",
        (account_id, makes, domain_id),
    )


def set_relay_records(db: sqlite3.Connection, name: str, text: str) -> None:
    db.execute("UPDATE domains SET relay_records = ? WHERE name = ?", (text, name))


def remove_catch_all(db: sqlite3.Connection, account_id: int) -> None:
    """Where the account is a domain's catch-all, there is none any more."""
    db.execute("UPDATE domains SET catch_all_account_id = NULL WHERE catch_all_account_id = ?", (account_id,))


def remove(db: sqlite3.Connection, domain_id: int) -> None:
    """Remove a domain and its aliases. Raises DomainInUse while an account has its address in it."""
    name = db.execute("SELECT name FROM domains WHERE id = ?", (domain_id,)).fetchone()[0]
    # not LIKE: an underscore in a name would match any character
    held = db.execute("SELECT 1 FROM accounts WHERE substr(address, instr(address, '@') + 1) = ? LIMIT 1", (name,))
    if held.fetchone() is not None:
        raise DomainInUse(name)
    db.execute("DELETE FROM domains WHERE id = ?", (domain_id,))
