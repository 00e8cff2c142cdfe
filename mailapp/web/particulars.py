"""The fields of a message's header behind one press: who, to whom by header and by envelope, and the way it took."""

from collections.abc import Callable, Iterable
from datetime import datetime

from mailapp.mail.address import parse_addresses
from mailapp.mail.headers import fields, text_of, value_of
from mailapp.mail.message import Message, Person
from mailapp.mail.route import Hop, hops
from mailapp.mail.sizes import size_text
from mailapp.store.messages import StoredMessage
from mailapp.store.queue import Item
from mailapp.values import dataclass
from mailapp.web.rows import Moment

PEOPLE = 50
"""Persons named per field."""
FIELDS_OF_A_NAME = 5
LONGEST = 500
"""Characters of a value."""
TRACED = (
    *(
        "Delivered-To",
        "X-Original-To",
        "X-Forwarded-To",
        "X-Forwarded-For",
        "Envelope-To",
        "X-Envelope-To",
        "X-Rcpt-To",
    ),
    *("Apparently-To", "X-Apparently-To", "Resent-From", "Resent-To", "Resent-Cc", "X-Icloud-Hme"),
    *(
        "X-SimpleLogin-Original-From",
        "X-SimpleLogin-Envelope-To",
        "X-AnonAddy-Original-Sender",
        "X-AnonAddy-Original-To",
    ),
)
"""Fields that servers on the way and services that pass mail on write, shown by their own names."""
TRACE_PEOPLE = frozenset(("bcc", *(one.lower() for one in TRACED)))


@dataclass(frozen=True, slots=True)
class ParticularView:
    label: str
    values: tuple[str, ...]
    plain: bool = True
    """False for what is read letter by letter: ids and hosts."""


@dataclass(frozen=True, slots=True)
class HopView:
    hosts: str
    protocol: str
    time: str


@dataclass(frozen=True, slots=True)
class Particulars:
    fields: tuple[ParticularView, ...]
    hops: tuple[HopView, ...]
    """The nearest first."""


def particulars(moment: Moment, stored: StoredMessage, message: Message, item: Item | None) -> Particulars:
    """Every field that names somebody beside the envelope recipient, then ids, times and the route."""
    _ = moment.reader.gettext
    row = stored.row
    named = _named(message)
    envelope = tuple(each.address for each in item.recipients) if item else stored.addressees
    found = [
        _people(moment, _("Sender"), message.from_),
        _people(moment, _("Sent by"), message.sender),
        _people(moment, _("Replies go to"), message.reply_to),
        _people(moment, _("Recipients"), message.to),
        _people(moment, _("Cc"), message.cc),
        _people(moment, _("Bcc"), named("bcc")),
        *_traced(moment, message, named),
        ParticularView(_("Envelope recipient"), _cut(moment, envelope)),
        ParticularView(_("Envelope sender"), (row.reverse_path or "<>",) if not row.to_count else ()),
        ParticularView(_("Date"), (_time(moment, message.date_ms),)),
        ParticularView(_("Arrived"), (_time(moment, row.received_ms),)),
        ParticularView("Message-ID", (f"<{message.message_id}>",) if message.message_id else (), plain=False),
        ParticularView("List-Id", _texts(message, "list-id")),
        ParticularView(_("Size"), (size_text(row.size),)),
    ]
    route = hops(_received(stored, message))
    return Particulars(tuple(each for each in found if any(each.values)), tuple(_hop(moment, each) for each in route))


def _named(message: Message) -> Callable[[str], tuple[Person, ...]]:
    """Reads the persons of every field of a name."""
    held: dict[str, list[str]] = {}
    for name, value in message.fields:
        lowered = name.lower()
        if lowered in TRACE_PEOPLE:
            held.setdefault(lowered, []).append(value)

    def people(name: str) -> tuple[Person, ...]:
        values = held.get(name, [])[:FIELDS_OF_A_NAME]
        return tuple(one for each in values for one in parse_addresses(value_of(each, message.charset_hint), PEOPLE))

    return people


def _traced(moment: Moment, message: Message, named: Callable[[str], tuple[Person, ...]]) -> Iterable[ParticularView]:
    """Who the fields of the way name; those that are no addresses as they came."""
    there = {name.lower() for name, _ in message.fields}
    for name in TRACED:
        if name.lower() in there:
            people = () if name == "X-Icloud-Hme" else named(name.lower())
            yield _people(moment, name, people) if people else ParticularView(name, _texts(message, name.lower()))


def _people(moment: Moment, label: str, people: Iterable[Person]) -> ParticularView:
    told = dict.fromkeys(f"{one.name} <{one.address}>" if one.name else one.address for one in people)
    return ParticularView(label, _cut(moment, tuple(each for each in told if each)))


def _cut(moment: Moment, values: tuple[str, ...]) -> tuple[str, ...]:
    kept = tuple(each[:LONGEST] for each in values[:PEOPLE])
    more = len(values) - len(kept)
    told = moment.reader.ngettext("and %(num)s more", "and %(num)s more", more) % {"num": more}
    return (*kept, told) if more > 0 else kept


def _texts(message: Message, wanted: str) -> tuple[str, ...]:
    found = (text_of(value, message.charset_hint) for name, value in message.fields if name.lower() == wanted)
    return tuple(each[:LONGEST] for each in found)[:FIELDS_OF_A_NAME]


def _received(stored: StoredMessage, message: Message) -> list[str]:
    """Received fields: the one of this copy, then those it came with."""
    found = (*fields(stored.trace[:65_536], 100), *message.fields)
    return [value_of(value, message.charset_hint) for name, value in found if name.lower() == "received"]


def _hop(moment: Moment, hop: Hop) -> HopView:
    from_ = f"{hop.from_} [{hop.address}]" if hop.address and hop.address not in hop.from_ else hop.from_
    return HopView(
        " → ".join(each for each in (from_, hop.by) if each) or "…",
        hop.with_,
        _time(moment, hop.at_ms),
    )


def _time(moment: Moment, at_ms: int | None) -> str:
    """Exact, in the reader's zone; "" for no time and for one no clock shows."""
    if at_ms is None:
        return ""
    try:
        return f"{datetime.fromtimestamp(at_ms / 1000, moment.reader.zone):%Y-%m-%d %H:%M:%S}"
    except (ValueError, OverflowError, OSError):
        return ""
