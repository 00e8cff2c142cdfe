"""Which rows of an account a search for characters side by side has to look at, by what is noted of pairs."""

import sqlite3
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

from mailapp.mail import pairs
from mailapp.mail.query_tree import All, Any, Part, Text
from mailapp.store import search_pairs, search_rows
from mailapp.store.search_terms import TAGS
from mailapp.values import dataclass

MOST_PAIRS = 4
"""Pairs of a search that are looked up."""
READ_PIECES = 1
"""Pieces' worth of messages not noted yet that are read, where the full text would walk far beyond for a phrase."""
SCATTERED = 64
"""Places of a pair in the pieces of a block above which all of them are looked at."""

WINDOW_S = 0.02
"""What a window is meant to take, where so much time is left: between two the clock is looked at..."""
GROWTH = 4
"""...and so many times as large as the last, or as small, it is at most."""


@dataclass(slots=True)
class Deadline:
    at: float
    """On the monotonic clock, in seconds."""

    @property
    def left(self) -> float:
        """Seconds; negative once it is passed."""
        return self.at - time.monotonic()

    @property
    def passed(self) -> bool:
        return self.left <= 0


@dataclass(frozen=True, slots=True)
class Stretch:
    """Rows to look at: those of [low, high), or these alone."""

    low: int
    high: int
    rows: tuple[int, ...] | None = None
    """Ascending; None: the full text is asked for all of them."""


def phrases(parts: Sequence[Part]) -> list[tuple[str, ...]]:
    """What was typed of words; of each tuple one at least is in every message all of the parts hold for."""
    found: list[tuple[str, ...]] = []
    for part in parts:
        if isinstance(part, All):
            found += phrases(part.parts)
            continue
        ways = part.parts if isinstance(part, Any) else (part,)
        texts = tuple([one.text for one in ways if isinstance(one, Text) and one.field not in TAGS])
        if len(texts) == len(ways):
            found.append(texts)
    return found


def stretches(db: sqlite3.Connection, account_id: int, parts: Sequence[Part], low: int, high: int) -> list[Stretch]:
    """Of the rows [low, high) of an account those that may hold all parts, lowest first."""
    wanted = phrases(parts)
    asked = _pairs_of(wanted)
    if not asked or low >= high:
        return [Stretch(low, high)] if low < high else []
    progress = search_pairs.progress(db, account_id) or search_pairs.Progress(0, 0, 0)
    base = search_rows.number_of(account_id, 0)
    noted = base + progress.noted
    found = list(_noted(db, account_id, asked, progress, max(low - base, 0), min(high, noted) - base))
    if high > noted:
        found.append(_new(db, wanted, found[-1:], max(low, noted), high, noted))
    return list(_together(found, low, high))


def _pairs_of(wanted: Sequence[tuple[str, ...]]) -> list[list[list[int]]]:
    """Of each of these the pairs of its ways, MOST_PAIRS in all; none of a phrase that has a way without pairs."""
    found: list[list[list[int]]] = []
    left = MOST_PAIRS
    for texts in wanted:
        if len(texts) > left:
            continue
        ways = [pairs.of_query(text)[: left // len(texts)] for text in texts]
        if all(ways) and ways not in found:
            found.append(ways)
            left -= sum(map(len, ways))
    return found


def _noted(
    db: sqlite3.Connection,
    account_id: int,
    asked: list[list[list[int]]],
    progress: search_pairs.Progress,
    low: int,
    high: int,
) -> Iterator[Stretch]:
    """Blocks and pieces of the numbers [low, high) (without the account)."""
    if low >= high:
        return
    first, last = low >> search_pairs.SHAPE.block_bits, (high - 1) >> search_pairs.SHAPE.block_bits
    every = dict.fromkeys(pair for ways in asked for way in ways for pair in way)
    known = {pair: search_pairs.blocks(db, account_id, pair, first, last) for pair in every}
    base = search_rows.number_of(account_id, 0)
    common = False
    for block in range(first, last + 1):
        begin = base + (block << search_pairs.SHAPE.block_bits)
        end = min(begin + search_pairs.SHAPE.block, base + progress.noted)
        whole = block < progress.block

        def held(pair: int, block: int = block, whole: bool = whole) -> list[int] | None:
            here: list[int] | None = known[pair].get(block, [])
            if here == [] and not whole:
                here = search_pairs.in_pieces(db, account_id, pair, block)
                return here if len(here) <= SCATTERED else None
            return here

        places = None if common and not whole else _in_all([_in_any(ways, held) for ways in asked])
        common = places is None
        if places is None:
            yield Stretch(begin, end)
        elif places:
            yield Stretch(begin, end, tuple([begin + place for place in sorted(places)]))


def _in_any(ways: list[list[int]], held: Callable[[int], list[int] | None]) -> set[int] | None:
    """Places of a block one of several ways may be at; None for all of it."""
    found: set[int] = set()
    for way in ways:
        here = _in_all(map(held, way))
        if here is None:
            return None
        found |= here
    return found


def _in_all(held: Iterable[Collection[int] | None]) -> set[int] | None:
    """Places all of these may be at (None: anywhere)."""
    places: set[int] | None = None
    for here in held:
        if here is not None:
            places = set(here) if places is None else places.intersection(here)
            if not places:
                break
    return places


def _new(
    db: sqlite3.Connection, wanted: list[tuple[str, ...]], before: list[Stretch], low: int, high: int, noted: int
) -> Stretch:
    """Rows not noted yet. Where the phrases may be rare the full text would walk far beyond these rows until it finds
    one: those with all the characters are read instead, where they are few.
    """
    common = bool(before) and before[0].rows is None and before[0].high == noted
    if common or high - low > search_pairs.SHAPE.block:
        return Stretch(low, high)
    characters = [list(map(pairs.characters, texts)) for texts in wanted]
    text = " AND ".join([_any_of(ways) for ways in characters if all(ways)])
    most = READ_PIECES * search_pairs.SHAPE.piece
    found = db.execute(
        "SELECT rowid FROM search_dense WHERE search_dense MATCH ? AND rowid >= ? AND rowid < ? LIMIT ?",
        (text, low, high, most + 1),
    ).fetchall()
    return Stretch(low, high, None if len(found) > most else tuple([row[0] for row in found]))


def _any_of(ways: list[list[str]]) -> str:
    return "(" + " OR ".join(["(" + " AND ".join([f'"{one}"' for one in way]) + ")" for way in ways]) + ")"


def _together(found: list[Stretch], low: int, high: int) -> Iterator[Stretch]:
    """The stretches inside [low, high), those of a kind that follow one another as one."""
    last: Stretch | None = None
    for one in found:
        now = _inside(one, low, high)
        if now is None:
            continue
        if last is not None and last.rows is not None and now.rows is not None:
            last = Stretch(last.low, now.high, last.rows + now.rows)
        elif last is not None and last.rows is now.rows is None and last.high == now.low:
            last = Stretch(last.low, now.high)
        else:
            if last is not None:
                yield last
            last = now
    if last is not None:
        yield last


def _inside(one: Stretch, low: int, high: int) -> Stretch | None:
    if one.rows is None:
        low, high = max(one.low, low), min(one.high, high)
        return Stretch(low, high) if low < high else None
    rows = tuple([row for row in one.rows if low <= row < high])
    return Stretch(rows[0], rows[-1] + 1, rows) if rows else None


def windows(stretch: Stretch, step: int, descending: bool, left: Callable[[], float]) -> Iterator[Stretch]:
    """A stretch in pieces, the first of `step` rows. `left` tells how many seconds there are for the rest."""
    low, high = stretch.low, stretch.high
    while low < high:
        began = time.monotonic()
        if descending:
            piece, high = Stretch(max(low, high - step), high), max(low, high - step)
        else:
            piece, low = Stretch(low, min(high, low + step)), min(high, low + step)
        yield piece
        took = max(time.monotonic() - began, 1e-6)
        step = max(1, int(step * min(GROWTH, max(1 / GROWTH, min(WINDOW_S, left()) / took))))
