"""What an attempt came to, stored; then told: to pages, in the log, and in a DSN where a recipient failed for good."""

import sqlite3
from collections.abc import Callable, Sequence

from mailapp import maillog
from mailapp.flow.delivery import Delivery
from mailapp.flow.relay_attempt import Attempt
from mailapp.flow.relay_dsn import About, Notices, Trouble
from mailapp.flow.relay_ledger import Ledger
from mailapp.flow.traffic import DEFERRED, FAILED, SENT
from mailapp.mail import backoff
from mailapp.mail.content import Content
from mailapp.mail.envelope import Envelope
from mailapp.mail.errors import MailFailure, PermanentFailure
from mailapp.store import messages, queue
from mailapp.store.database import Database, Work
from mailapp.store.queue import Claim, ClaimedRecipient, Item, Outcome, Settled

OPEN = ("pending", "deferred")
PROTOCOL = "LMTP"
"""What the Received field of mail says that we hand over to ourselves (RFC 3848)."""


class Results:
    """The only one who stores what attempts come to."""

    def __init__(
        self, database: Database, ledger: Ledger, delivery: Delivery, notices: Notices, clock: Callable[[], float]
    ) -> None:
        self._database = database
        self._ledger = ledger
        self._delivery = delivery
        self._notices = notices
        self._clock = clock

    async def store(self, attempt: Attempt) -> None:
        """Store the outcomes, a DSN about those that failed in the same transaction. Raises StoreError, MailFailure."""
        outcomes = attempt.outcomes
        if not outcomes:
            return
        claim, failed = attempt.claim, [one for one in outcomes if one.state == "failed"]
        if failed and claim.reverse_path:  # never about a DSN (RFC 5321 6.1)
            about = About(claim.account_id, claim.content_id, claim.reverse_path, claim.subject, _since_ms(claim))
            troubles = [
                Trouble(attempt.address(one.recipient_id), one.code, one.status, one.reason, one.relay, one.state)
                for one in failed
            ]
            settling = _Settling(outcomes, self._now_ms())
            await self._notify(about, await self._notices.failure(about, troubles), settling)
            settled = self._told(settling)
        else:
            settled = await self._ledger.settle(outcomes)
        attempt.outcomes = []
        self._log(attempt, outcomes, settled)

    async def deliver(self, attempt: Attempt, recipients: Sequence[ClaimedRecipient], content: Content) -> None:
        """Recipients on our own domains: into their mailboxes, with their outcome, in one transaction."""
        reached = []
        for one in recipients:
            try:
                await self._delivery.check_recipient(one.address)
                reached.append(one)
            except MailFailure as failure:
                attempt.refused([one], failure)
        if not reached:
            return
        outcomes = attempt.delivered(reached)
        settling = _Settling(outcomes, self._now_ms())
        envelope = Envelope(attempt.claim.reverse_path, tuple(one.address for one in reached), protocol=PROTOCOL)
        try:
            await self._delivery.deliver(envelope, content, settling)
        except MailFailure as failure:
            attempt.refused(reached, failure)
        else:
            attempt.settled(outcomes)
            self._log(attempt, outcomes, self._told(settling))

    async def warn(self, limit: int) -> None:
        """Tell senders whose messages were tried for long in vain. Raises StoreError, MailFailure."""
        before_ms = self._now_ms() - backoff.WARN_S * 1000
        for item in await self._database.read(queue.unwarned, before_ms, limit):
            late = [one for one in item.recipients if one.state in OPEN]
            if any(one.claimed or not one.reason for one in late):
                continue  # perhaps it gets there this time; or it was not tried, as nobody ran the queue
            unit = _Warned(item.id)
            if late and item.reverse_path:
                content_id = await self._database.read(_content_of, item)
                about = About(item.account_id, content_id, item.reverse_path, item.subject, _since_ms(item))
                troubles = [
                    Trouble(one.address, one.code, one.status, one.reason, one.relay, one.state) for one in late
                ]
                await self._notify(about, await self._notices.delay(about, troubles), unit)
            else:
                await self._database.write(unit)

    async def _notify(self, about: About, notice: Content, unit: Work) -> None:
        """File a notice in its sender's inbox, together with what it tells of."""
        try:
            await self._delivery.deliver(Envelope("", (about.reverse_path,), protocol=PROTOCOL), notice, unit)
        except PermanentFailure:
            await self._database.write(unit)  # the sender is not here any more

    def _told(self, settling: "_Settling") -> Settled:
        assert settling.settled is not None
        self._ledger.tell(settling.settled)
        return settling.settled

    def _log(self, attempt: Attempt, outcomes: Sequence[Outcome], settled: Settled) -> None:
        item, now_ms = attempt.claim.item_id, self._now_ms()
        for one in outcomes:
            self._delivery.traffic.count(one.state if one.state in (DEFERRED, FAILED) else SENT)
            recipient, reply = attempt.address(one.recipient_id), f"{one.code or '-'} {one.status}"
            if one.state == "deferred":
                maillog.deferred(item, recipient, one.relay, reply, (one.next_ms - now_ms) // 1000)
            elif one.state == "failed":
                maillog.failed(item, recipient, one.relay, reply)
            else:
                maillog.relayed(item, recipient, one.relay, reply, one.took_ms)
            if one.recipient_id in settled.doubled:
                maillog.doubled(item, recipient)

    def _now_ms(self) -> int:
        return int(self._clock() * 1000)


class _Settling:
    """Outcomes that are stored in the transaction of a delivery: a unit of work that keeps what came of it."""

    def __init__(self, outcomes: Sequence[Outcome], now_ms: int) -> None:
        self._outcomes = tuple(outcomes)
        self.settled: Settled | None = None
        self._now_ms = now_ms

    def __call__(self, db: sqlite3.Connection) -> None:
        self.settled = queue.settle(db, self._outcomes, self._now_ms)


class _Warned:
    """A warning on its way into the store."""

    def __init__(self, item_id: int) -> None:
        self._item_id = item_id

    def __call__(self, db: sqlite3.Connection) -> None:
        queue.set_warned(db, [self._item_id])


def _since_ms(of: Claim | Item) -> int:
    return max(of.created_ms, of.release_ms)


def _content_of(db: sqlite3.Connection, item: Item) -> int:
    """Of the copy in Sent; 0 where that was erased."""
    message = messages.get(db, item.account_id, item.message_id)
    return message.content_id if message else 0
