"""Delivery (MDA): a message and its envelope into mailboxes, in one transaction, then the event."""

import asyncio
import ctypes
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from email.utils import formatdate
from functools import lru_cache

from mailapp import maillog
from mailapp.events import Bus, Changed
from mailapp.mail import address as addresses_
from mailapp.mail import words
from mailapp.mail.content import Content
from mailapp.mail.envelope import Envelope
from mailapp.mail.errors import PermanentFailure, TemporaryFailure
from mailapp.mail.message import Message
from mailapp.mail.parser import parse
from mailapp.store import addresses, arrivals, contents
from mailapp.store.contents import Words
from mailapp.store.database import Database, StoreError, StoreFull

SEARCH_CHARACTERS = 65_536
"""Characters of a letter's text that are indexed."""
ON_LOOP_BYTES = 262_144
"""Content up to this is parsed on the event loop: a thread costs more than it saves."""
WHOLE_BYTES = 1_048_576
"""Content above this is written ahead in chunks of its own transactions, so that nobody waits for it."""
HOP_LIMIT = 100
"""Received fields above which a message is taken for a loop (RFC 5321 6.3)."""
ROUTES_KEPT = 10_000
LARGE_AT_ONCE = 2
_trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
"""glibc's; None elsewhere."""


class Delivery:
    """Decides who receives, and delivers. One per process, on the event loop."""

    def __init__(self, database: Database, bus: Bus, hostname: str) -> None:
        self._database = database
        self._bus = bus
        self._hostname = hostname
        self._ids = arrivals.MessageIds()
        self._routes: dict[str, tuple[int, ...]] = {}
        self._large = asyncio.Semaphore(LARGE_AT_ONCE)
        self._threads = ThreadPoolExecutor(LARGE_AT_ONCE, thread_name_prefix="parse")

    def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)

    def forget_routes(self) -> None:
        """Accounts, addresses or domains changed."""
        self._routes = {}

    async def check_recipient(self, address: str) -> None:
        """Raise PermanentFailure (550 5.1.1) unless the address reaches somebody here."""
        if not await self._route(address):
            raise PermanentFailure("No such address here", code=550, status="5.1.1")

    async def _route(self, address: str) -> tuple[int, ...]:
        routes = self._routes  # where it is replaced meanwhile, what was read before must not go into the new one
        known = routes.get(address)
        if known is not None:
            return known
        folded = addresses_.fold(address)
        local, domain = addresses_.split(folded)
        try:
            reached = await self._database.read(addresses.route, local, addresses_.strip_tag(local), domain)
        except StoreError as error:
            raise _temporary(error) from error
        if len(routes) >= ROUTES_KEPT:
            routes.clear()
        routes[address] = reached
        return reached

    async def deliver(self, envelope: Envelope, content: Content) -> str:
        """File the message for every forward-path; return an id for the log once it is on disk.

        Raises TemporaryFailure (452 disk full, 451 otherwise) or PermanentFailure; nothing was stored then.
        """
        began = time.monotonic()
        copies = await self._copies(envelope)
        large = content.size > ON_LOOP_BYTES
        if large:
            async with self._large:
                message, terms = await self._on_thread(content)
                delivered = await self._store(envelope, content, message, terms, copies)
            self._give_back()
        else:
            message, terms = _understand(content)
            delivered = await self._store(envelope, content, message, terms, copies)
        for one in delivered:
            self._bus.publish(Changed(one.account_id, one.seq, (one.message_id,)))
        queue_id = f"{delivered[0].message_id:x}"
        ms = (time.monotonic() - began) * 1000
        maillog.delivered(queue_id, envelope.peer, len(envelope.forward_paths), content.size, ms)
        return queue_id

    async def _on_thread(self, content: Content) -> tuple[Message, Words]:
        return await asyncio.get_running_loop().run_in_executor(self._threads, _understand, content)

    def _give_back(self) -> None:
        """Return what large mail took to the system; the allocator keeps it otherwise."""
        if _trim is not None:
            self._threads.submit(_trim, 0)

    async def _copies(self, envelope: Envelope) -> tuple[arrivals.Copy, ...]:
        reached: dict[int, list[str]] = {}
        for path in envelope.forward_paths:
            for account_id in await self._route(path):
                reached.setdefault(account_id, []).append(addresses_.fold(path))
        if not reached:
            raise PermanentFailure("No such address here", code=550, status="5.1.1")
        return tuple(
            arrivals.Copy(account_id, tuple(dict.fromkeys(found)), self._trace(envelope, found))
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
        copies: tuple[arrivals.Copy, ...],
    ) -> list[arrivals.Delivered]:
        if message.received_count > HOP_LIMIT:
            raise PermanentFailure("Too many hops", status="5.4.6")
        try:
            held = await self._write_ahead(content) if content.size > WHOLE_BYTES else content.read(0, content.size)
            arrival = _arrival(envelope, content.size, held, message, terms, copies)
            now_ms = time.time_ns() // 1_000_000
            return await self._database.write(arrivals.add, self._ids, arrival, now_ms)
        except (StoreError, LookupError) as error:
            self.forget_routes()
            raise _temporary(error) from error

    async def _write_ahead(self, content: Content) -> int:
        """Large content goes into the store piece by piece; a crash leaves it to the sweep at the next start."""
        content_id = await self._database.write(contents.expect, content.size)
        try:
            for position in range(-(-content.size // contents.CHUNK)):
                piece = await asyncio.to_thread(content.read, position * contents.CHUNK, contents.CHUNK)
                await self._database.write(contents.append, content_id, position, piece)
        except BaseException:
            await asyncio.shield(self._database.write(contents.remove, content_id))
            raise
        return content_id


@lru_cache(maxsize=1)
def _date_of(second: int) -> str:
    """The date of a trace field; hundreds of messages may come within one second."""
    return formatdate(second)


def _understand(content: Content) -> tuple[Message, Words]:
    message = parse(content)
    people = (*message.from_, *message.sender, *message.reply_to, *message.to, *message.cc)
    subject, named, body, files = words.index_fields(
        (
            message.subject,
            " ".join([f"{one.name} {one.address}" for one in people]),
            message.text[:SEARCH_CHARACTERS],
            " ".join([part.name for part in message.attachments]),
        )
    )
    return message, Words(words.VERSION, subject=subject, people=named, body=body, files=files)


def _arrival(
    envelope: Envelope,
    size: int,
    content: bytes | int,
    message: Message,
    terms: Words,
    copies: tuple[arrivals.Copy, ...],
) -> arrivals.Arrival:
    author = message.from_[0] if message.from_ else None
    own = (message.message_id,) if message.message_id else ()
    return arrivals.Arrival(
        content=content,
        size=size,
        date_ms=message.date_ms,
        from_name=author.name if author else "",
        from_address=author.address if author else envelope.reverse_path,
        subject=message.subject,
        preview=message.preview,
        attachment_count=len(message.attachments),
        reverse_path=envelope.reverse_path,
        references=tuple(dict.fromkeys((*own, *message.in_reply_to, *message.references))),
        words=terms,
        copies=copies,
    )


def _temporary(error: Exception) -> TemporaryFailure:
    if isinstance(error, StoreFull):
        return TemporaryFailure("Insufficient system storage", code=452, status="4.3.1")
    return TemporaryFailure("Try again later", code=451, status="4.3.0")


def _token(helo: str) -> str:
    """The client's name as an atom of the Received field, "unknown" where it is none."""
    return helo if helo and all(c.isalnum() or c in ".-_:[]" for c in helo) else "unknown"
