"""Submission (MSA): a draft becomes a message in Sent and an item in the queue, in one transaction, then the events."""

import asyncio
import sqlite3
import time
from collections import OrderedDict
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, tzinfo
from pathlib import Path

from mailapp.events import Bus, Changed, QueueChanged
from mailapp.flow.composing import Composed, composed, travelling, with_people, zone_of
from mailapp.flow.outgoing import (
    Letter,
    SubmissionRefused,
    estimated_size,
    letter_of,
    listing_of,
    message_id_of,
    too_large,
    too_many_messages,
)
from mailapp.flow.spool import SpoolContent
from mailapp.flow.understanding import arrival_of
from mailapp.flow.writing import WHOLE_BYTES, write_ahead
from mailapp.mail.address import fold, is_valid, skeleton, split, strip_tag
from mailapp.mail.message import Person
from mailapp.mail.recipients import needs_utf8, to_names, wire
from mailapp.store import addresses, contents, drafts, queue, settings, submissions
from mailapp.store.accounts import Account
from mailapp.store.arrivals import MessageIds, reference_hash
from mailapp.store.database import Database, StoreError
from mailapp.store.draft_attachments import DraftAttachment
from mailapp.store.drafts import StoredDraft
from mailapp.store.queue import NewItem
from mailapp.store.submissions import Accepted, DraftChanged, Submitted, TooManyMessages
from mailapp.values import dataclass

__all__ = ["Submission", "SubmissionRefused", "Submitted"]

RECIPIENTS_LIMIT = 100
"""Recipients of one message, where the setting recipients_limit says nothing."""
HOURLY_LIMIT = 200
"""Messages an account may submit in an hour, where the setting hourly_limit says nothing."""
LONGEST_WAIT_DAYS = 366
"""How far ahead a message may be scheduled."""
LATELY = 1_000
"""Submissions remembered for those who submit a draft again."""
READER_BYTES = 65_536
"""A message up to this is composed on a reader's thread, a larger one on a thread of its own."""
ON_LOOP_CHARACTERS = 8_192
"""Recipients up to this are read on the event loop: a thousand domains beyond ASCII take a second."""
TRIES = 5
"""How often a draft that is saved meanwhile is read again."""


@dataclass(frozen=True, slots=True)
class _Grounds:
    """What a submission is decided on, read in one snapshot."""

    stored: StoredDraft
    owns: bool
    """Mail to the draft's From reaches the account."""
    recipients_limit: int
    hourly_limit: int
    sent: int
    """Other messages of the last hour."""


class Submission:
    """Accepts messages of our own accounts. One per process, on the event loop."""

    def __init__(
        self,
        database: Database,
        bus: Bus,
        ids: MessageIds,
        *,
        hostname: str,
        spool_dir: Path,
        max_message_size: int,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """`ids` is the one delivery uses; `max_message_size` is in bytes, as the message travels."""
        self._database = database
        self._bus = bus
        self._ids = ids
        self._hostname = hostname
        self._spool_dir = spool_dir
        self._max_message_size = max_message_size
        self._clock = clock
        self._lately: OrderedDict[tuple[int, int], Submitted] = OrderedDict()
        """What drafts became, by account and draft: the queue forgets drafts once it has begun with them."""

    async def submit(
        self, account: Account, draft_id: int, at_ms: int | None = None, zone: tzinfo | None = None
    ) -> Submitted:
        """Accept a draft; on disk when this returns. A draft that was submitted before gives what it became then.

        at_ms: when to send, in ms since 1970 UTC, 0 for at once; None is as the draft says. zone: of the Date field,
        where the account names none. Without a chosen time the message is held for the seconds the account chose.

        Raises SubmissionRefused; LookupError where the account has no such draft; StoreError, StoreFull.
        """
        for _ in range(TRIES):
            grounds = await self._database.read(_grounds, account, draft_id, self._hostname, self._now_ms())
            if grounds is None:
                grounds = self._lately.get((account.id, draft_id))
            if grounds is None:
                raise LookupError(draft_id)
            if isinstance(grounds, Submitted):
                return grounds
            try:
                return await self._submit(account, grounds, at_ms, zone)
            except DraftChanged:
                continue  # saved meanwhile: what is sent is what was saved last
        raise StoreError("the draft keeps changing")

    async def recall(self, account_id: int, item_id: int) -> int | None:
        """Take back what waits: the copy in Sent goes, the draft is back whole. Its id, None where it is too late."""
        return await asyncio.shield(self._recall(account_id, item_id))

    async def reschedule(
        self, account: Account, item_id: int, at_ms: int, zone: tzinfo | None = None
    ) -> Submitted | None:
        """Send what still waits at another time (0: at once). None where it is too late.

        The message is composed anew, because its Date is the time it is sent: the item and the message in Sent get new
        ids. Raises SubmissionRefused: the message is back in Drafts then.
        """
        self._release(account, at_ms, self._now_ms())  # refuse before anything is taken back
        return await asyncio.shield(self._reschedule(account, item_id, at_ms, zone))

    async def _submit(self, account: Account, grounds: _Grounds, at_ms: int | None, zone: tzinfo | None) -> Submitted:
        stored, now_ms = grounds.stored, self._now_ms()
        letter = await self._letter(account, grounds)
        release_ms, scheduled = self._release(account, stored.draft.scheduled_ms if at_ms is None else at_ms, now_ms)
        date = datetime.fromtimestamp((release_ms if scheduled else now_ms) / 1000, zone_of(account.time_zone, zone))
        message_id = message_id_of(account.id, stored.key, self._hostname)
        rows = travelling(stored.attachments, stored.draft.html)
        estimate = self._checked_size(stored, rows)
        recipients = letter.recipients
        item = NewItem(
            account_id=account.id,
            message_id=0,
            content_id=0,
            draft_id=stored.id,
            reverse_path=wire(letter.author.address),
            ref_hash=reference_hash(message_id),
            subject=stored.draft.subject,
            size=0,
            utf8=needs_utf8((*recipients, letter.author.address)),
            recipients=recipients,
            release_ms=release_ms,
            scheduled=scheduled,
        )
        spool = await self._spool() if estimate > WHOLE_BYTES else None
        try:
            run = self._database.read if estimate <= READER_BYTES else self._database.apart
            done = await run(composed, letter, rows, message_id, date, self._max_message_size, spool)
        except BaseException:
            if spool is not None:
                spool.close()
            raise
        # shield: a browser that goes away must not come between the commit and what follows from it
        return await asyncio.shield(self._accept(item, letter, done, grounds, now_ms))

    async def _accept(self, item: NewItem, letter: Letter, done: Composed, grounds: _Grounds, now_ms: int) -> Submitted:
        try:
            accepted = await self._write(item, letter, done, grounds, now_ms)
        finally:
            done.close()
        if accepted.seq:
            self._lately[item.account_id, item.draft_id] = accepted.submitted
            if len(self._lately) > LATELY:
                self._lately.popitem(last=False)
            self._bus.publish(Changed(item.account_id, accepted.seq, (accepted.submitted.message_id,)))
            self._bus.publish(QueueChanged())
        return accepted.submitted

    async def _write(self, item: NewItem, letter: Letter, done: Composed, grounds: _Grounds, now_ms: int) -> Accepted:
        content = done.content
        ahead = await write_ahead(self._database, content) if content.size > WHOLE_BYTES else None
        held = content.read(0, content.size) if ahead is None else ahead
        terms = with_people(done.terms, letter.bcc)
        names, count = to_names(letter.people)
        new = submissions.Submission(
            item=replace(item, size=content.size),
            arrival=arrival_of(item.reverse_path, content.size, held, done.message, terms, ()),
            people=letter.people,
            to_names=names,
            to_count=count,
            answers=letter.draft.answers,
            revision=grounds.stored.revision,
            attachments=grounds.stored.attachments,
            hourly_limit=grounds.hourly_limit,
        )
        try:
            accepted = await self._database.write(submissions.add, self._ids, new, now_ms)
        except Exception as error:
            await self._remove(ahead)
            if isinstance(error, TooManyMessages):
                raise too_many_messages(grounds.hourly_limit) from error
            raise
        if not accepted.seq:
            await self._remove(ahead)
        return accepted

    async def _recall(self, account_id: int, item_id: int) -> int | None:
        draft = await self._database.read(submissions.draft_of, account_id, item_id)
        if draft is None:
            return None
        listing = await listing_of(draft)  # nobody can change the draft until it is back
        recalled = await self._database.write(queue.recall, self._ids, account_id, item_id, listing, self._now_ms())
        if recalled is None:
            return None
        self._bus.publish(Changed(account_id, recalled.seq, (recalled.sent_id, recalled.message_id)))
        self._bus.publish(QueueChanged())
        return recalled.draft_id

    async def _reschedule(self, account: Account, item_id: int, at_ms: int, zone: tzinfo | None) -> Submitted | None:
        draft_id = await self._recall(account.id, item_id)
        return None if draft_id is None else await self.submit(account, draft_id, at_ms, zone)

    async def _remove(self, content_id: int | None) -> None:
        """Remove content nobody holds; where that fails, the next start does."""
        if content_id is not None:
            with suppress(StoreError):
                await self._database.write(contents.remove, content_id)

    async def _spool(self) -> SpoolContent:
        try:
            return await asyncio.to_thread(SpoolContent, self._spool_dir)
        except OSError as error:
            raise StoreError("the spool cannot be used") from error

    async def _letter(self, account: Account, grounds: _Grounds) -> Letter:
        draft = grounds.stored.draft
        author = Person(account.name, draft.from_ or account.address)
        # the route is asked for the folded address, which forgives what a header field or an envelope must not hold
        if not grounds.owns or not is_valid(author.address):
            raise SubmissionRefused("from", "not_own", {"address": author.address})
        if grounds.sent >= grounds.hourly_limit:
            raise too_many_messages(grounds.hourly_limit)
        if len(draft.to) + len(draft.cc) + len(draft.bcc) > ON_LOOP_CHARACTERS:
            return await asyncio.to_thread(letter_of, draft, author, grounds.recipients_limit)
        return letter_of(draft, author, grounds.recipients_limit)

    def _checked_size(self, stored: StoredDraft, rows: tuple[DraftAttachment, ...]) -> int:
        """About how many bytes the message will take. Raises SubmissionRefused where that is too many."""
        size = estimated_size(stored.draft, [one.size for one in rows])
        if size > self._max_message_size:
            raise too_large(self._max_message_size, size)
        return size

    def _release(self, account: Account, wanted_ms: int, now_ms: int) -> tuple[int, bool]:
        """(not before, in ms since 1970 UTC; whether that was chosen). Raises SubmissionRefused."""
        held_until = now_ms + account.undo_send_s * 1000
        if wanted_ms <= now_ms:
            return held_until, False
        if wanted_ms > now_ms + LONGEST_WAIT_DAYS * 86_400_000:
            raise SubmissionRefused("limit", "too_far", {"days": LONGEST_WAIT_DAYS})
        return max(wanted_ms, held_until), True

    def _now_ms(self) -> int:
        return int(self._clock() * 1000)


def _grounds(
    db: sqlite3.Connection, account: Account, draft_id: int, hostname: str, now_ms: int
) -> _Grounds | Submitted | None:
    """What decides about a draft; what it became where it was submitted before. None where there is none."""
    stored = drafts.get(db, account.id, draft_id)
    if stored is None:
        return None
    ref = reference_hash(message_id_of(account.id, stored.key, hostname))
    if stored.message_id is None:
        return submissions.of_ref(db, account.id, ref)
    return _Grounds(
        stored=stored,
        owns=_owns(db, account.id, fold(stored.draft.from_ or account.address)),
        recipients_limit=settings.number(db, "recipients_limit", RECIPIENTS_LIMIT),
        hourly_limit=settings.number(db, "hourly_limit", HOURLY_LIMIT),
        sent=queue.sent_since(db, account.id, now_ms - submissions.HOUR_MS, ref),
    )


def _owns(db: sqlite3.Connection, account_id: int, address: str) -> bool:
    """Whether mail to the folded address reaches the account, and it is not taken for an address that does not."""
    local, domain = split(address)
    seen = skeleton(local)
    named = addresses.of_account(db, account_id) & {address, f"{strip_tag(local)}@{domain}"}
    spellings = (local,) if named else (local, seen)
    return all(account_id in addresses.route(db, one, strip_tag(one), domain) for one in spellings)
