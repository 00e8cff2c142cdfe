"""Searching an account's mail: newest first, in bounded steps, with keyset paging.

Full text is asked window by window of ids, so that words everybody uses and which seldom meet cannot hold a reader up:
where the time is over, the answer says how far it came, and the next page goes on from there.
"""

import sqlite3
import time
from collections.abc import Generator, Mapping
from contextlib import closing
from dataclasses import field
from heapq import merge

from mailapp.mail.query_tree import All, In, Is, Part
from mailapp.store import search_scan
from mailapp.store.search_reach import Deadline
from mailapp.store.search_scan import Scan, Scope
from mailapp.store.search_terms import DRAFT, NEW, OLD, TooManyBranches, branches, condition
from mailapp.store.vocabulary import Vocabulary
from mailapp.values import dataclass

COUNTED = 1_000
"""Hits a count goes up to."""
PAGE_S = 0.04
"""Seconds after which a page shows what it has, and says how many there are at least."""
COUNT_S = 0.025
"""Seconds of them a count may take once the page is full."""
TOP = 1 << 62
_OLD_LOOKED_AT = 200


@dataclass(frozen=True, slots=True)
class Search:
    """What is searched for, and where. Without a mailbox: everywhere but in trash and junk, unless it asks for them."""

    account_id: int
    part: Part | None
    """None finds nothing."""
    mailbox_id: int | None = None
    flagged: bool = False

    @property
    def whole(self) -> Part | None:
        """The part, and the list it is searched in."""
        if self.part is None:
            return None
        parts: list[Part] = [self.part]
        if self.mailbox_id is not None:
            parts.append(In(self.mailbox_id))
        if self.flagged:
            parts.append(Is("starred"))
        return parts[0] if len(parts) == 1 else All(tuple(parts))


@dataclass(slots=True)
class Found:
    """Ids of one page, newest first."""

    ids: list[int]
    resume: int = 0
    """Where the next page begins (below this id), 0 at the end of the mail."""
    count: int = 0
    """How many there are below the page's beginning, as far as that was counted."""
    counted_all: bool = False
    cut: tuple[str, ...] = ()
    """Beginnings of more words than were looked for."""
    letters: Mapping[int, str] = field(default_factory=dict)
    """Index words of letters among them that were read anyway."""


def page(
    db: sqlite3.Connection,
    search: Search,
    before: int | None,
    limit: int,
    *,
    count: bool = False,
    patient: bool = False,
) -> Found:
    """Up to `limit` ids below `before`. `count`: also how many there are; `patient`: without a limit of time."""
    part = search.whole
    if part is None or limit <= 0:
        return Found([], counted_all=True)
    deadline = Deadline(float("inf") if patient else time.monotonic() + PAGE_S)
    scan = _scan(db, search, part, before or TOP, deadline)
    found, number, over = Found([]), 0, False
    with closing(_hits(db, scan, part, descending=True)) as hits:
        for message_id in hits:
            number += 1
            if number <= limit:
                found.ids.append(message_id)
            elif not count or number > COUNTED:
                break
            elif deadline.passed:  # amid hits that come one after another
                over = True
                break
            elif number == limit + 1 and not patient:
                deadline.at = min(deadline.at, time.monotonic() + COUNT_S)
    stopped = scan.stopped
    found.count = min(number, COUNTED)
    found.counted_all = number <= COUNTED and not stopped and not over and (count or number <= limit)
    found.resume = found.ids[-1] if number > limit else stopped
    found.cut, found.letters = tuple(sorted(scan.cut)), scan.letters
    return found


def neighbours(db: sqlite3.Connection, search: Search, message_id: int) -> tuple[int | None, int | None]:
    """(newer, older) hits beside a message, None at an end or where none was found in time."""
    part = search.whole
    if part is None:
        return None, None
    older = page(db, search, message_id, 1).ids
    scan = _scan(db, search, part, message_id, Deadline(time.monotonic() + PAGE_S))
    with closing(_hits(db, scan, part, descending=False)) as hits:
        newer = next(hits, None)
    return newer, older[0] if older else None


def matching(db: sqlite3.Connection, search: Search, ids: list[int]) -> set[int]:
    """Which of these messages of the account the search finds."""
    part = search.whole
    if part is None or not ids:
        return set()
    scope = search_scan.scope_of(db, search.account_id, part)
    boundary, expand = newest_old(db), Vocabulary(db).beginning_with
    found: set[int] = set()
    for kind, which in (
        (DRAFT, "m.draft = 1"),
        (OLD, f"m.draft = 0 AND m.id <= {boundary}"),
        (NEW, f"m.draft = 0 AND m.id > {boundary}"),
    ):
        if kind == OLD and not boundary:
            continue
        values: list[str | int] = [*ids, search.account_id]
        marks = ", ".join("?" * len(ids))
        rows = db.execute(
            f"SELECT m.id FROM messages m WHERE m.id IN ({marks}) AND m.account_id = ? AND {which}{scope.rows}"
            f" AND ({condition(part, kind, values, expand)})",
            values,
        )
        found.update(row[0] for row in rows)
    return found


def batches(db: sqlite3.Connection, search: Search, before: int | None, size: int = 500) -> tuple[list[int], int]:
    """Up to `size` ids below `before`, and where the next batch begins (0: that was all): for acts on all hits."""
    found = page(db, search, before, size, patient=True)
    return found.ids, found.resume


def newest_old(db: sqlite3.Connection) -> int:
    """The newest message with index words of the release before, 0 where there is none."""
    row = db.execute(
        "SELECT max(id) FROM messages WHERE content_id IN"
        " (SELECT id FROM contents WHERE words_version = 1 ORDER BY id DESC LIMIT ?)",
        (_OLD_LOOKED_AT,),
    ).fetchone()
    return int(row[0] or 0)


def _scan(db: sqlite3.Connection, search: Search, part: Part, edge: int, deadline: Deadline) -> Scan:
    scope: Scope = search_scan.scope_of(db, search.account_id, part)
    return Scan(db, scope, edge, deadline)


def _hits(db: sqlite3.Connection, scan: Scan, part: Part, *, descending: bool) -> Generator[int, None, None]:
    """Ids on the far side of the scan's edge, each once; ends early where the scan had to stop."""
    boundary = newest_old(db)
    streams = [scan.drafts(part, descending)]
    for kind, low, high in ((NEW, boundary + 1, TOP), (OLD, 0, boundary + 1)):
        if low >= high or (kind == OLD and not boundary):
            continue
        try:
            ways = branches(part, kind)
        except TooManyBranches:
            streams.append(scan.everything(part, kind, low, high, descending))
            continue
        streams += [stream for way in ways for stream in scan.branch(way, kind, low, high, descending)]
    last = None
    for message_id in merge(*streams, reverse=descending):
        if scan.stopped and (message_id < scan.stopped if descending else message_id > scan.stopped):
            return
        if message_id != last:
            yield message_id
        last = message_id
