"""All mail: a search in every account's mail at once, for the administrator; and what was done with it."""

import sqlite3
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import field

from mailapp.mail.query_tree import Places, Problem, Query
from mailapp.store import audit, messages, search, search_places, settings
from mailapp.store.messages import MessageRow
from mailapp.store.search import Search
from mailapp.values import dataclass

SETTING = "all_mail"
"""1 where administrators may look through all mail; off by default."""
BUDGET_S = 3.0
"""Seconds after which the accounts that are left are not looked through."""
SEARCHED = "all_mail_searched_at"
"""Setting: when the last search was, in ms since 1970 UTC."""
NOUN = "mail"
"""Of the entries in the audit log."""
TOP = 1 << 62
_PLACES = ("folder", "label")

Parse = Callable[[Places], Query]
"""Reads the query with what one account's folders and labels are called."""


@dataclass(frozen=True, slots=True)
class Use:
    """What an administrator did."""

    at_ms: int
    admin: str
    act: str
    """allowed, forbidden, searched, deleted or restored."""
    query: str
    messages: int


@dataclass(slots=True)
class Hits:
    """One page of what was found, newest first."""

    rows: list[tuple[MessageRow, str]] = field(default_factory=list)
    """Each with the address of its account."""
    resume: int = 0
    """Where the next page begins, 0 at the end."""
    count: int = 0
    counted_all: bool = True
    problems: tuple[Problem, ...] = ()
    left_out: int = 0
    """Accounts there was no time for."""


def is_allowed(db: sqlite3.Connection) -> bool:
    return settings.get(db, SETTING) == "1"


def allow(db: sqlite3.Connection, on: bool) -> None:
    settings.set_(db, SETTING, "1" if on else "0")


def searches(db: sqlite3.Connection, parse: Parse, account_id: int | None) -> tuple[dict[int, Search], list[Problem]]:
    """The search in each account, or in one; and what no account understood.

    An account without the folder or the label that is named has nothing of what is looked for.
    """
    which = "" if account_id is None else " WHERE id = ?"
    ids = db.execute(f"SELECT id FROM accounts{which} ORDER BY id", () if account_id is None else (account_id,))
    found: dict[int, Search] = {}
    problems: list[Problem] | None = None
    for (each,) in ids.fetchall():
        query = parse(search_places.places(db, each))
        problems = [one for one in query.problems if problems is None or one in problems]
        if query.part is not None and not any(one.kind in _PLACES for one in query.problems):
            found[each] = Search(each, query.part)
    return found, problems or []


def page(db: sqlite3.Connection, parse: Parse, account_id: int | None, before: int | None, limit: int) -> Hits:
    """The newest `limit` hits of all accounts below `before`; the first page also counts."""
    wanted, problems = searches(db, parse, account_id)
    hits, until = Hits(problems=tuple(problems)), time.monotonic() + BUDGET_S
    ids: dict[int, int] = {}
    horizon = 0
    for number, (each, one) in enumerate(wanted.items()):
        if time.monotonic() > until:
            hits.left_out, hits.counted_all = len(wanted) - number, False
            break
        found = search.page(db, one, before, limit, count=before is None)
        ids.update(dict.fromkeys(found.ids, each))
        # nothing is shown from below where the search of an account has not come
        horizon = max(horizon, found.resume)
        hits.count += found.count
        hits.counted_all = hits.counted_all and found.counted_all
    seen = sorted((each for each in ids if each >= horizon), reverse=True)
    shown = seen[:limit]
    hits.resume = shown[-1] if len(seen) > limit else horizon
    hits.rows = _rows(db, {each: ids[each] for each in shown})
    return hits


def _rows(db: sqlite3.Connection, ids: Mapping[int, int]) -> list[tuple[MessageRow, str]]:
    """Rows by message and account, newest first."""
    addresses = dict(db.execute("SELECT id, address FROM accounts").fetchall())
    found = []
    for account_id in set(ids.values()):
        rows = messages.rows(db, account_id, [each for each, own in ids.items() if own == account_id])
        found += [(row, addresses[account_id]) for row in rows]
    return sorted(found, key=lambda each: -each[0].id)


def accounts_of(db: sqlite3.Connection, ids: Sequence[int]) -> dict[int, list[int]]:
    """Messages that there are among `ids`, by account."""
    marks = ", ".join("?" * len(ids))
    found: dict[int, list[int]] = {}
    for message_id, account_id in db.execute(f"SELECT id, account_id FROM messages WHERE id IN ({marks})", tuple(ids)):
        found.setdefault(account_id, []).append(message_id)
    return found


# ---- what was done


def note(db: sqlite3.Connection, use: Use) -> None:
    """Write a use into the audit log, and when mail was searched where every account is told."""
    about, number = use.query, str(use.messages) if use.messages else ""
    audit.record(db, use.admin, f"{NOUN}.{use.act}", "", number, about=about, now_ms=use.at_ms)
    if use.act == "searched":
        settings.set_(db, SEARCHED, str(use.at_ms))


def uses(db: sqlite3.Connection, limit: int) -> list[Use]:
    """The last ones, newest first."""
    return [
        Use(each.at, each.who, each.what.partition(".")[2], each.about, int(each.to) if each.to.isdigit() else 0)
        for each in audit.page(db, 0, limit, noun=NOUN)
    ]


def searched_ms(db: sqlite3.Connection, account_id: int) -> int:
    """When somebody last looked through all mail, this account's among it; 0 for never."""
    row = db.execute("SELECT created_at FROM accounts WHERE id = ?", (account_id,)).fetchone()
    at_ms = settings.number(db, SEARCHED, 0)
    return at_ms if row is not None and at_ms >= row[0] else 0
