"""Delivery (MDA): a message and its envelope into mailboxes, in one transaction, then the event."""

import asyncio
import sqlite3
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from email.utils import formatdate
from functools import lru_cache

from mailapp import maillog
from mailapp.events import Bus, Changed
from mailapp.flow import reports
from mailapp.flow.code_finding import CodeFinding, Rules, found_in
from mailapp.flow.precedence import Precedence
from mailapp.flow.quotas import Quotas
from mailapp.flow.traffic import CODES, Traffic
from mailapp.flow.understanding import ON_LOOP_BYTES, arrival_of, understand
from mailapp.flow.writing import WHOLE_BYTES, write_ahead
from mailapp.heap import give_back
from mailapp.mail import address as addresses_
from mailapp.mail.code import Codes
from mailapp.mail.content import Content
from mailapp.mail.envelope import Envelope
from mailapp.mail.errors import PermanentFailure, TemporaryFailure
from mailapp.mail.message import Message
from mailapp.mail.transaction import Transaction
from mailapp.store import addresses, arrivals, own_addresses
from mailapp.store.contents import Words
from mailapp.store.database import Database, StoreError, StoreFull, Work

HOP_LIMIT = 100
"""Received fields above which a message is taken for a loop (RFC 5321 6.3)."""
ROUTES_KEPT = 10_000
LARGE_AT_ONCE = 2


class Delivery:
    """Decides who receives, and delivers. One per process, on the event loop."""

    def __init__(self, database: Database, bus: Bus, hostname: str, ids: arrivals.MessageIds | None = None) -> None:
        """`ids` is shared by all that makes messages; new where nobody else does."""
        self._database = database
        self._bus = bus
        self._hostname = hostname
        self._ids = ids or arrivals.MessageIds()
        self.precedence = Precedence()
        self.traffic = Traffic()
        self.finding = CodeFinding(database)
        self.quotas = Quotas(database)
        self._routes: dict[str, addresses.Route] = {}
        self._large = asyncio.Semaphore(LARGE_AT_ONCE)
        self._threads = ThreadPoolExecutor(LARGE_AT_ONCE, thread_name_prefix="parse")

    def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)

    def forget_routes(self) -> None:
        """Accounts, addresses or domains changed; whoever wrote that may have changed rules of codes, too."""
        self._routes = {}
        self.finding.forget()
        self.quotas.forget()

    async def check_recipient(self, address: str) -> None:
        """Raise PermanentFailure (550 5.1.1) unless the address reaches somebody here, TemporaryFailure (452 4.2.2)
        where nobody of them has room."""
        reached = (await self._route(address)).accounts
        if not reached:
            raise PermanentFailure("No such address here", code=550, status="5.1.1")
        await self.quotas.check(reached)

    def reached(self, address: str) -> tuple[int, ...]:
        """Accounts an address reaches that was asked for lately; () where that is not known."""
        known = self._routes.get(address)
        return () if known is None else known.accounts

    async def _route(self, address: str) -> addresses.Route:
        routes = self._routes  # where it is replaced meanwhile, what was read before must not go into the new one
        known = routes.get(address)
        if known is not None:
            return known
        folded = addresses_.fold(address)
        local, domain = addresses_.split(folded)
        try:
            reached = await self._database.read(addresses.routed, local, addresses_.strip_tag(local), domain)
        except StoreError as error:
            raise _temporary(error) from error
        if len(routes) >= ROUTES_KEPT:
            routes.clear()
        routes[address] = reached
        return reached

    async def deliver(
        self,
        envelope: Envelope,
        content: Content,
        also: Work | None = None,
        *,
        transaction: Transaction | None = None,
    ) -> str:
        """File the message for every forward-path; return an id for the log once it is on disk.

        `also` runs in the same transaction, so that what it writes is true exactly when the message is filed. In
        `transaction` it is noted when the message was understood and when it was on disk.
        Raises TemporaryFailure (452 disk full, 451 otherwise) or PermanentFailure; nothing was stored then.
        """
        began = time.monotonic()
        copies = await self._copies(envelope)
        rules = await self._rules(copies)
        large = content.size > ON_LOOP_BYTES
        if large:
            async with self._large:
                message, terms, codes = await self._on_thread(content, rules)
                understood = time.monotonic()
                delivered = await self._store(envelope, content, message, terms, codes, copies, also)
            self._threads.submit(give_back)
        else:
            with self.precedence.taking():
                message, terms = understand(content)
                codes = found_in(message, rules)
                understood = time.monotonic()
                delivered = await self._store(envelope, content, message, terms, codes, copies, also)
        self.quotas.add([one.account_id for one in delivered], content.size)
        committed = time.monotonic()
        if transaction is not None:
            transaction.understood, transaction.committed = understood, committed
        if codes:
            self.traffic.count(CODES)
        for one in delivered:
            self._bus.publish(Changed(one.account_id, one.seq, (one.message_id,), offers=bool(codes)))
        if not envelope.reverse_path:
            await reports.note(self._database, self._bus, [one.account_id for one in delivered], message, content)
        if any(routes.makes for routes in map(self._routes.get, envelope.forward_paths) if routes):
            await self._make_caught(envelope.forward_paths)
        queue_id = f"{delivered[0].message_id:x}"
        ms = (committed - began) * 1000
        maillog.delivered(queue_id, envelope.peer, len(envelope.forward_paths), content.size, ms)
        return queue_id

    async def _make_caught(self, paths: Sequence[str]) -> None:
        """Make addresses of what the catch-all of a domain took that wants that. The mail is filed already."""
        caught = [addresses_.fold(path) for path in paths if self._routes.get(path, addresses.NOWHERE).makes]
        try:
            made = await self._database.write(own_addresses.make_caught, caught, time.time_ns() // 1_000_000)
        except Exception:
            maillog.unforeseen("making an address of what was caught")
            return
        if made:
            self.forget_routes()

    async def _on_thread(self, content: Content, rules: Sequence[Rules]) -> tuple[Message, Words, tuple[Codes, ...]]:
        def both() -> tuple[Message, Words, tuple[Codes, ...]]:
            message, terms = understand(content)
            return message, terms, found_in(message, rules)

        return await asyncio.get_running_loop().run_in_executor(self._threads, both)

    async def _rules(self, copies: Sequence[arrivals.Copy]) -> list[Rules]:
        try:
            return await self.finding.rules([one.account_id for one in copies])
        except StoreError as error:
            raise _temporary(error) from error

    async def _copies(self, envelope: Envelope) -> tuple[arrivals.Copy, ...]:
        reached: dict[int, list[str]] = {}
        heard = set[int]()
        for path in envelope.forward_paths:
            route = self._routes.get(path) or await self._route(path)
            for account_id in route.accounts:
                reached.setdefault(account_id, []).append(addresses_.fold(path))
            if not route.muted:
                heard.update(route.accounts)
        if not reached:
            raise PermanentFailure("No such address here", code=550, status="5.1.1")
        return tuple(
            arrivals.Copy(
                account_id, tuple(dict.fromkeys(found)), self._trace(envelope, found), account_id not in heard
            )
            for account_id, found in reached.items()
        )

    def _trace(self, envelope: Envelope, recipients: Sequence[str]) -> bytes:
        """Return-Path and Received of one copy (RFC 5321 4.4): it names no recipient but its own."""
        peer = envelope.peer if ":" not in envelope.peer else f"IPv6:{envelope.peer}"
        source = f"from {_token(envelope.helo)} ([{peer}])\r\n\t" if envelope.peer else ""
        for_ = f"\r\n\tfor <{recipients[0]}>" if len(recipients) == 1 else ""
        date = _date_of(int(time.time()))
        lines = (
            f"Return-Path: <{envelope.reverse_path}>\r\n"
            f"Received: {source}by {self._hostname} with {envelope.protocol}{for_};\r\n\t{date}\r\n"
        )
        return lines.encode("utf-8", "replace")

    async def _store(
        self,
        envelope: Envelope,
        content: Content,
        message: Message,
        terms: Words,
        codes: Sequence[Codes],
        copies: tuple[arrivals.Copy, ...],
        also: Work | None,
    ) -> list[arrivals.Delivered]:
        if len(message.fields) > HOP_LIMIT and message.received_count > HOP_LIMIT:
            raise PermanentFailure("Too many hops", status="5.4.6")
        try:
            held = (
                await write_ahead(self._database, content)
                if content.size > WHOLE_BYTES
                else content.read(0, content.size)
            )
            arrival = arrival_of(envelope.reverse_path, content.size, held, message, terms, copies, codes)
            now_ms = time.time_ns() // 1_000_000
            if also is not None:
                return await self._database.write(_file, self._ids, arrival, now_ms, also)
            return await self._database.write_together(self._file_all, (arrival, now_ms))
        except (StoreError, LookupError) as error:
            self.forget_routes()
            raise _temporary(error) from error

    def _file_all(
        self, db: sqlite3.Connection, arrived: list[tuple[arrivals.Arrival, int]]
    ) -> list[list[arrivals.Delivered]]:
        return arrivals.add_all(db, self._ids, arrived)


def _file(
    db: sqlite3.Connection, ids: arrivals.MessageIds, arrival: arrivals.Arrival, now_ms: int, also: Work
) -> list[arrivals.Delivered]:
    delivered = arrivals.add(db, ids, arrival, now_ms)
    also(db)
    return delivered


@lru_cache(maxsize=1)
def _date_of(second: int) -> str:
    """The date of a trace field; hundreds of messages may come within one second."""
    return formatdate(second)


def _temporary(error: Exception) -> TemporaryFailure:
    if isinstance(error, StoreFull):
        return TemporaryFailure("Insufficient system storage", code=452, status="4.3.1")
    return TemporaryFailure("Try again later", code=451, status="4.3.0")


@lru_cache(maxsize=1024)
def _token(helo: str) -> str:
    """The client's name as an atom of the Received field, "unknown" where it is none."""
    return helo if helo and all(c.isalnum() or c in ".-_:[]" for c in helo) else "unknown"
