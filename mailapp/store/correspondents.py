"""People an account wrote to, for completing addresses. Whoever only wrote to us is not offered."""

import re
import sqlite3
from collections.abc import Iterable
from math import log2
from unicodedata import normalize

from mailapp.mail.address import fold
from mailapp.mail.message import Person

LOOKED_AT = 5_000
"""Correspondents a completion looks through, the last written to."""
DOUBLING_MS = 30 * 86_400_000
"""Written to twice as often weighs as much as written to so much later."""
_WORDS = re.compile(r"[^\W_]+")


def wrote_to(db: sqlite3.Connection, account_id: int, people: Iterable[Person], now_ms: int) -> None:
    """Remember that the account wrote to people; a name that is given replaces the one known."""
    db.executemany(
        "INSERT INTO correspondents (account_id, address, name, last_at) VALUES (?, ?, ?, ?)"
        " ON CONFLICT (account_id, address) DO UPDATE SET uses = uses + 1, last_at = excluded.last_at,"
        " name = CASE WHEN excluded.name = '' THEN name ELSE excluded.name END",
        [(account_id, fold(one.address), one.name, now_ms) for one in people],
    )


def matching(db: sqlite3.Connection, account_id: int, text: str, limit: int) -> list[Person]:
    """People that typed text may mean: each of its words begins a word of the name or stands in the address.

    Case and width do not matter; in a name written without blanks (Chinese) a word may begin anywhere. Who was written
    to often and lately comes first. Addresses are folded.
    """
    wanted = _folded(text).split()
    if not wanted:
        return []
    rows = db.execute(
        "SELECT name, address, uses, last_at FROM correspondents WHERE account_id = ? ORDER BY last_at DESC LIMIT ?",
        (account_id, LOOKED_AT),
    )
    found = [
        (last_at + DOUBLING_MS * log2(uses), name, address)
        for name, address, uses, last_at in rows
        if _matches(wanted, _folded(name), address)
    ]
    found.sort(reverse=True)
    return [Person(name, address) for _, name, address in found[:limit]]


def known_domains(db: sqlite3.Connection, account_id: int, limit: int) -> frozenset[str]:
    """Domains of the people last written to, in A-labels."""
    rows = db.execute(
        "SELECT substr(address, instr(address, '@') + 1) FROM correspondents WHERE account_id = ?"
        " ORDER BY last_at DESC LIMIT ?",
        (account_id, limit),
    )
    return frozenset(row[0] for row in rows)


def _folded(text: str) -> str:
    return normalize("NFKC", text).casefold()


def _matches(wanted: list[str], name: str, address: str) -> bool:
    words = _WORDS.findall(name)
    return all(
        one in address or name.startswith(one) or any(word.startswith(one) for word in words) or _inside(one, name)
        for one in wanted
    )


def _inside(one: str, name: str) -> bool:
    """Whether a word in a script without blanks stands anywhere in the name."""
    return not one[0].isascii() and not one[0].islower() and one in name
