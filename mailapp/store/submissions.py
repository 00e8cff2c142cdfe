"""Submission as one unit of work: the copy in Sent, the queue item, the people written to; the draft leaves Drafts."""

import sqlite3
from dataclasses import replace

from mailapp.mail.draft import Draft
from mailapp.mail.message import Person
from mailapp.store import arrivals, changes, correspondents, drafts, filings, queue
from mailapp.store.arrivals import Arrival, MessageIds
from mailapp.store.draft_attachments import DraftAttachment
from mailapp.store.queue import NewItem
from mailapp.values import dataclass

HOUR_MS = 3_600_000


class DraftChanged(Exception):
    """The draft was saved or got another attachment after it was read."""


class TooManyMessages(Exception):
    """The account's messages of the last hour reached the limit."""


@dataclass(frozen=True, slots=True)
class Submitted:
    """A message that was accepted."""

    item_id: int
    """Its queue item."""
    message_id: int
    """Its copy in Sent; 0 where that is gone."""
    release_ms: int
    """Nothing leaves before; until then it can be recalled."""
    scheduled: bool
    """Its sender chose the time."""


@dataclass(frozen=True, slots=True)
class Submission:
    """All that is written of one, worked out before the transaction."""

    item: NewItem
    """`message_id` and `content_id` are filled in here."""
    arrival: Arrival
    people: tuple[Person, ...]
    """Everybody it goes to, Bcc included."""
    to_names: str
    to_count: int
    answers: int
    """Id of the message replied to, 0 for none."""
    revision: int
    """Of the draft when it was read."""
    attachments: tuple[DraftAttachment, ...]
    """Those of the draft when it was read."""
    hourly_limit: int


@dataclass(frozen=True, slots=True)
class Accepted:
    submitted: Submitted
    seq: int
    """Of the last change; 0 where this was submitted before."""


def of_ref(db: sqlite3.Connection, account_id: int, ref_hash: int) -> Submitted | None:
    """The account's newest submission with this Message-ID (`arrivals.reference_hash`)."""
    row = db.execute(
        "SELECT id, message_id, release_at, scheduled FROM queue_items WHERE ref_hash = ? AND account_id = ?"
        " AND ref_hash <> 0 ORDER BY id DESC LIMIT 1",
        (ref_hash, account_id),
    ).fetchone()
    return None if row is None else Submitted(row[0], row[1], row[2], bool(row[3]))


def add(db: sqlite3.Connection, ids: MessageIds, new: Submission, now_ms: int) -> Accepted:
    """Write a submission. One whose draft was submitted meanwhile is answered with what that became.

    Raises DraftChanged, TooManyMessages, LookupError where the draft is gone and was never submitted.
    """
    account_id, draft_id = new.item.account_id, new.item.draft_id
    if draft_id:
        stored = drafts.get(db, account_id, draft_id)
        if stored is None or stored.message_id is None:
            before = of_ref(db, account_id, new.item.ref_hash)
            if before is None:
                raise LookupError(draft_id)
            return Accepted(before, 0)
        if (stored.revision, stored.attachments) != (new.revision, new.attachments):
            raise DraftChanged(draft_id)
    if queue.sent_since(db, account_id, now_ms - HOUR_MS, new.item.ref_hash) >= new.hourly_limit:
        raise TooManyMessages(account_id)
    copy = arrivals.add_sent(db, ids, new.arrival, account_id, now_ms, new.to_names, new.to_count)
    item = replace(new.item, message_id=copy.message_id, content_id=copy.content_id)
    item_id = queue.add(db, item, now_ms)
    correspondents.wrote_to(db, account_id, new.people, now_ms)
    if new.answers:
        filings.set_answered(db, account_id, new.answers)
    if draft_id:
        drafts.withdraw(db, account_id, draft_id)
    return Accepted(Submitted(item_id, copy.message_id, item.release_ms, item.scheduled), changes.latest(db))


def draft_of(db: sqlite3.Connection, account_id: int, item_id: int) -> Draft | None:
    """What a recall of an item would bring back; None where the account has no such item or the draft is gone."""
    item = queue.get(db, account_id, item_id)
    stored = drafts.get(db, account_id, item.draft_id) if item and item.draft_id else None
    return None if stored is None else stored.draft


def drafts_of(db: sqlite3.Connection, account_id: int) -> int:
    """How many drafts an account has, those included that are submitted and can be recalled."""
    return int(db.execute("SELECT count(*) FROM drafts WHERE account_id = ?", (account_id,)).fetchone()[0])
