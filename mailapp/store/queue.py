"""The queue: submitted messages on their way. This is its door; the other rooms are queue_claims, _acts and _view."""

import sqlite3

from mailapp.store import contents
from mailapp.store.queue_acts import (
    BY_MAIL,
    Acted,
    Recalled,
    cancel,
    erase_some,
    hold,
    notice,
    recall,
    report_event,
    reschedule,
    resume,
    retry_all,
    retry_now,
    set_warned,
)
from mailapp.store.queue_claims import (
    Claim,
    ClaimedRecipient,
    Doubled,
    Outcome,
    Settled,
    due,
    mark_in_doubt,
    settle,
    unclaim_all,
)
from mailapp.store.queue_lanes import HERE, Lane, lane_of, lanes, local
from mailapp.store.queue_view import (
    Item,
    Recipient,
    Summary,
    get,
    items,
    of_message,
    sent_since,
    summaries,
    unnoticed,
    unwarned,
)
from mailapp.values import dataclass

__all__ = [
    "BY_MAIL",
    "HERE",
    "Acted",
    "Claim",
    "ClaimedRecipient",
    "Doubled",
    "Item",
    "Lane",
    "NewItem",
    "Outcome",
    "Recalled",
    "Recipient",
    "Settled",
    "Summary",
    "add",
    "cancel",
    "due",
    "erase_some",
    "get",
    "hold",
    "items",
    "lanes",
    "local",
    "mark_in_doubt",
    "notice",
    "of_message",
    "recall",
    "report_event",
    "reschedule",
    "resume",
    "retry_all",
    "retry_now",
    "sent_since",
    "set_warned",
    "settle",
    "summaries",
    "unclaim_all",
    "unnoticed",
    "unwarned",
]


@dataclass(frozen=True, slots=True)
class NewItem:
    """A submitted message."""

    account_id: int
    message_id: int
    """The copy in Sent, 0 where there is none."""
    content_id: int
    draft_id: int
    """The withdrawn draft a recall brings back, 0 where there is none."""
    reverse_path: str
    ref_hash: int
    """arrivals.reference_hash of its Message-ID; reports find it by that."""
    subject: str
    size: int
    """Bytes."""
    utf8: bool
    """Needs SMTPUTF8 (RFC 6531)."""
    recipients: tuple[str, ...]
    """As they go into RCPT, each once."""
    release_ms: int
    """Not to be sent before."""
    scheduled: bool
    """Its sender chose that time."""


def add(db: sqlite3.Connection, item: NewItem, now_ms: int) -> int:
    """Queue a message for its recipients; it holds the content until the last of them is through. Its id."""
    row = db.execute(
        "INSERT INTO queue_items (account_id, message_id, content_id, draft_id, reverse_path, ref_hash, subject, size,"
        " utf8, created_at, release_at, scheduled) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            item.account_id,
            item.message_id,
            item.content_id,
            item.draft_id,
            item.reverse_path,
            item.ref_hash,
            item.subject,
            item.size,
            item.utf8,
            now_ms,
            item.release_ms,
            item.scheduled,
        ),
    )
    item_id = row.lastrowid
    assert item_id is not None
    db.executemany(
        "INSERT INTO queue_recipients (item_id, address, lane, next_at, changed_at) VALUES (?, ?, ?, ?, ?)",
        [(item_id, address, lane, item.release_ms, now_ms) for address, lane in _in_lanes(db, item)],
    )
    contents.keep(db, item.content_id)
    return item_id


def _in_lanes(db: sqlite3.Connection, item: NewItem) -> list[tuple[str, str]]:
    """(address, lane) of its recipients."""
    ours = local(db)
    return [(address, lane_of(item.reverse_path, address, ours)) for address in item.recipients]
