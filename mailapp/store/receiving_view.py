"""The receiving log as pages read it."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from typing import Any

from mailapp.mail.transaction import CHECK, DEFERRED, STEPS, UNKNOWN
from mailapp.values import dataclass

SELECT = (
    "SELECT t.id, t.began_at, t.last_at, t.times, t.outcome, t.peer, t.helo, t.tls, t.reverse_path, t.recipients,"
    " t.recipient_count, t.reply, t.reference, t.size, t.steps FROM smtp_transactions t"
)
TOP = 1 << 62
AFTER_RCPT = ("arrived", "understood", "committed")


@dataclass(frozen=True, slots=True)
class Asked:
    """One forward-path."""

    address: str
    reply: str
    """"" where it was accepted."""
    accounts: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Told:
    """One transaction, or several that were alike."""

    id: int
    began_ms: int
    last_ms: int
    """Its end, of several the last one's."""
    times: int
    outcome: str
    peer: str
    helo: str
    tls: str
    """Version and cipher, "" for none."""
    reverse_path: str | None
    """None where there was no MAIL."""
    recipients: tuple[Asked, ...]
    recipient_count: int
    reply: str
    reference: str
    size: int
    steps: tuple[float | None, ...]
    """ms, in the order of mail.transaction.STEPS."""

    @property
    def duration_ms(self) -> float:
        return sum(ms for ms in self.steps if ms is not None)

    @property
    def is_check(self) -> bool:
        """Whether our own check asked."""
        return self.reference == CHECK


@dataclass(frozen=True, slots=True)
class RefusedAddress:
    address: str
    times: int
    first_ms: int
    last_ms: int
    reverse_path: str
    """Of the last one who asked."""
    peer: str


def page(
    db: sqlite3.Connection,
    account_id: int | None,
    query: str,
    before: int | None,
    limit: int,
    outcomes: Sequence[str] = (),
) -> list[Told]:
    """Newest first, below an id: of an account, or (None) all; with a text in them, of some outcomes or all.

    An account gets what is its own of each, and finds by that alone. With a text or outcomes what the log holds is
    gone through row by row, at most once: seconds at the worst, so run it apart.
    """
    if account_id is None:
        return _page(db, query, before or TOP, limit, outcomes)
    found: list[Told] = []
    for one in _concerning(db, account_id, query, before or TOP, outcomes):
        mine = own(one, account_id)
        if _holds(mine, query) and (not outcomes or mine.outcome in outcomes):
            found.append(mine)
            if len(found) == limit:
                break
    return found


def _concerning(
    db: sqlite3.Connection, account_id: int, query: str, below: int, outcomes: Sequence[str]
) -> Iterator[Told]:
    """What concerns an account, newest first, in one pass: all that can be what is asked for, and some that is not."""
    where, values = "", list[object]([account_id, below])
    if query:
        where, values = f" AND {_HOLDS}", [*values, *_like(query)]
    if outcomes:
        # of one for several the account may know another outcome than the log
        where += f" AND (t.outcome IN ({', '.join('?' * len(outcomes))}) OR t.recipient_count > 1)"
        values += outcomes
    rows = db.execute(
        SELECT.replace("FROM smtp_transactions t", "FROM smtp_transaction_accounts c CROSS JOIN smtp_transactions t")
        + " ON t.id = c.transaction_id WHERE c.account_id = ? AND c.transaction_id < ?"
        + f"{where} ORDER BY c.transaction_id DESC",
        values,
    )
    with closing(rows):
        yield from map(_one, rows)


def _page(db: sqlite3.Connection, query: str, below: int, limit: int, outcomes: Sequence[str]) -> list[Told]:
    wheres, values = ["t.id < ?"], list[object]([below])
    if query:
        wheres.append(_HOLDS)
        values += _like(query)
    if outcomes:
        wheres.append("t.reference <> ?")  # our own checks are nobody who was refused
        values.append(CHECK)
    else:
        return _told(db, " AND ".join(wheres), values, limit)
    found = [
        one for each in outcomes for one in _told(db, " AND ".join([*wheres, "t.outcome = ?"]), [*values, each], limit)
    ]
    return sorted(found, key=lambda one: -one.id)[:limit]


_HOLDS = "({})".format(
    " OR ".join(f"t.{name} LIKE ? ESCAPE '\\'" for name in ("reverse_path", "recipients", "peer", "helo"))
)


def _like(query: str) -> list[str]:
    return ["%" + query.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"] * 4


def own(told: Told, account_id: int) -> Told:
    """What an account may know of a transaction: nothing of others' recipients, not even that there were any."""
    mine = tuple(one for one in told.recipients if account_id in one.accounts)
    shown = replace(
        told,
        recipients=tuple(replace(one, accounts=(account_id,)) for one in mine),
        recipient_count=len(mine),
    )
    if told.recipient_count == len(mine):
        return shown
    steps = tuple(None if name == "named" else ms for name, ms in zip(STEPS, told.steps, strict=True))
    if any(not one.reply for one in mine):
        return replace(shown, steps=steps)
    # the message went to others alone
    temporary = any(one.reply[0] == "4" for one in mine)
    came = tuple(None if name in AFTER_RCPT else ms for name, ms in zip(STEPS, steps, strict=True))
    return replace(shown, steps=came, outcome=DEFERRED if temporary else UNKNOWN, reply="", reference="", size=0)


def _holds(told: Told, query: str) -> bool:
    texts = (told.reverse_path or "", told.peer, told.helo, *(one.address for one in told.recipients))
    return any(query.lower() in each.lower() for each in texts)


def get(db: sqlite3.Connection, account_id: int | None, id_: int) -> Told | None:
    """One of an account, or (None) any."""
    if account_id is not None:
        concerned = db.execute(
            "SELECT 1 FROM smtp_transaction_accounts WHERE account_id = ? AND transaction_id = ?", (account_id, id_)
        ).fetchone()
        if concerned is None:
            return None
    found = _told(db, "t.id = ?", [id_], 1)
    if not found:
        return None
    return found[0] if account_id is None else own(found[0], account_id)


def refused(db: sqlite3.Connection, limit: int) -> list[RefusedAddress]:
    """Addresses asked for in vain, the most wanted first; those somebody made since are left out."""
    rows = db.execute(
        "SELECT r.address, r.times, r.first_at, r.last_at, r.reverse_path, r.peer FROM refused_addresses r"
        " WHERE NOT EXISTS (SELECT 1 FROM addresses a WHERE a.address = r.address)"
        " ORDER BY r.times DESC, r.last_at DESC LIMIT ?",
        (limit,),
    )
    return [RefusedAddress(*row) for row in rows.fetchall()]


def _told(db: sqlite3.Connection, where: str, values: Sequence[object], limit: int) -> list[Told]:
    rows = db.execute(f"{SELECT} WHERE {where} ORDER BY t.id DESC LIMIT ?", (*values, limit)).fetchall()
    return [_one(row) for row in rows]


def _one(row: tuple[Any, ...]) -> Told:
    values = (*row[:9], _asked(row[9]), *row[10:14], _steps(row[14]))
    return Told(*values)


def _asked(lines: str) -> tuple[Asked, ...]:
    found = []
    for line in lines.split("\n") if lines else ():
        address, reply, accounts = line.split("\t")
        found.append(Asked(address, reply, tuple(int(each) for each in accounts.split(",") if each)))
    return tuple(found)


def _steps(text: str) -> tuple[float | None, ...]:
    return tuple(None if each == "-" else int(each) / 10 for each in text.split())
