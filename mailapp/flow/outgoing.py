"""A draft checked before it leaves, and what it is called from then on."""

import asyncio
from collections.abc import Iterable, Mapping
from hashlib import blake2b

from mailapp.mail.address import fold
from mailapp.mail.compose import encoded_size
from mailapp.mail.draft import Draft, too_long
from mailapp.mail.draft_listing import DraftListing, listing
from mailapp.mail.message import Person
from mailapp.mail.recipients import parse_recipients, wire
from mailapp.values import dataclass

ROOM_FOR_HEADER = 4_096
"""Bytes a message takes beside its recipients, letter and attachments."""
ROOM_FOR_PART = 512
"""Bytes the header of a part takes."""
LISTED_ON_LOOP = 2_048
"""Characters of recipients listed on the event loop: 64 Ki of hostile ones take seconds."""
TEXT_ON_LOOP = 16_384
"""Characters of HTML made text of on the event loop."""


class SubmissionRefused(Exception):
    """What stands in the way of a submission, for its writer to put right.

    field: from, to, cc, bcc, attachment or limit. reason and values:
    not_own {address}; wrong_address {addresses: joined by ", "}; no_recipients {};
    too_many_recipients {limit, count}; too_many_messages {limit}; too_large {limit, size} (bytes as it would travel);
    too_long {name}; too_far {days}.
    """

    def __init__(self, field: str, reason: str, values: Mapping[str, str | int] | None = None) -> None:
        super().__init__(f"{field}: {reason}")
        self.field = field
        self.reason = reason
        self.values = dict(values or {})


def too_large(limit: int, size: int) -> SubmissionRefused:
    return SubmissionRefused("attachment", "too_large", {"limit": limit, "size": size})


def too_many_messages(limit: int) -> SubmissionRefused:
    return SubmissionRefused("limit", "too_many_messages", {"limit": limit})


@dataclass(frozen=True, slots=True)
class Letter:
    """A draft whose fields are right."""

    draft: Draft
    author: Person
    to: tuple[Person, ...]
    cc: tuple[Person, ...]
    bcc: tuple[Person, ...]
    people: tuple[Person, ...]
    """To, Cc and Bcc, each address once."""

    @property
    def recipients(self) -> tuple[str, ...]:
        """What goes into RCPT."""
        return tuple(wire(person.address) for person in self.people)


def letter_of(draft: Draft, author: Person, recipients_limit: int) -> Letter:
    """Read a draft's fields. Raises SubmissionRefused."""
    name = too_long(draft)
    if name:
        raise SubmissionRefused("limit", "too_long", {"name": name})
    found: dict[str, tuple[Person, ...]] = {}
    people: dict[str, Person] = {}
    for name, text in (("to", draft.to), ("cc", draft.cc), ("bcc", draft.bcc)):
        read = parse_recipients(text)
        if read.wrong:
            raise SubmissionRefused(name, "wrong_address", {"addresses": ", ".join(read.wrong)})
        found[name] = read.people
        for person in read.people:
            people.setdefault(fold(person.address), person)
    if not people:
        raise SubmissionRefused("to", "no_recipients")
    if len(people) > recipients_limit:
        raise SubmissionRefused("limit", "too_many_recipients", {"limit": recipients_limit, "count": len(people)})
    return Letter(draft, author, found["to"], found["cc"], found["bcc"], tuple(people.values()))


def estimated_size(draft: Draft, sizes: Iterable[int]) -> int:
    """Bytes a draft takes as it travels, with attachments of these sizes: never much less than it comes to."""
    letter = sum(encoded_size(len(text.encode("utf-8", "replace"))) for text in (draft.text, draft.html))
    return ROOM_FOR_HEADER + letter + sum(ROOM_FOR_PART + encoded_size(size) for size in sizes)


async def listing_of(draft: Draft) -> DraftListing:
    """What a list shows of a draft, for the writer's thread to have it ready; off the loop where it may take long."""
    recipients = len(draft.to) + len(draft.cc) + len(draft.bcc)
    if recipients <= LISTED_ON_LOOP and max(len(draft.text), len(draft.html)) <= TEXT_ON_LOOP:
        return listing(draft)
    return await asyncio.to_thread(listing, draft)


def message_id_of(account_id: int, key: str, hostname: str) -> str:
    """The Message-ID (RFC 5322 3.6.4) of what a draft becomes, without angle brackets.

    Always the same for one draft, so that a submission that is repeated is known by it, after a restart too. Nothing
    can be read from it: a draft's key is random.
    """
    token = blake2b(f"{account_id} {key}".encode(), digest_size=16).hexdigest()
    return f"{token}@{hostname}"
