"""The queue as pages read it: items with their recipients, summaries for lists, counts."""

import sqlite3
from collections.abc import Sequence

from mailapp.values import dataclass

NEVER = 1 << 62
"""next_at of a recipient that is claimed or held: no attempt is due until that ends."""

OPEN = ("pending", "deferred")
"""States of a recipient that is still to be sent to."""
ORDER = ("failed", "deferred", "pending", "sent", "delivered", "cancelled")
"""What needs attention comes first."""


@dataclass(frozen=True, slots=True)
class Recipient:
    id: int
    item_id: int
    address: str
    """As it goes into RCPT."""
    state: str
    """One of ORDER."""
    next_ms: int
    """The next attempt; 0 where none is planned: under way, held, or over."""
    attempts: int
    claimed: bool
    """An attempt is under way."""
    in_doubt: bool
    doubled: bool
    """Possibly sent twice: an attempt broke off after the final dot."""
    code: int
    """Reply code of the last attempt, 0 where there was no reply."""
    status: str
    """Enhanced status code (RFC 3463), or ""."""
    reason: str
    relay: str
    """Name of the relay; "local" for our own domains."""
    took_ms: int
    changed_ms: int


@dataclass(frozen=True, slots=True)
class Item:
    id: int
    account_id: int
    message_id: int
    """The copy in Sent; 0 where there is none. It may have been erased meanwhile."""
    draft_id: int
    """What a recall brings back; 0 where nothing can be recalled any more."""
    reverse_path: str
    subject: str
    size: int
    utf8: bool
    created_ms: int
    release_ms: int
    """Not sent before."""
    scheduled: bool
    """Its sender chose the time."""
    state: str
    """waiting (can be recalled), active, held, done or cancelled."""
    warned: bool
    noticed: bool
    recipients: tuple[Recipient, ...]
    """Failed ones first, see ORDER."""
    report_id: int = 0
    """The newest notice of failure or delay (DSN) the account has of it, where a recipient failed."""


@dataclass(frozen=True, slots=True)
class Summary:
    """How far one message is, for a row in Sent: recipients by state."""

    item_id: int
    state: str
    pending: int
    deferred: int
    failed: int
    sent: int
    delivered: int
    total: int
    """Cancelled ones included."""
    waiting_until_ms: int
    """When it leaves; 0 once it may."""
    scheduled: bool
    doubled: int


_ITEM = (
    "id, account_id, message_id, draft_id, reverse_path, subject, size, utf8, created_at, release_at, scheduled, state,"
    " warned, noticed, ref_hash"
)
_RECIPIENT = (
    "id, item_id, address, state, next_at, attempts, claimed, in_doubt, doubled, code, status, reason, relay, took_ms,"
    " changed_at"
)
_OPEN_ITEMS = "state IN ('waiting', 'active', 'held')"  # as the partial index says it


def get(db: sqlite3.Connection, account_id: int | None, item_id: int) -> Item | None:
    """One item; None where the account (None: whoever's) has no such item."""
    found = _items(db, "id = ? AND ifnull(?, account_id) = account_id", (item_id, account_id))
    return found[0] if found else None


def of_message(db: sqlite3.Connection, account_id: int, message_id: int) -> Item | None:
    """The item of a message in Sent."""
    found = _items(
        db,
        "message_id = ? AND message_id <> 0 AND +account_id = ? ORDER BY id DESC LIMIT 1",
        (message_id, account_id),
    )
    return found[0] if found else None


def items(
    db: sqlite3.Connection, account_id: int | None, before: int | None, limit: int, open_only: bool = False
) -> list[Item]:
    """The newest `limit` items below the id `before`, of one account or (None) of all."""
    top = NEVER if before is None else before
    if open_only:
        where = f"{_OPEN_ITEMS} AND id < ? AND ifnull(?, account_id) = account_id ORDER BY id DESC LIMIT ?"
        return _items(db, where, (top, account_id, limit))
    if account_id is None:
        return _items(db, "id < ? ORDER BY id DESC LIMIT ?", (top, limit))
    # by time, as the index is; items of one millisecond go by id
    at = db.execute("SELECT created_at FROM queue_items WHERE id = ?", (before,)).fetchone()
    below = (account_id, NEVER if at is None else at[0], top)
    return _items(
        db, "account_id = ? AND (created_at, id) < (?, ?) ORDER BY created_at DESC, id DESC LIMIT ?", (*below, limit)
    )


def _items(db: sqlite3.Connection, where: str, parameters: Sequence[int | None]) -> list[Item]:
    rows = db.execute(f"SELECT {_ITEM} FROM queue_items WHERE {where}", parameters).fetchall()
    recipients: dict[int, list[Recipient]] = {row[0]: [] for row in rows}
    marks = ", ".join("?" * len(recipients))
    for one in db.execute(f"SELECT {_RECIPIENT} FROM queue_recipients WHERE item_id IN ({marks})", list(recipients)):
        recipients[one[1]].append(_recipient(*one))
    return [_item(db, row, recipients[row[0]]) for row in rows]


def _item(db: sqlite3.Connection, row: tuple[int, ...], recipients: list[Recipient]) -> Item:
    (
        id_, account, message, draft, path, subject, size, utf8, created, release, scheduled, state, warned, noticed,
        ref_hash,
    ) = row  # fmt: skip
    ordered = tuple(sorted(recipients, key=lambda one: (ORDER.index(one.state), one.id)))
    flags = bool(warned), bool(noticed)
    failed = any(each.state == "failed" for each in ordered)
    return Item(
        id_, account, message, draft, str(path), str(subject), size, bool(utf8), created, release, bool(scheduled),
        str(state), *flags, ordered, _report_of(db, account, ref_hash) if failed else 0,
    )  # fmt: skip


def _report_of(db: sqlite3.Connection, account_id: int, ref_hash: int) -> int:
    """What names the message, came with a null reverse-path, and is not an automatic answer of its recipient."""
    row = db.execute(
        "SELECT m.id FROM message_refs r JOIN messages m ON m.id = r.message_id"
        " WHERE r.account_id = ? AND r.hash = ? AND r.hash <> 0 AND m.reverse_path = '' AND m.delivered_to <> ''"
        " AND (m.from_address LIKE 'postmaster@%' OR m.from_address LIKE 'mailer-daemon@%') ORDER BY m.id DESC LIMIT 1",
        (account_id, ref_hash),
    ).fetchone()
    return int(row[0]) if row else 0


def _recipient(
    id_: int, item_id: int, address: str, state: str, next_at: int, attempts: int, claimed: int, in_doubt: int,
    doubled: int, code: int, status: str, reason: str, relay: str, took_ms: int, changed_at: int,
) -> Recipient:  # fmt: skip
    next_ms = next_at if state in OPEN and next_at != NEVER else 0
    return Recipient(
        id_, item_id, address, state, next_ms, attempts, bool(claimed), bool(in_doubt), bool(doubled), code, status,
        reason, relay, took_ms, changed_at,
    )  # fmt: skip


def summaries(db: sqlite3.Connection, message_ids: Sequence[int]) -> dict[int, Summary]:
    """How far messages are, by message id; those that were never submitted are left out. The ids are the caller's."""
    marks = ", ".join("?" * len(message_ids))
    rows = db.execute(
        "SELECT i.message_id, i.id, i.state, i.release_at, i.scheduled,"
        " sum(r.state = 'pending'), sum(r.state = 'deferred'), sum(r.state = 'failed'), sum(r.state = 'sent'),"
        " sum(r.state = 'delivered'), count(*), sum(r.doubled)"
        " FROM queue_items i JOIN queue_recipients r ON r.item_id = i.id"
        f" WHERE i.message_id IN ({marks}) AND i.message_id <> 0 GROUP BY i.id ORDER BY i.id",
        message_ids,
    )
    found = {}
    for row in rows:
        message_id, item_id, state, release_at, scheduled, pending, deferred, failed, sent, delivered = row[:10]
        until = release_at if state == "waiting" else 0
        found[message_id] = Summary(
            item_id, state, pending, deferred, failed, sent, delivered, row[10], until, bool(scheduled), row[11]
        )
    return found


def unnoticed(db: sqlite3.Connection, account_id: int) -> int:
    """Messages with a failure their sender has not looked at."""
    row = db.execute("SELECT count(*) FROM queue_items WHERE account_id = ? AND noticed = 0", (account_id,)).fetchone()
    return int(row[0])


def sent_since(db: sqlite3.Connection, account_id: int, since_ms: int, besides: int = 0) -> int:
    """Messages submitted since a time, recalled ones included, without the one of this `ref_hash`.

    One that was recalled and submitted again, at another time or changed, is one message: it has one Message-ID.
    """
    row = db.execute(
        "SELECT count(DISTINCT CASE ref_hash WHEN 0 THEN 'item ' || id ELSE ref_hash END) FROM queue_items"
        " WHERE account_id = ? AND created_at >= ? AND (ref_hash = 0 OR ref_hash <> ?)",
        (account_id, since_ms, besides),
    ).fetchone()
    return int(row[0])


def unwarned(db: sqlite3.Connection, before_ms: int, limit: int) -> list[Item]:
    """Items on their way since before a time whose senders were not told yet that it takes long."""
    where = f"{_OPEN_ITEMS} AND state = 'active' AND warned = 0 AND release_at <= ?"
    return _items(db, f"{where} ORDER BY id LIMIT ?", (before_ms, limit))
