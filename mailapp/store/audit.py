"""The audit log: who changed what, when, from what to what; written in the transaction of the change itself.

Secrets never get here: `mask` stands for them, and what looks like a token is masked whoever wrote it.
"""

import re
import sqlite3
import time
from collections.abc import Mapping

from mailapp.values import dataclass

ITSELF = "mailapp"
"""Who did what nobody asked for."""
COMMAND = "cli:"
"""What the name of a user of the machine is preceded by, who used the command line."""
KEPT = 50_000
"""Entries kept; the oldest go first."""
OF_ONE = 5_000
"""Of anybody but ITSELF; the oldest go first: no account can push out what others did by doing much itself."""
EVERY = 100
"""Entries after which is looked whether somebody has more."""
LONGEST = 600
"""Characters of `from` and `to`; the rest is cut."""
NAME_LONGEST = 320
HIDDEN = "••••"
_TOKEN = re.compile(r"mailapp_[A-Za-z0-9_-]{16,}")


@dataclass(frozen=True, slots=True)
class Entry:
    """One change."""

    id: int
    at: int
    """Milliseconds since 1970."""
    who: str
    what: str
    about: str
    from_: str
    to: str


def record(
    db: sqlite3.Connection,
    who: str,
    what: str,
    from_: str = "",
    to: str = "",
    *,
    about: str = "",
    now_ms: int | None = None,
) -> None:
    """Write a change down in the caller's transaction.

    `who` is an address, COMMAND and a user's name, or ITSELF; `what` a noun and a verb as "account.role"; `about` whom
    or what it was done to. Of several fields that changed, `from_` and `to` have a line each (see `differences`).
    """
    at = time.time_ns() // 1_000_000 if now_ms is None else now_ms
    cursor = db.execute(
        "INSERT INTO audit (at, who, what, about, was, becomes) VALUES (?, ?, ?, ?, ?, ?)",
        (at, *(_clean(each, NAME_LONGEST) for each in (who, what, about)), _clean(from_), _clean(to)),
    )
    assert cursor.lastrowid is not None
    if cursor.lastrowid % EVERY == 0:
        _fit(db)


def _fit(db: sqlite3.Connection) -> None:
    """Forget the oldest of those who did too much, then the oldest of all."""
    for who, held in db.execute("SELECT who, count(*) FROM audit GROUP BY who").fetchall():
        most = KEPT if who == ITSELF else OF_ONE
        if held > most:
            db.execute(
                "DELETE FROM audit WHERE id IN (SELECT id FROM audit WHERE who = ? ORDER BY id LIMIT ?)",
                (who, held - most),
            )
    held = db.execute("SELECT count(*) FROM audit").fetchone()[0]
    if held > KEPT:
        db.execute("DELETE FROM audit WHERE id IN (SELECT id FROM audit ORDER BY id LIMIT ?)", (held - KEPT,))


def differences(
    old: Mapping[str, object], new: Mapping[str, object], secret: frozenset[str] = frozenset()
) -> tuple[str, str]:
    """`from_` and `to` of what differs, a line for each field; of secrets only that they changed."""
    changed = [name for name in {**old, **new} if old.get(name) != new.get(name)]

    def lines(values: Mapping[str, object]) -> str:
        shown = {name: mask(values.get(name)) if name in secret else _text(values.get(name)) for name in changed}
        return "\n".join(f"{name}: {value}" for name, value in shown.items() if name in values)

    return lines(old), lines(new)


def mask(secret: object) -> str:
    """What stands for a secret: "" for none."""
    return HIDDEN if secret else ""


def page(db: sqlite3.Connection, before: int, limit: int, *, who: str = "", noun: str = "", q: str = "") -> list[Entry]:
    """Entries below an id (0 is from the newest on), newest first.

    `who` is exactly that, `noun` the first half of `what`, `q` stands anywhere in whom it is about, from and to.
    """
    conditions, values = ["id < ?"], [before or 1 << 62]
    for condition, value in (
        ("who = ?", who),
        ("what LIKE ? ESCAPE '\\'", noun and f"{_literal(noun)}.%"),
        ("about || char(10) || was || char(10) || becomes LIKE ? ESCAPE '\\'", q and f"%{_literal(q)}%"),
    ):
        if value:
            conditions.append(condition)
            values.append(value)  # type: ignore[arg-type]
    rows = db.execute(
        f"SELECT id, at, who, what, about, was, becomes FROM audit WHERE {' AND '.join(conditions)}"
        " ORDER BY id DESC LIMIT ?",
        (*values, limit),
    )
    return [Entry(*row) for row in rows]


def people(db: sqlite3.Connection, limit: int = 200) -> list[str]:
    """Everybody who is in the log, sorted."""
    return [row[0] for row in db.execute("SELECT DISTINCT who FROM audit ORDER BY who LIMIT ?", (limit,))]


def _text(value: object) -> str:
    if isinstance(value, tuple | list | set | frozenset):
        return ", ".join(str(each) for each in value)
    return "" if value is None else str(value)


def _clean(value: str, longest: int = LONGEST) -> str:
    text = value if len(value) <= longest else value[: longest - 1] + "…"
    return _TOKEN.sub(HIDDEN, text.encode("utf-8", "replace").decode())


def _literal(value: str) -> str:
    return re.sub(r"([%_\\])", r"\\\1", value)
