"""The receiving log as pages read it."""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

SELECT = (
    "SELECT t.id, t.began_at, t.last_at, t.times, t.outcome, t.peer, t.helo, t.tls, t.reverse_path, t.recipients,"
    " t.recipient_count, t.reply, t.reference, t.size, t.steps FROM smtp_transactions t"
)
TOP = 1 << 62


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

    A text is looked for row by row in what the log holds at most: some 0.1 s, so run it apart.
    """
    wheres, values = ["t.id < ?"], list[object]([before or TOP])
    if account_id is not None:
        wheres.append(
            "t.id IN (SELECT transaction_id FROM smtp_transaction_accounts WHERE account_id = ? AND transaction_id < ?)"
        )
        values += [account_id, before or TOP]
    if query:
        like = "%" + query.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
        texts = " OR ".join(f"t.{name} LIKE ? ESCAPE '\\'" for name in ("reverse_path", "recipients", "peer", "helo"))
        wheres.append(f"({texts})")
        values += [like] * 4
    if not outcomes:
        return _told(db, " AND ".join(wheres), values, limit)
    found = [
        one for each in outcomes for one in _told(db, " AND ".join([*wheres, "t.outcome = ?"]), [*values, each], limit)
    ]
    return sorted(found, key=lambda one: -one.id)[:limit]


def get(db: sqlite3.Connection, account_id: int | None, id_: int) -> Told | None:
    """One of an account, or (None) any."""
    if account_id is not None:
        own = db.execute(
            "SELECT 1 FROM smtp_transaction_accounts WHERE account_id = ? AND transaction_id = ?", (account_id, id_)
        ).fetchone()
        if own is None:
            return None
    found = _told(db, "t.id = ?", [id_], 1)
    return found[0] if found else None


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
    return [Told(*row[:9], _asked(row[9]), *row[10:14], _steps(row[14])) for row in rows]


def _asked(lines: str) -> tuple[Asked, ...]:
    found = []
    for line in lines.split("\n") if lines else ():
        address, reply, accounts = line.split("\t")
        found.append(Asked(address, reply, tuple(int(each) for each in accounts.split(",") if each)))
    return tuple(found)


def _steps(text: str) -> tuple[float | None, ...]:
    return tuple(None if each == "-" else float(each) for each in text.split())
