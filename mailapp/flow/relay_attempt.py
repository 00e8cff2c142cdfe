"""One claim under way: what its recipients have come to so far, worked out before it is stored."""

import random
import time
from collections.abc import Callable, Iterable

from mailapp.mail import backoff
from mailapp.mail.errors import MailFailure
from mailapp.store.queue import Claim, ClaimedRecipient, Outcome
from mailapp.transport.target import RelayError, Reply

LOCAL = "local"
"""In place of a relay's name: delivered here."""
NO_RELAY = "no relay"
DAILY_LIMIT = "daily limit"
NO_ANSWER = "no answer after the message"
OURS = "internal error"
"""Reasons in our own words; all others are the far side's."""
RECHECK_S = 900.0
"""When a mail without a relay looks again by itself; a change of the relays makes it look at once."""
OURS_AGAIN_S = 60.0
DAY_S = 86_400


class Attempt:
    """Collects one outcome for each recipient of a claim."""

    def __init__(self, claim: Claim, clock: Callable[[], float] = time.time) -> None:
        self.claim = claim
        self.outcomes: list[Outcome] = []
        """What was found out and is not stored yet."""
        self._clock = clock
        self._left = {one.id: one for one in claim.recipients}
        self._marked: set[int] = set()
        self.sending = False
        """Whether a transaction is under way."""

    @property
    def is_waiting(self) -> bool:
        """Nothing is lost where it is broken off."""
        return not self.sending and not self.outcomes

    @property
    def left(self) -> list[ClaimedRecipient]:
        """Recipients nothing is known about yet."""
        return list(self._left.values())

    def address(self, recipient_id: int) -> str:
        return next(one.address for one in self.claim.recipients if one.id == recipient_id)

    def answered(self, recipient: ClaimedRecipient, reply: Reply, relay: str, took_ms: int) -> None:
        """The relay (or our own delivery) said what becomes of a recipient."""
        if reply.ok:
            self._add(self._outcome(recipient, "sent", reply, relay, took_ms, 0))
        elif reply.permanent:
            self._add(self._outcome(recipient, "failed", reply, relay, took_ms, 0))
        else:
            self.put_off([recipient], reply, relay, took_ms)

    def delivered(self, recipients: Iterable[ClaimedRecipient]) -> list[Outcome]:
        """What it comes to where our own delivery takes these; it stores that itself, in its transaction."""
        return [self._outcome(one, "delivered", Reply(250, "2.1.5", ""), LOCAL, 0, 0) for one in recipients]

    def refused(self, recipients: Iterable[ClaimedRecipient], failure: MailFailure) -> None:
        """Our own delivery does not take these."""
        for one in list(recipients):
            self.answered(one, Reply(failure.code, failure.status, failure.text), LOCAL, 0)

    def unreachable(self, recipients: Iterable[ClaimedRecipient], error: RelayError, relay: str) -> None:
        """No relay could be talked to."""
        self.put_off(recipients, error.reply or Reply(0, "4.4.1", error.text), relay)

    def marked(self, recipient_ids: Iterable[int]) -> None:
        """They are in doubt on disk: unless an answer comes, whatever is tried next may be a second copy."""
        self._marked.update(recipient_ids)

    def unmarked(self) -> None:
        """The final dot did not leave after all."""
        self._marked.clear()

    def in_doubt(self, recipients: Iterable[ClaimedRecipient], relay: str, took_ms: int) -> None:
        """The message was sent whole and no answer came: it is tried again, possibly for the second time."""
        self.put_off(recipients, Reply(0, "4.4.2", NO_ANSWER), relay, took_ms)

    def wait_for_relay(self, recipients: Iterable[ClaimedRecipient]) -> None:
        self._wait(recipients, Reply(0, "4.3.5", NO_RELAY), self._clock() + RECHECK_S, gives_up=True)

    def wait_for_tomorrow(self, recipients: Iterable[ClaimedRecipient], relay: str) -> None:
        """Today's share of every relay is used up (UTC)."""
        tomorrow = (self._clock() // DAY_S + 1) * DAY_S
        self._wait(recipients, Reply(0, "4.3.2", DAILY_LIMIT), tomorrow, relay=relay)

    def put_back(self, recipients: Iterable[ClaimedRecipient]) -> None:
        """The message was held or cancelled before its turn came; the store knows which."""
        self._wait(recipients, Reply(0, "", ""), self._clock())

    def not_tried(self, recipients: Iterable[ClaimedRecipient]) -> None:
        """Something of ours was in the way."""
        self._wait(recipients, Reply(0, "4.3.0", OURS), self._clock() + OURS_AGAIN_S, gives_up=True)

    def put_off(
        self,
        recipients: Iterable[ClaimedRecipient],
        reply: Reply,
        relay: str,
        took_ms: int = 0,
    ) -> None:
        """Try again later (RFC 5321 4.5.4.1), or give up where that went on for days."""
        now = self._clock()
        expired = self._since_s(now) >= backoff.GIVE_UP_S
        for one in list(recipients):
            next_s = backoff.next_attempt(one.attempts + 1, now, random.random())
            state = "failed" if expired else "deferred"
            next_ms = 0 if expired else int(next_s * 1000)
            self._add(self._outcome(one, state, reply, relay, took_ms, next_ms))

    def _wait(
        self,
        recipients: Iterable[ClaimedRecipient],
        reply: Reply,
        until_s: float,
        *,
        relay: str = "",
        gives_up: bool = False,
    ) -> None:
        """Put off without having tried."""
        expired = gives_up and self._since_s(self._clock()) >= backoff.GIVE_UP_S
        for one in list(recipients):
            state = "failed" if expired else "deferred"
            next_ms = 0 if expired else int(until_s * 1000)
            self._add(self._outcome(one, state, reply, relay, 0, next_ms, attempted=False))

    def _since_s(self, now: float) -> float:
        return now - max(self.claim.created_ms, self.claim.release_ms) / 1000

    def _add(self, outcome: Outcome) -> None:
        del self._left[outcome.recipient_id]
        self.outcomes.append(outcome)

    def settled(self, outcomes: Iterable[Outcome]) -> None:
        """These are stored."""
        for one in outcomes:
            self._left.pop(one.recipient_id, None)

    def _outcome(
        self,
        recipient: ClaimedRecipient,
        state: str,
        reply: Reply,
        relay: str,
        took_ms: int,
        next_ms: int,
        *,
        attempted: bool = True,
    ) -> Outcome:
        return Outcome(
            recipient_id=recipient.id,
            state=state,
            code=reply.code,
            status=reply.status,
            reason=reply.text,
            relay=relay,
            took_ms=took_ms,
            next_ms=next_ms,
            attempted=attempted,
            broke_off=recipient.id in self._marked and state == "deferred" and reply.code == 0,
        )
