"""Where pairs of characters (mail/pairs.py) stand among the rows of an account, block by block.

Rows are numbered one after another and each number is given once (store/search_rows.py), so what is noted of a number
never has to be changed: of mail that is gone it costs a look, until it is taken out (store/search_pairs_gone.py). First
come pieces, with every place; a block's worth of them is made one, which keeps the places of pairs that are in few
messages, and of others only that they are there.
"""

import json
import sqlite3
import time
from array import array
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence

from mailapp.mail import pairs
from mailapp.store import search_rows
from mailapp.values import dataclass

BUCKET_BITS = 9
BUCKETS = 1 << BUCKET_BITS
"""Rows of a block: a look-up reads one of each block. Some five of them fill a page."""
_FEW_BITS = pairs.BITS - BUCKET_BITS
_FEW = (1 << _FEW_BITS) - 1
_PLACE_BITS = 16
PLACE = (1 << _PLACE_BITS) - 1
"""The bits of a place that say which number of its block it is."""


@dataclass(frozen=True, slots=True)
class Shape:
    """Sizes, as powers of two; a database keeps those it began with."""

    piece_bits: int = 8
    block_bits: int = 14
    most: int = 4
    """Messages of a block whose places are kept: a pair in more is looked for in all of it."""

    @property
    def piece(self) -> int:
        return 1 << self.piece_bits

    @property
    def block(self) -> int:
        return 1 << self.block_bits

    @property
    def pieces(self) -> int:
        """Of one block."""
        return 1 << self.block_bits - self.piece_bits


SHAPE = Shape()


@dataclass(frozen=True, slots=True)
class Progress:
    noted: int
    """Numbers (without the account) below it are noted."""
    block: int
    """Blocks below it are whole..."""
    bucket: int
    """...and so many rows of this one."""


class Piece:
    """Places of one piece, gathered over several reads."""

    rows: Sequence[tuple[int, bytes]] = ()
    """What is written of it, once it is full."""

    def __init__(self, account_id: int, first: int) -> None:
        self.account_id = account_id
        self.first = self.next = first
        """Numbers without the account."""
        self.places = [array("I") for _ in range(BUCKETS)]

    @property
    def full(self) -> bool:
        return self.next >= self.first + SHAPE.piece

    def finish(self) -> None:
        block, number = self.first >> SHAPE.block_bits, (self.first & SHAPE.block - 1) >> SHAPE.piece_bits
        key = piece_key(self.account_id, block, number)
        self.rows = [
            (key + bucket, array("I", sorted(places)).tobytes()) for bucket, places in enumerate(self.places) if places
        ]


@dataclass(frozen=True, slots=True)
class Part:
    """Some rows of a block, made of its pieces."""

    account_id: int
    block: int
    first: int
    end: int
    """Buckets."""
    rows: Sequence[tuple[int, bytes, bytes]]


def block_key(account_id: int, block: int) -> int:
    """Of a block's bucket 0; the others follow."""
    return (account_id << 20 | block) << BUCKET_BITS


def piece_key(account_id: int, block: int, piece: int) -> int:
    """Of a piece's bucket 0; the others follow."""
    return ((account_id << 20 | block) << 6 | piece) << BUCKET_BITS


def progress(db: sqlite3.Connection, account_id: int) -> Progress | None:
    row = db.execute("SELECT noted, block, bucket FROM search_pairing WHERE account_id = ?", (account_id,)).fetchone()
    return Progress(*row) if row else None


# ---- noting


def waiting(db: sqlite3.Connection) -> tuple[int, int] | None:
    """(account, first number of its next piece) of one that has a piece's worth of mail that is not noted."""
    row = db.execute(
        "SELECT id, coalesce(noted, 0) FROM accounts LEFT JOIN search_pairing ON account_id = id"
        " WHERE search_given >= ? AND search_given + 1 >= coalesce(noted, 0) + ?"
        " AND id NOT IN (SELECT account_id FROM search_moving) AND id NOT IN (SELECT account_id FROM account_erasures)"
        " LIMIT 1",
        (SHAPE.block, SHAPE.piece),
    ).fetchone()
    return (int(row[0]), int(row[1])) if row else None


def gather(db: sqlite3.Connection, piece: Piece, seconds: float) -> None:
    """Go on with a piece, for so long."""
    until = time.monotonic() + seconds
    base, end = search_rows.number_of(piece.account_id, 0), piece.first + SHAPE.piece
    rows = db.execute(
        "SELECT n.number, c.words_subject, c.words_people, c.words_body, c.words_files FROM search_numbers n"
        " CROSS JOIN messages m ON m.id = n.message_id CROSS JOIN contents c ON c.id = m.content_id"
        " WHERE n.number >= ? AND n.number < ? ORDER BY n.number",
        (base + piece.next, base + end),
    )
    places = piece.places
    for number, *columns in rows:
        at = number & SHAPE.block - 1
        for pair in pairs.of_words(columns):
            places[pair >> _FEW_BITS].append((pair & _FEW) << _PLACE_BITS | at)
        piece.next = number - base + 1
        if time.monotonic() >= until:
            break
    else:
        piece.next = end
    if piece.full:
        piece.finish()


def write(db: sqlite3.Connection, piece: Piece) -> bool:
    """Keep a full piece; False where it is not the next one of its account (which may be gone) any more."""
    account_id = piece.account_id
    if waiting_of(db, account_id) != piece.first:
        return False
    db.executemany("INSERT OR REPLACE INTO search_pair_pieces (key, places) VALUES (?, ?)", piece.rows)
    db.execute(
        "INSERT INTO search_pairing (account_id, noted) VALUES (?1, ?2)"
        " ON CONFLICT (account_id) DO UPDATE SET noted = excluded.noted",
        (account_id, piece.first + SHAPE.piece),
    )
    return True


def waiting_of(db: sqlite3.Connection, account_id: int) -> int | None:
    """The first number of an account's next piece; None where it is being erased or gone."""
    row = db.execute(
        "SELECT coalesce((SELECT noted FROM search_pairing WHERE account_id = id), 0) FROM accounts"
        " WHERE id = ? AND id NOT IN (SELECT account_id FROM account_erasures)",
        (account_id,),
    ).fetchone()
    return int(row[0]) if row else None


# ---- pieces become a block


def full(db: sqlite3.Connection, buckets: int) -> Part | None:
    """The next rows of a block whose pieces are all there, so many at most; None where there is none."""
    row = db.execute(
        "SELECT account_id, block, bucket FROM search_pairing WHERE noted >= (block + 1) * ?"
        " AND account_id NOT IN (SELECT account_id FROM account_erasures) LIMIT 1",
        (SHAPE.block,),
    ).fetchone()
    if row is None:
        return None
    account_id, block, first = row
    end, rows = min(first + buckets, BUCKETS), []
    for bucket in range(first, end):
        common, rare = _joined(_places(db, account_id, block, bucket))
        if common or rare:
            rows.append((block_key(account_id, block) + bucket, common, rare))
    return Part(account_id, block, first, end, rows)


def join(db: sqlite3.Connection, part: Part) -> None:
    """Write rows of a block and remove what they were made of, where that was not done meanwhile."""
    was, now = (part.block, part.first), (part.block, part.end) if part.end < BUCKETS else (part.block + 1, 0)
    done = db.execute(
        "UPDATE search_pairing SET block = ?, bucket = ? WHERE account_id = ? AND block = ? AND bucket = ?"
        " AND account_id NOT IN (SELECT account_id FROM account_erasures)",
        (*now, part.account_id, *was),
    ).rowcount
    if not done:
        return
    db.executemany("INSERT OR REPLACE INTO search_pairs (key, common, rare) VALUES (?, ?, ?)", part.rows)
    for piece in range(SHAPE.pieces):
        key = piece_key(part.account_id, part.block, piece)
        db.execute("DELETE FROM search_pair_pieces WHERE key >= ? AND key < ?", (key + part.first, key + part.end))


def _places(db: sqlite3.Connection, account_id: int, block: int, bucket: int) -> Iterator[memoryview]:
    keys = [piece_key(account_id, block, piece) + bucket for piece in range(SHAPE.pieces)]
    for (places,) in db.execute(
        "SELECT places FROM json_each(?) j CROSS JOIN search_pair_pieces p ON p.key = j.value", (json.dumps(keys),)
    ):
        yield memoryview(places).cast("I")


def _joined(pieces: Iterator[memoryview]) -> tuple[bytes, bytes]:
    """(pairs that are in many messages, the others with their places)."""
    places = [place for piece in pieces for place in piece]
    counts = Counter([place >> _PLACE_BITS for place in places])
    common = {pair for pair, count in counts.items() if count > SHAPE.most}
    rare = sorted([place for place in places if place >> _PLACE_BITS not in common])
    return array("H", sorted(common)).tobytes(), array("I", rare).tobytes()


# ---- looking up


def blocks(db: sqlite3.Connection, account_id: int, pair: int, first: int, last: int) -> dict[int, list[int] | None]:
    """The blocks of [first, last] that are whole and may hold a pair: its places, None where it is in many messages."""
    found: dict[int, list[int] | None] = {}
    keys = [block_key(account_id, block) + (pair >> _FEW_BITS) for block in range(first, last + 1)]
    for key, common, rare in db.execute(
        "SELECT p.key, common, rare FROM json_each(?) j CROSS JOIN search_pairs p ON p.key = j.value",
        (json.dumps(keys),),
    ):
        block = (key >> BUCKET_BITS) & (1 << 20) - 1
        if _holds(memoryview(common).cast("H"), pair & _FEW):
            found[block] = None
        elif places := _of_pair(memoryview(rare).cast("I"), pair):
            found[block] = places
    return found


def in_pieces(db: sqlite3.Connection, account_id: int, pair: int, block: int) -> list[int]:
    """Places of a pair in the pieces of a block."""
    return [place for piece in _places(db, account_id, block, pair >> _FEW_BITS) for place in _of_pair(piece, pair)]


def _holds(common: memoryview, pair: int) -> bool:
    at = bisect_left(common, pair)
    return at < len(common) and common[at] == pair


def _of_pair(places: memoryview, pair: int) -> list[int]:
    low = (pair & _FEW) << _PLACE_BITS
    first = bisect_left(places, low)
    end = bisect_left(places, low + (1 << _PLACE_BITS), first)
    return [place & PLACE for place in places[first:end]]


# ---- gone


def erase_some(db: sqlite3.Connection, account_id: int, limit: int) -> int:
    """Remove up to `limit` rows of an account that is being erased; how many."""
    for table, low, high in (
        ("search_pair_pieces", piece_key(account_id, 0, 0), piece_key(account_id + 1, 0, 0)),
        ("search_pairs", block_key(account_id, 0), block_key(account_id + 1, 0)),
    ):
        gone = db.execute(
            f"DELETE FROM {table} WHERE key IN (SELECT key FROM {table} WHERE key >= ? AND key < ? LIMIT ?)",
            (low, high, limit),
        ).rowcount
        if gone:
            return gone
    return 0
