"""Messages as far as somebody reaches: an account's, perhaps only those that came for some addresses."""

import sqlite3
import time
from collections.abc import Iterator

from mailapp.mail.address import split
from mailapp.mail.addressees import Reach, header_recipients
from mailapp.mail.query_tree import All, Any, Part, Text, joined
from mailapp.mail.words import query_phrase
from mailapp.store import messages
from mailapp.store.contents import StoredContent
from mailapp.store.messages import StoredMessage, View
from mailapp.store.search import TOP, Search
from mailapp.values import dataclass

STEP = 100
"""Messages looked at between two looks at the clock."""
PAGE_S = 0.5
"""Seconds after which a page has what was found."""


@dataclass(slots=True)
class Page:
    """Messages, newest first."""

    messages: list[StoredMessage]
    resume: int = 0
    """Where the next page begins (below this id), 0 at the end. A page may be short and yet not the last."""


def get(db: sqlite3.Connection, account_id: int, reach: Reach, message_id: int) -> StoredMessage | None:
    """One message, None where the account has no such one, it is a draft, or out of reach."""
    stored = messages.get(db, account_id, message_id)
    return stored if stored is not None and reached(db, reach, stored) else None


def reached(db: sqlite3.Connection, reach: Reach, stored: StoredMessage) -> bool:
    """Whether a message is asked for. The header is read only where the envelope does not answer."""
    if stored.row.draft or not reach.admits(stored.addressees):
        return False
    return reach.names(stored.addressees) or reach.names(recipients(db, stored))


def recipients(db: sqlite3.Connection, stored: StoredMessage) -> frozenset[str]:
    """Who a message was for by its header."""
    try:
        return header_recipients(StoredContent(db, stored.content_id))
    except LookupError:
        return frozenset()


def page(
    db: sqlite3.Connection,
    account_id: int,
    reach: Reach,
    part: Part | None,
    *,
    before: int | None = None,
    after: int = 0,
    limit: int = 50,
    received: bool = False,
) -> Page:
    """Messages below the id `before` and above `after`, newest first; everywhere but in trash and junk, unless the
    query `part` asks for them. `received`: none of the account's own.
    """
    found = Page([])
    until = time.monotonic() + PAGE_S
    for message_id in _candidates(db, account_id, reach, part, before or TOP, found):
        if message_id <= after:
            found.resume = 0
            return found
        stored = messages.get(db, account_id, message_id)
        if stored is None or (received and not stored.addressees) or not reached(db, reach, stored):
            if time.monotonic() > until:
                found.resume = message_id
                return found
            continue
        if len(found.messages) == limit:
            found.resume = found.messages[-1].row.id
            return found
        found.messages.append(stored)
    return found


def _candidates(
    db: sqlite3.Connection, account_id: int, reach: Reach, part: Part | None, below: int, found: Page
) -> Iterator[int]:
    """Ids that may be meant, newest first. Where time is over before the end, `found.resume` says where."""
    until = time.monotonic() + PAGE_S
    asked = _asked(reach, part)
    view = View(account_id, search=Search(account_id, asked) if asked is not None else None)
    while below:
        ids, below = messages.batch(db, view, below, STEP)
        yield from ids
        if below and time.monotonic() > until:
            found.resume = below
            return


def _asked(reach: Reach, part: Part | None) -> Part | None:
    """The search that finds at least what is asked for; None for a plain list."""
    limits = [_words_of(each) for each in reach.addresses]
    parts = [
        part,
        joined(Any, [each for each in limits if each]) if all(limits) else None,
        _words_of(reach.to) if reach.to else None,
    ]
    return joined(All, [each for each in parts if each is not None])


def _words_of(address: str) -> Part | None:
    """What finds an address among recipients, whatever its tag: its words on both sides, not as one phrase."""
    words: list[Part] = [Text("to", each, exact=True) for each in split(address) if query_phrase(each)]
    return joined(All, words)
