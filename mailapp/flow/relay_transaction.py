"""Mail over a relay: the order of relays, one SMTP transaction, and what its end means for each recipient."""

import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager

from mailapp.flow.precedence import Precedence
from mailapp.flow.relay_attempt import Attempt
from mailapp.flow.relay_ledger import Ledger
from mailapp.flow.relay_pool import Pool
from mailapp.mail.content import Content
from mailapp.store import relays
from mailapp.store.database import Database
from mailapp.store.queue import ClaimedRecipient
from mailapp.store.relays import Relay
from mailapp.transport.smtp_client import BeforeDot
from mailapp.transport.target import DATA, DOT, MAIL, RCPT, RelayError, Reply

RECIPIENTS = 100
"""Of one transaction: what every relay takes (RFC 5321 4.5.3.1.8)."""
CLOSING = 421
"""The relay will not talk now, whatever the mail (RFC 5321 3.8)."""
STATUS = {"utf8": "5.6.7", "too_large": "5.3.4", "address": "5.1.3"}
"""What a mail is refused for before the relay is asked."""

Group = Sequence[ClaimedRecipient]
Wanted = Callable[[], Awaitable[bool]]
Open = Callable[[], AbstractAsyncContextManager[Content]]


class Transactions:
    """Sends claims over relays. Before each final dot the recipients it is for are in doubt on disk."""

    def __init__(self, database: Database, ledger: Ledger, clock: Callable[[], float], precedence: Precedence) -> None:
        self._database = database
        self._precedence = precedence
        self._ledger = ledger
        self._clock = clock

    async def carry(self, attempt: Attempt, pools: Sequence[Pool], content: Open, wanted: Wanted) -> None:
        """Give every recipient left an outcome, over the first relay that talks to us and has room today.

        `wanted` is asked when it is the claim's turn: somebody may have held or cancelled the message meanwhile.
        Raises StoreError, LookupError where something of ours fails; nothing of those still left was sent then.
        """
        trouble: tuple[RelayError, str] | None = None
        full = ""
        for pool in pools:
            try:
                async with pool.ready:
                    if not await wanted():
                        attempt.put_back(attempt.left)
                        return
                    async with content() as opened:
                        await self._over(pool, attempt, opened)
            except RelayError as error:
                trouble = (error, pool.relay.name)
            else:
                full = pool.relay.name
            if not attempt.left:
                return
        if trouble is not None:
            attempt.unreachable(attempt.left, *trouble)
        elif full:
            attempt.wait_for_tomorrow(attempt.left, full)
        else:
            attempt.wait_for_relay(attempt.left)

    async def _over(self, pool: Pool, attempt: Attempt, content: Content) -> None:
        """As many as may go over this relay today. Raises RelayError where the next relay should be tried."""
        while group := await self._allowed(pool.relay, attempt.left[:RECIPIENTS]):
            try:
                await self._transact(pool, attempt, group, content)
            except RelayError:
                await self._give_back(pool.relay, len(group))
                raise

    async def _transact(self, pool: Pool, attempt: Attempt, group: Group, content: Content) -> None:
        relay, began = pool.relay.name, time.monotonic()

        async def before_dot(accepted: Sequence[int]) -> None:
            marked = [group[place].id for place in accepted]
            await self._ledger.mark(marked)
            attempt.marked(marked)

        attempt.sending = True
        try:
            replies: Sequence[Reply | None] = await self._send(pool, attempt, group, content, before_dot)
        except RelayError as error:
            took_ms = _since(began)
            _take(attempt, group, error.results, relay, took_ms)
            left = [one for one in attempt.left if one in group]
            if error.step == DOT and error.reply is None:
                attempt.in_doubt(left, relay, took_ms)
                pool.rest(error)
                return
            attempt.unmarked()  # the dot did not leave
            if (verdict := _about_the_mail(error)) is not None:
                for one in left:
                    attempt.answered(one, verdict, relay, took_ms)
            elif left:
                pool.rest(error)
                raise
        else:
            _take(attempt, group, replies, relay, _since(began))
        finally:
            attempt.sending = False

    async def _send(
        self, pool: Pool, attempt: Attempt, group: Group, content: Content, before_dot: BeforeDot
    ) -> Sequence[Reply]:
        """One transaction; once more over a new connection where a kept one had been closed meanwhile."""
        claim = attempt.claim
        addresses = [one.address for one in group]
        for fresh in (False, True):
            used = False
            try:
                async with pool.session(fresh=fresh) as (session, used):
                    await self._precedence.passed()
                    with self._ledger.transaction() as over:

                        async def marked(accepted: Sequence[int]) -> None:
                            over()
                            await before_dot(accepted)

                        return await session.send(
                            claim.reverse_path, addresses, content, utf8=claim.utf8, before_dot=marked
                        )
            except RelayError as error:
                if not used or error.step != MAIL or (error.reply is not None and error.reply.code != CLOSING):
                    raise
        raise AssertionError("a new connection was used before")

    async def _allowed(self, relay: Relay, group: Group) -> Group:
        """As many of the group as the relay's daily limit has room for; they count from now on."""
        if not relay.daily_limit:
            return group
        while group:
            now = await self._database.read(relays.get, relay.id)
            room = now.remaining(self._day()) if now is not None else 0
            group = group[:room]
            counted = await self._database.write(relays.use, relay.id, self._day(), len(group))
            if counted:
                break
        return group

    async def _give_back(self, relay: Relay, number: int) -> None:
        if relay.daily_limit:
            await self._database.write(relays.give_back, relay.id, self._day(), number)

    def _day(self) -> str:
        return time.strftime("%Y-%m-%d", time.gmtime(self._clock()))


def _take(attempt: Attempt, group: Group, replies: Sequence[Reply | None], relay: str, took_ms: int) -> None:
    for one, reply in zip(group, replies, strict=False):
        if reply is not None:
            attempt.answered(one, reply, relay, took_ms)


def _about_the_mail(error: RelayError) -> Reply | None:
    """The refusal of this mail, None where the relay as such is of no use now."""
    if error.reply is not None and error.step in (MAIL, RCPT, DATA, DOT) and error.reply.code != CLOSING:
        return error.reply
    if error.permanent:
        return error.reply or Reply(554, STATUS.get(error.kind, "5.0.0"), error.text)
    return None


def _since(began: float) -> int:
    return int((time.monotonic() - began) * 1000)
