"""What stands beneath the header of an open message: who it really is from, how its list is left, why it is text."""

import sqlite3
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from mailapp.mail.honesty import Finding, findings, of_links
from mailapp.mail.message import Message
from mailapp.mail.sanitize import Survey
from mailapp.mail.unsubscribe import Unsubscribe, unsubscribe_of
from mailapp.store import correspondents, domains, unsubscriptions
from mailapp.store.messages import MessageRow
from mailapp.values import dataclass
from mailapp.web.dates import pretty_date
from mailapp.web.reader import Reader

KNOWN = 1_000
"""People last written to, whose domains are compared with."""


@dataclass(frozen=True, slots=True)
class Beneath:
    """What the store and the message itself know."""

    found: tuple[Finding, ...] = ()
    ways: Unsubscribe | None = None
    left: tuple[str, int] | None = None
    """How and when (ms since 1970 UTC) the reader left the list."""


@dataclass(frozen=True, slots=True)
class UnsubscribeView:
    """The ways to leave a list."""

    message_id: int
    view_path: str
    host: str
    """Whom one click asks; "" where there is none."""
    mailto: str
    """Whom a message would go to; "" where there is none."""
    link: str
    """A page to open; "" where there is none."""
    left: str
    """"Unsubscribed on Mar 3", "" where the reader has not."""
    state: str = ""
    """asking: the reader is asked; failed: it did not work, `reason` says why."""
    reason: str = ""
    own_address: str = ""
    """From where a message would go."""


@dataclass(frozen=True, slots=True)
class BeneathView:
    refused: bool
    """The letter is shown as text, because judging its HTML would take too long."""
    cautions: tuple[str, ...]
    """One sentence each, the first is the most serious."""
    serious: bool
    unsubscribe: UnsubscribeView | None


def beneath_of(db: sqlite3.Connection, account_id: int, row: MessageRow, message: Message) -> Beneath:
    """Read it; nothing for what the account itself wrote. Inside a read function."""
    if row.to_count or row.draft:
        return Beneath()
    own = [one.name for one in domains.all_(db)]
    found = findings(message, own, correspondents.known_domains(db, account_id, KNOWN))
    return replace(list_of(db, account_id, message), found=found)


def list_of(db: sqlite3.Connection, account_id: int, message: Message) -> Beneath:
    """How the message's list is left, and whether it was. Inside a read function."""
    ways = unsubscribe_of(message)
    return Beneath(ways=ways, left=unsubscriptions.left(db, account_id, ways.key) if ways else None)


def beneath_view(
    reader: Reader, row: MessageRow, known: Beneath, view_path: str, now: float, survey: Survey
) -> BeneathView:
    """The view model; `survey` is of the message's HTML, `now` in seconds since 1970 UTC."""
    own = bool(row.to_count or row.draft)
    found = known.found if own else (*known.found, *of_links(survey.lies))
    return BeneathView(
        refused=survey.refused,
        cautions=_told(reader, found),
        serious=any(one.serious for one in found),
        unsubscribe=unsubscribe_view(reader, row, known, view_path, now),
    )


def unsubscribe_view(
    reader: Reader, row: MessageRow, known: Beneath, view_path: str, now: float
) -> UnsubscribeView | None:
    """How the list is left, None where the message offers no way."""
    if known.ways is None:
        return None
    left = ""
    if known.left is not None:
        _ = reader.gettext
        today = datetime.fromtimestamp(now, reader.zone).date()
        way, at_ms = known.left
        day = pretty_date(reader, datetime.fromtimestamp(at_ms / 1000, reader.zone).date(), today)
        left = (_("Unsubscribed on {day}") if way == "click" else _("Asked to be taken off on {day}")).format(day=day)
    return UnsubscribeView(
        message_id=row.id,
        view_path=view_path,
        host=known.ways.one_click.host if known.ways.one_click else "",
        mailto=known.ways.mailto.address if known.ways.mailto else "",
        link=known.ways.link,
        left=left,
        own_address=row.delivered_to,
    )


def _told(reader: Reader, found: Sequence[Finding]) -> tuple[str, ...]:
    return tuple(_sentence(reader, one) for one in found)


def _sentence(reader: Reader, one: Finding) -> str:
    """A finding in the reader's words: calm, what does not fit and nothing more."""
    _, values = reader.gettext, one.values
    if one.kind == "links":
        return reader.ngettext(
            "A link shows {shown} but leads to {leads}.",
            "{count} links lead elsewhere than they show. The first shows {shown} and leads to {leads}.",
            int(values["count"]),
        ).format(**values)
    if one.kind == "relayed" and not values["address"]:
        return _("Passed on by {service}.").format(**values)
    return {
        "look_alike": _("{site} looks like {like}, but is another domain."),
        "name_address": _("The name shows {name}, but it was sent from {address}."),
        "name_ours": _("The name mentions {domain}, but it was sent from {address}."),
        "name_brand": _("It calls itself {brand}, but comes from {site}."),
        "relayed": _("Passed on by {service}, which names {address} as the sender."),
        "via": _("Sent by {site} for the sender."),
        "reply_to": _("An answer goes to {address}."),
    }[one.kind].format(**values)
