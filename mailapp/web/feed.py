"""What open streams push, loaded once for all readers of an account (the bus carries ids, the journal the truth)."""

import asyncio
import sqlite3
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import field

from mailapp.store import changes, codes, conversations, labels, mailboxes, messages, queue
from mailapp.store.changes import Change
from mailapp.store.codes import StoredCode
from mailapp.store.conversations import Thread
from mailapp.store.database import Database
from mailapp.store.labels import Label
from mailapp.store.mailboxes import Mailbox
from mailapp.store.messages import MessageRow
from mailapp.store.queue import Item, Summary
from mailapp.values import dataclass
from mailapp.web.folders import Folder

REPLAY_LIMIT = 500
"""Changes one catch-up may hold; above it the list is loaded anew."""
KEPT = 64
"""Batches kept for readers that come a moment later."""
ACROSS = ("starred", "all")
"""Keys of lists across mailboxes."""
HIDDEN = ("trash", "junk")
CODES_MOVE = (changes.CODE, changes.MOVED, changes.REMOVED)
"""Changes after which another code may be the newest."""
NEWEST_CODES = 5
"""Codes among which the one on top of a list is: an older one is not waited for."""
BARS = 8
"""Messages of one batch whose bar is pushed when their flags changed."""
WHOLE = 3
"""Sent messages of one batch whose status is pushed whole; where more came further, whoever shows one asks for it.

In a flood nobody reads them all, and what comes in is pushed in the same frame.
"""


@dataclass(frozen=True, slots=True)
class Watched:
    """A search beside a batch."""

    folder: Folder
    ids: frozenset[int]
    """Those of the batch it finds."""
    snippets: Mapping[int, str]
    count: str
    """What its head says now, "" where nothing that counts changed."""


@dataclass(slots=True)
class Batch:
    """The messages of an account that changed above one sequence number, as they are now."""

    seq: int
    """Everything up to here is in it."""
    changed: tuple[Change, ...] | None
    """None: too much happened, or nobody can tell; the reader loads its list anew."""
    rows: dict[int, MessageRow] = field(default_factory=dict)
    """Changed messages that still exist."""
    mailboxes: tuple[Mailbox, ...] = ()
    words: tuple[Label, ...] = ()
    """The account's labels."""
    labels: dict[int, tuple[int, ...]] = field(default_factory=dict)
    """Label ids of the changed messages that bear any, by message id."""
    fares: dict[int, Summary] = field(default_factory=dict)
    """How the sent ones among them fare."""
    items: dict[int, Item] = field(default_factory=dict)
    """Queue items of sent messages that came further, by message id; none where they are more than WHOLE."""
    codes: dict[int, StoredCode] = field(default_factory=dict)
    """What changed messages offer to type, by message id."""
    newest_codes: tuple[StoredCode, ...] | None = None
    """The account's newest codes, where what stands on top of a list may be another one now."""
    unnoticed: int = 0
    threads: dict[int, Thread] = field(default_factory=dict)
    """Threads of more than one that changed messages belong to."""
    fronts: dict[int, MessageRow] = field(default_factory=dict)
    """Their newest message in each mailbox."""
    rendered: dict[tuple[str, str, str, bool], str] = field(default_factory=dict)
    """Frame per (language, zone, folder key, conversations or single messages)."""
    searches: dict[tuple[str, str, str], Watched] = field(default_factory=dict)
    """What searches that somebody looks at find among the rows, by the first three of these."""

    @property
    def queued_ids(self) -> list[int]:
        """Ids of every sent message that came further, each once, newest first."""
        found = {each.message_id for each in self.changed or () if each.kind == changes.QUEUE and each.message_id}
        return sorted(found, reverse=True)

    @property
    def message_ids(self) -> list[int]:
        """Ids of every message that changed, each once, newest first."""
        return sorted({each.message_id for each in self.changed or () if each.message_id}, reverse=True)

    def has_list(self, key: str) -> bool:
        """Whether the account has a list with this key; clients choose keys, and each is rendered and kept."""
        if "?" in key:
            return any(each[2] == key for each in self.searches)
        lists = any(key == (each.role or str(each.id)) for each in self.mailboxes)
        return key in ACROSS or lists or any(key == f"label-{each.id}" for each in self.words)

    def in_view(self, row: MessageRow, view: messages.View) -> bool:
        """Whether a list of this view shows the row; searches are asked of `searches`."""
        if view.mailbox_id is not None:
            return row.mailbox_id == view.mailbox_id
        hidden = any(each.id == row.mailbox_id and each.role in HIDDEN for each in self.mailboxes)
        labelled = view.label_id is None or view.label_id in self.labels.get(row.id, ())
        return not hidden and labelled and (bool(row.flagged) or not view.flagged)


def read_batch(db: sqlite3.Connection, account_id: int, since: int) -> Batch:
    """One snapshot: the journal above `since`, the rows it names, the counters."""
    seq = changes.latest(db)
    found = changes.since(db, account_id, since, REPLAY_LIMIT)
    if found is None or any(each.kind == changes.MANY for each in found):
        return Batch(seq, None)
    held = tuple(mailboxes.of_account(db, account_id)) if found else ()
    changed: Sequence[int] = sorted({each.message_id for each in found if each.message_id})
    rows = messages.rows(db, account_id, changed) if changed else []
    batch = Batch(seq, tuple(found), {each.id: each for each in rows}, held)
    together = {each.thread_id for each in rows if each.thread_place}
    if together:
        batch.threads = conversations.threads(db, together)
        batch.fronts = {each.id: each for each in conversations.fronts(db, account_id, list(together))}
    batch.words = tuple(labels.of_account(db, account_id)) if found else ()
    batch.labels = labels.of_messages(db, [*changed, *batch.fronts]) if batch.words and changed else {}
    _read_codes(db, account_id, batch)
    _read_queue(db, account_id, batch)
    return batch


def _read_codes(db: sqlite3.Connection, account_id: int, batch: Batch) -> None:
    """What the messages of a batch offer to type."""
    ids = list({*batch.rows, *batch.fronts})
    batch.codes = codes.of_messages(db, account_id, ids) if ids else {}
    if batch.codes or any(each.kind in CODES_MOVE for each in batch.changed or ()):
        batch.newest_codes = tuple(codes.newest(db, account_id, None, NEWEST_CODES))


def _read_queue(db: sqlite3.Connection, account_id: int, batch: Batch) -> None:
    """What the queue knows of the sent messages in a batch."""
    if batch.changed:
        batch.unnoticed = queue.unnoticed(db, account_id)
    told = {**batch.rows, **batch.fronts}
    sent = [each.id for each in told.values() if each.to_count and not each.draft]
    if sent:
        batch.fares = queue.summaries(db, sent)
    queued = batch.queued_ids
    for message_id in queued if len(queued) <= WHOLE else ():
        item = queue.of_message(db, account_id, message_id)
        if item is not None:
            batch.items[message_id] = item


class Feed:
    """Loads batches; readers that stand at the same place share one load."""

    def __init__(self) -> None:
        self._loads: OrderedDict[tuple[int, int, int], asyncio.Task[Batch]] = OrderedDict()

    async def load(self, database: Database, account_id: int, since: int, upto: int | None) -> Batch:
        """The account's changes above `since`; shared with `upto` (an event's number). Raises StoreError."""
        if upto is None:
            return await database.read(read_batch, account_id, since)
        key = (account_id, since, upto)
        task = self._loads.get(key)
        if task is None:
            task = self._loads[key] = asyncio.create_task(database.read(read_batch, account_id, since))
            while len(self._loads) > KEPT:
                self._loads.popitem(last=False)
        try:
            # shield: the first reader may go away while others wait for its load
            return await asyncio.shield(task)
        except BaseException:
            if task.done() and (task.cancelled() or task.exception() is not None):
                self._loads.pop(key, None)
            raise
