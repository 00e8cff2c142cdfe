"""What people and reports do to queue items: recall, hold, cancel, retry, another time, news from the relay.

Every function takes the account and leaves items of others alone; None is an admin, who may touch all but recall none.
"""

import sqlite3
from collections.abc import Collection, Iterable

from mailapp.mail.address import fold
from mailapp.mail.draft_listing import DraftListing
from mailapp.store import changes, contents, drafts, filings
from mailapp.store.arrivals import MessageIds
from mailapp.store.queue_claims import MAX_REASON, close
from mailapp.store.queue_view import NEVER
from mailapp.store.relays import Relay
from mailapp.values import dataclass


@dataclass(frozen=True, slots=True)
class Acted:
    """An item that changed: what there is to publish."""

    account_id: int
    message_id: int
    """Its copy in Sent, 0 where there is none."""
    seq: int
    item_id: int = 0


@dataclass(frozen=True, slots=True)
class Recalled:
    draft_id: int
    message_id: int
    """The draft's new row in Drafts."""
    sent_id: int
    """The copy in Sent that was erased."""
    seq: int


@dataclass(frozen=True, slots=True)
class _Item:
    id: int
    account_id: int
    message_id: int
    content_id: int | None
    draft_id: int
    release_at: int
    state: str


def _get(db: sqlite3.Connection, account_id: int | None, item_id: int, *states: str) -> _Item | None:
    """The item where it is in one of the states."""
    row = db.execute(
        "SELECT id, account_id, message_id, content_id, draft_id, release_at, state FROM queue_items WHERE id = ?",
        (item_id,),
    ).fetchone()
    if row is None or account_id not in (None, row[1]) or row[6] not in states:
        return None
    return _Item(*row)


def _waiting(db: sqlite3.Connection, item_id: int) -> list[int]:
    """Recipients of an item that are not over and not under way."""
    rows = db.execute(
        "SELECT id FROM queue_recipients WHERE item_id = ? AND +state IN ('pending', 'deferred') AND claimed = 0",
        (item_id,),
    )
    return [row[0] for row in rows]


def _plan(db: sqlite3.Connection, recipient_ids: Iterable[int], next_at: int) -> None:
    db.executemany("UPDATE queue_recipients SET next_at = ? WHERE id = ?", [(next_at, one) for one in recipient_ids])


def _set_state(db: sqlite3.Connection, item_id: int, state: str) -> None:
    db.execute("UPDATE queue_items SET state = ? WHERE id = ?", (state, item_id))


def _told(db: sqlite3.Connection, item: _Item) -> Acted:
    seq = changes.add(db, item.account_id, changes.QUEUE, item.message_id)
    return Acted(item.account_id, item.message_id, seq, item.id)


def recall(
    db: sqlite3.Connection, ids: MessageIds, account_id: int, item_id: int, listing: DraftListing, now_ms: int
) -> Recalled | None:
    """Undo a submission: the copy in Sent goes, the draft comes back whole, with the listing it has.

    None where it is too late.
    """
    item = _get(db, account_id, item_id, "waiting", "held")
    if item is None or item.draft_id == 0 or drafts.get(db, account_id, item.draft_id) is None:
        return None
    _cancel(db, item, now_ms)
    filings.erase(db, account_id, item.message_id)
    changes.add(db, account_id, changes.REMOVED, item.message_id)
    message_id = drafts.bring_back(db, ids, account_id, item.draft_id, listing, now_ms)
    return Recalled(item.draft_id, message_id, item.message_id, changes.latest(db))


def _cancel(db: sqlite3.Connection, item: _Item, now_ms: int) -> None:
    db.executemany(
        "UPDATE queue_recipients SET state = 'cancelled', next_at = 0, changed_at = ? WHERE id = ?",
        [(now_ms, one) for one in _waiting(db, item.id)],
    )
    db.execute("UPDATE queue_items SET state = 'cancelled', draft_id = 0 WHERE id = ?", (item.id,))
    close(db, [item.id])


def cancel(db: sqlite3.Connection, account_id: int | None, item_id: int, now_ms: int) -> Acted | None:
    """Send no more of an item; its copy in Sent stays. An attempt that is under way still ends as it will."""
    item = _get(db, account_id, item_id, "waiting", "active", "held")
    if item is None:
        return None
    _cancel(db, item, now_ms)
    if item.draft_id:
        drafts.drop(db, item.draft_id)
    return _told(db, item)


def reschedule(db: sqlite3.Connection, account_id: int | None, item_id: int, release_ms: int) -> Acted | None:
    """Send an item that waits at another time; None where it waits no more."""
    item = _get(db, account_id, item_id, "waiting")
    if item is None:
        return None
    db.execute("UPDATE queue_items SET release_at = ?, scheduled = 1 WHERE id = ?", (release_ms, item_id))
    _plan(db, _waiting(db, item_id), release_ms)
    return _told(db, item)


def retry_now(db: sqlite3.Connection, account_id: int | None, item_id: int, now_ms: int) -> Acted | None:
    """Try what is left of an item at once, and send what waits for its time. None where nothing is left to try."""
    item = _get(db, account_id, item_id, "waiting", "active")
    recipients = _waiting(db, item_id) if item else []
    if item is None or not recipients:
        return None
    if item.release_at > now_ms:
        db.execute("UPDATE queue_items SET release_at = ? WHERE id = ?", (now_ms, item_id))
    _plan(db, recipients, now_ms)
    return _told(db, item)


def hold(db: sqlite3.Connection, account_id: int | None, item_id: int, now_ms: int) -> Acted | None:
    """Send nothing more of an item until it is resumed. None where it is over or held already."""
    item = _get(db, account_id, item_id, "waiting", "active")
    if item is None:
        return None
    _set_state(db, item_id, "held")
    _plan(db, _waiting(db, item_id), NEVER)
    return _told(db, item)


def resume(db: sqlite3.Connection, account_id: int | None, item_id: int, now_ms: int) -> Acted | None:
    """End a hold: at once, or at the item's own time. None where it is not held."""
    item = _get(db, account_id, item_id, "held")
    if item is None:
        return None
    # a draft is there as long as nothing was claimed
    _set_state(db, item_id, "waiting" if item.draft_id else "active")
    _plan(db, _waiting(db, item_id), max(now_ms, item.release_at))
    return _told(db, item)


def retry_all(db: sqlite3.Connection, now_ms: int) -> int:
    """Make every deferred recipient due, after relays changed; how many."""
    rows = db.execute(
        "SELECT id FROM queue_recipients WHERE state IN ('pending', 'deferred') AND state = 'deferred'"
        " AND next_at > ? AND next_at < ?",
        (now_ms, NEVER),
    ).fetchall()
    _plan(db, [row[0] for row in rows], now_ms)
    return len(rows)


def set_warned(db: sqlite3.Connection, item_ids: Iterable[int]) -> None:
    """The senders of these items were told of the delay."""
    db.executemany("UPDATE queue_items SET warned = 1 WHERE id = ?", [(item_id,) for item_id in item_ids])


def notice(db: sqlite3.Connection, account_id: int, message_ids: Collection[int] | None = None) -> int:
    """The account looked at its failures, or at those of these messages; the seq, 0 where there were none."""
    rows = db.execute(
        "SELECT id, message_id FROM queue_items WHERE account_id = ? AND noticed = 0", (account_id,)
    ).fetchall()
    seen = [(item_id,) for item_id, message_id in rows if message_ids is None or message_id in message_ids]
    db.executemany("UPDATE queue_items SET noticed = 1 WHERE id = ?", seen)
    return changes.add(db, account_id, changes.QUEUE) if seen else 0


_AFTER = {("sent", "delivered"), ("sent", "failed"), ("delivered", "failed")}
"""What news may change; nothing else comes back from failed or delivered, and what we still send is ours to say."""
BY_MAIL = "by mail: "
"""Begins a reason that only a DSN gave: anyone who knows the Message-ID can write one."""


def report_event(
    db: sqlite3.Connection,
    account_id: int | None,
    relay: Relay | None,
    ref_hash: int,
    address: str,
    state: str,
    code: int,
    status: str,
    reason: str,
    now_ms: int,
) -> Acted | None:
    """Take news of a recipient the relay accepted, from a DSN or its event webhook; None where it changes nothing.

    `ref_hash` is arrivals.reference_hash of the Message-ID; `state` is delivered, failed, or deferred, which only
    brings a new reason. An account (None: any) is told only of items of its own. `relay` is the one whose signed event
    this is: it speaks only of what went over it, whatever its name was then, and its "delivered" corrects a failure
    known by mail alone. None is a DSN, about whatever was accepted; its reason is marked BY_MAIL.
    """
    rows = db.execute(
        "SELECT r.id, r.address, r.state, r.reason, i.id, i.account_id, i.message_id FROM queue_items i"
        " JOIN queue_recipients r ON r.item_id = i.id"
        " WHERE i.ref_hash = ? AND i.ref_hash <> 0 AND ifnull(?, i.account_id) = i.account_id"
        # by the name only where the relay it went over is there no more, or was not written down
        " AND (? IS NULL OR r.relay_id = ?"
        " OR r.relay = ? AND NOT EXISTS (SELECT 1 FROM relays WHERE id = r.relay_id)) ORDER BY i.id DESC",
        (ref_hash, account_id, *((relay.id, relay.id, relay.name) if relay else (None, 0, ""))),
    ).fetchall()
    wanted = fold(address)
    found = next((row for row in rows if fold(row[1]) == wanted), None)
    if found is None:
        return None
    recipient_id, _, before, told, item_id, owner, message_id = found
    reason = (reason if relay is not None else BY_MAIL + reason)[:MAX_REASON]
    corrects = relay is not None and (before, state) == ("failed", "delivered") and told.startswith(BY_MAIL)
    if state == "deferred":
        if before != "sent" or reason == told:
            return None
        state = before
    elif (before, state) not in _AFTER and not corrects:
        return None
    db.execute(
        "UPDATE queue_recipients SET state = ?, code = ?, status = ?, reason = ?, changed_at = ? WHERE id = ?",
        (state, code, status, reason, now_ms, recipient_id),
    )
    if state == "failed":
        db.execute("UPDATE queue_items SET noticed = 0 WHERE id = ?", (item_id,))
    elif corrects:
        db.execute(
            "UPDATE queue_items SET noticed = 1 WHERE id = ?1 AND NOT EXISTS"
            " (SELECT 1 FROM queue_recipients WHERE item_id = ?1 AND +state = 'failed')",
            (item_id,),
        )
    return Acted(owner, message_id, changes.add(db, owner, changes.QUEUE, message_id), item_id)


def erase_some(db: sqlite3.Connection, account_id: int, limit: int) -> int:
    """Remove up to `limit` of an account's items with what they hold; how many: for removing an account."""
    rows = db.execute(
        "SELECT id, content_id FROM queue_items WHERE account_id = ? LIMIT ?", (account_id, limit)
    ).fetchall()
    for item_id, content_id in rows:
        db.execute("DELETE FROM queue_items WHERE id = ?", (item_id,))
        if content_id is not None:
            contents.release(db, content_id)
    return len(rows)
