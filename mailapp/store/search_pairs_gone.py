"""What is noted of pairs (store/search_pairs.py) goes after the mail it was noted of, behind everything else.

Searches need none of this: a place that is empty costs them a look. But the pairs of a letter put side by side are its
text again, and mail that was erased must not be read from what is left of it.
"""

import sqlite3
from array import array
from collections.abc import Sequence, Set

from mailapp.store import search_pairs, search_rows
from mailapp.store.search_pairs import PLACE, block_key, piece_key
from mailapp.values import dataclass


@dataclass(frozen=True, slots=True)
class Noted:
    """Rows that hold places of some numbers of an account: a block, or a piece of one that is not whole yet."""

    key: int
    """Of bucket 0."""
    number: int
    """The first number."""
    count: int
    """Numbers they are about."""
    is_block: bool

    @property
    def table(self) -> str:
        return "search_pairs" if self.is_block else "search_pair_pieces"

    @property
    def column(self) -> str:
        """What holds the places."""
        return "rare" if self.is_block else "places"


@dataclass(frozen=True, slots=True)
class Stale:
    """Rows that are to be changed: (places that stay, key); and keys of those of which nothing stays."""

    changed: Sequence[tuple[bytes, int]]
    gone: Sequence[tuple[int]]

    def __bool__(self) -> bool:
        return bool(self.changed or self.gone)


def noted(db: sqlite3.Connection) -> list[Noted]:
    """All there is, of every account. A block that is just being made of its pieces is left for the next time."""
    shape, found = search_pairs.SHAPE, list[Noted]()
    for account_id, until, whole in db.execute("SELECT account_id, noted, block FROM search_pairing"):
        for block in range(whole):
            number = search_rows.number_of(account_id, block << shape.block_bits)
            found.append(Noted(block_key(account_id, block), number, shape.block, True))
        for first in range(whole << shape.block_bits, until, shape.piece):
            piece = (first & shape.block - 1) >> shape.piece_bits
            key = piece_key(account_id, first >> shape.block_bits, piece)
            found.append(Noted(key, search_rows.number_of(account_id, first), shape.piece, False))
    return found


def left(db: sqlite3.Connection, one: Noted) -> Set[int] | None:
    """Places of mail that is still there; None where none of it went."""
    rows = db.execute(
        "SELECT number FROM search_numbers WHERE number >= ? AND number < ?", (one.number, one.number + one.count)
    ).fetchall()
    # an account's number 0 is given to no message
    given = one.count - (one.number & (1 << search_rows.ACCOUNT_BITS) - 1 == 0)
    if len(rows) >= given:
        return None
    mask = search_pairs.SHAPE.block - 1
    return {number & mask for (number,) in rows}


def stale(db: sqlite3.Connection, one: Noted, places: Set[int], first: int, end: int) -> Stale:
    """Which of the buckets [first, end) hold other places than these."""
    changed, gone = list[tuple[bytes, int]](), list[tuple[int]]()
    common = "common" if one.is_block else "x''"
    for key, anywhere, held in db.execute(
        f"SELECT key, {common}, {one.column} FROM {one.table} WHERE key >= ? AND key < ?",
        (one.key + first, one.key + end),
    ):
        before = memoryview(held).cast("I")
        now = array("I", [place for place in before if place & PLACE in places])
        if not places or not (now or anywhere):
            gone.append((key,))
        elif len(now) < len(before):
            changed.append((now.tobytes(), key))
    return Stale(changed, gone)


def write(db: sqlite3.Connection, one: Noted, found: Stale) -> None:
    """Change those rows. What became part of a block meanwhile is looked at with the block, the next time."""
    db.executemany(f"UPDATE {one.table} SET {one.column} = ? WHERE key = ?", found.changed)
    db.executemany(f"DELETE FROM {one.table} WHERE key = ?", found.gone)
