"""What messages offer to type or to press (mail/code.py), one row per copy; it goes with its message, by a trigger."""

import json
import sqlite3
from collections.abc import Iterable, Sequence
from typing import Any

from mailapp.mail.code import Code, Codes, Kind
from mailapp.store import bulk, changes
from mailapp.values import dataclass

ASSUMED_MS = 1_800_000
"""How long a code is offered where its message does not say how long it is valid."""
ALTERNATIVES = 8
"""Runners-up that are kept."""
VALUE_LONGEST = 2_048
"""Characters of a value or a link; a longer link is not kept."""


@dataclass(frozen=True, slots=True)
class Alternative:
    """A runner-up."""

    kind: Kind
    value: str


@dataclass(frozen=True, slots=True)
class StoredCode:
    """A code with what pages and answers show of its message; times in ms since 1970 UTC."""

    message_id: int
    account_id: int
    kind: Kind
    """CODE or LINK."""
    value: str
    """As it is pasted, without spaces; the URL where `kind` is LINK."""
    link: str
    """The sign-in or confirm link, also beside a code; "" for none."""
    confidence: float
    origin: str
    """Domain an origin-bound code belongs to, "" for any."""
    alternatives: tuple[Alternative, ...]
    valid_until: int | None
    """None where the message does not say."""
    used_at: int | None
    filed_at: int | None
    """When it went to the archive by itself."""
    from_name: str
    from_address: str
    subject: str
    delivered_to: str
    """The folded envelope recipient this copy came for, tag included."""
    thread_id: int
    mailbox_id: int
    seen: bool

    @property
    def received_ms(self) -> int:
        """Arrival: an id is that times 4096 plus a counter."""
        return self.message_id >> 12

    @property
    def lapses_ms(self) -> int:
        """When it is no longer offered first: at the end of its validity, or of what is assumed."""
        return self.received_ms + ASSUMED_MS if self.valid_until is None else self.valid_until

    def is_valid(self, now_ms: int) -> bool:
        """Whether it can still be used, as far as anybody knows."""
        return self.used_at is None and (self.valid_until is None or now_ms < self.valid_until)

    def is_current(self, now_ms: int) -> bool:
        """Whether it is what somebody may be waiting for."""
        return self.used_at is None and now_ms < self.lapses_ms


_SELECT = (
    "SELECT c.message_id, c.account_id, c.kind, c.value, c.link, c.confidence, c.origin, c.alternatives, c.valid_until,"
    " c.used_at, c.filed_at, m.from_name, m.from_address, m.subject, m.delivered_to, m.thread_id, m.mailbox_id, m.seen"
    " FROM codes c CROSS JOIN messages m ON m.id = c.message_id WHERE c.dismissed_at IS NULL"
)
_SHOWN = " AND m.mailbox_id NOT IN (SELECT id FROM mailboxes WHERE account_id = ? AND role IN ('trash', 'junk'))"


def add_all(db: sqlite3.Connection, found: Sequence[tuple[int, int, Codes]]) -> None:
    """Write (message, account, what it offers) of messages that arrive, in their own transaction."""
    rows = [_row(message_id, account_id, codes) for message_id, account_id, codes in found if _offers(codes)]
    if rows:
        bulk.insert(
            db,
            "codes",
            "message_id, account_id, kind, value, link, confidence, origin, alternatives, valid_until",
            rows,
        )


def _offers(codes: Codes) -> bool:
    return codes.best is not None and len(codes.best.value) <= VALUE_LONGEST


def _row(message_id: int, account_id: int, codes: Codes) -> tuple[object, ...]:
    best = codes.best
    assert best is not None
    link = codes.link.value if codes.link and len(codes.link.value) <= VALUE_LONGEST else ""
    until = None if best.valid_seconds is None else (message_id >> 12) + best.valid_seconds * 1000
    others = _json_of(codes.others)
    value = "".join(best.value.split()) if best.kind is Kind.CODE else best.value
    return message_id, account_id, best.kind.value, value, link, best.confidence, best.origin, others, until


def _json_of(others: Sequence[Code]) -> str:
    short = [(each.kind.value, each.value) for each in others if len(each.value) <= VALUE_LONGEST]
    return json.dumps(list(dict.fromkeys(short))[:ALTERNATIVES], ensure_ascii=False)


def _stored(row: Sequence[Any]) -> StoredCode:
    message_id, account_id, kind, value, link, confidence, origin, others, *rest = row
    alternatives = tuple(Alternative(Kind(each[0]), each[1]) for each in json.loads(others))
    return StoredCode(message_id, account_id, Kind(kind), value, link, confidence, origin, alternatives, *rest)


def newest(db: sqlite3.Connection, account_id: int, before: int | None, limit: int) -> list[StoredCode]:
    """The account's newest codes below the message id `before` (keyset paging), newest first; no trash, no junk."""
    top = before if before is not None else 1 << 62
    found = db.execute(
        f"{_SELECT}{_SHOWN} AND c.account_id = ? AND c.message_id < ? ORDER BY c.message_id DESC LIMIT ?",
        (account_id, account_id, top, limit),
    )
    return [_stored(row) for row in found.fetchall()]


def since(db: sqlite3.Connection, account_id: int, after: int, limit: int) -> list[StoredCode]:
    """The account's codes above the message id `after`, oldest first; no trash, no junk."""
    found = db.execute(
        f"{_SELECT}{_SHOWN} AND c.account_id = ? AND c.message_id > ? ORDER BY c.message_id LIMIT ?",
        (account_id, account_id, after, limit),
    )
    return [_stored(row) for row in found.fetchall()]


def of_messages(db: sqlite3.Connection, account_id: int, ids: Sequence[int]) -> dict[int, StoredCode]:
    """What those of the account's messages offer that offer anything, by message id."""
    marks = ", ".join("?" * len(ids))
    found = db.execute(f"{_SELECT} AND c.account_id = ? AND c.message_id IN ({marks})", (account_id, *ids))
    return {row[0]: _stored(row) for row in found.fetchall()}


def on_top(found: Iterable[StoredCode], now_ms: int) -> StoredCode | None:
    """The newest of some, newest first, that can be typed now."""
    return next((each for each in found if each.kind is Kind.CODE and each.is_current(now_ms)), None)


def of_message(db: sqlite3.Connection, account_id: int, message_id: int) -> StoredCode | None:
    """What one message offers; None for nothing, and for a message of another account."""
    return of_messages(db, account_id, [message_id]).get(message_id)


def mark_used(db: sqlite3.Connection, account_id: int, message_id: int, used_at: int | None) -> int:
    """Mark a code used at a time, or not used after all; return the change's seq, 0 where nothing changed."""
    changed = db.execute(
        "UPDATE codes SET used_at = ? WHERE message_id = ? AND account_id = ? AND (used_at IS NULL) <> ?",
        (used_at, message_id, account_id, int(used_at is None)),
    ).rowcount
    return changes.add(db, account_id, changes.CODE, message_id) if changed else 0


def dismiss(db: sqlite3.Connection, account_id: int, message_id: int, now_ms: int) -> int:
    """The reader says there is no code in it; return the change's seq, 0 where nothing changed."""
    changed = db.execute(
        "UPDATE codes SET dismissed_at = ? WHERE message_id = ? AND account_id = ? AND dismissed_at IS NULL",
        (now_ms, message_id, account_id),
    ).rowcount
    return changes.add(db, account_id, changes.CODE, message_id) if changed else 0


def dismissed(db: sqlite3.Connection, account_id: int, message_id: int) -> tuple[Kind, str] | None:
    """(kind, value) of what the reader said is no code; None where nothing of the account was dismissed there."""
    row = db.execute(
        "SELECT kind, value FROM codes WHERE message_id = ? AND account_id = ? AND dismissed_at IS NOT NULL",
        (message_id, account_id),
    ).fetchone()
    return None if row is None else (Kind(row[0]), row[1])


def take_back(db: sqlite3.Connection, account_id: int, message_id: int) -> int:
    """It is a code after all; return the change's seq, 0 where nothing was dismissed."""
    changed = db.execute(
        "UPDATE codes SET dismissed_at = NULL WHERE message_id = ? AND account_id = ? AND dismissed_at IS NOT NULL",
        (message_id, account_id),
    ).rowcount
    return changes.add(db, account_id, changes.CODE, message_id) if changed else 0


def replace(db: sqlite3.Connection, account_id: int, message_id: int, codes: Codes) -> int:
    """Write what a message offers anew, unused; return the change's seq. Raises LookupError for a foreign message."""
    held = db.execute("SELECT 1 FROM messages WHERE id = ? AND account_id = ?", (message_id, account_id)).fetchone()
    if held is None:
        raise LookupError(message_id)
    before = db.execute("DELETE FROM codes WHERE message_id = ? RETURNING filed_at", (message_id,)).fetchall()
    add_all(db, [(message_id, account_id, codes)])
    # what was filed once by itself is not filed again
    db.executemany("UPDATE codes SET filed_at = ? WHERE message_id = ?", [(*each, message_id) for each in before])
    return changes.add(db, account_id, changes.CODE, message_id)


def due(db: sqlite3.Connection, used_ms: int, old_ms: int, latest_ms: int, limit: int) -> list[tuple[int, int]]:
    """(message, account) in the inboxes of accounts that file codes by themselves: used before one time or come before
    another, but since `latest_ms`. What was filed once, and what bears a star, stays where somebody put it."""
    return db.execute(
        "SELECT c.message_id, c.account_id FROM accounts a CROSS JOIN codes c ON c.account_id = a.id"
        " CROSS JOIN messages m ON m.id = c.message_id WHERE a.file_codes = 1 AND c.message_id > ?"
        " AND c.filed_at IS NULL AND c.dismissed_at IS NULL AND (c.used_at <= ? OR c.message_id < ?) AND m.flagged = 0"
        " AND m.mailbox_id = (SELECT id FROM mailboxes WHERE account_id = a.id AND role = 'inbox') LIMIT ?",
        (latest_ms << 12, used_ms, old_ms << 12, limit),
    ).fetchall()


def mark_filed(db: sqlite3.Connection, ids: Sequence[int], now_ms: int) -> None:
    """They were filed by themselves, once and for all."""
    db.executemany("UPDATE codes SET filed_at = ? WHERE message_id = ?", [(now_ms, each) for each in ids])
