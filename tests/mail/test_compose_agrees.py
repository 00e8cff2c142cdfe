"""Five hundred generated messages: two readers that have nothing in common find in them what was put in."""

import email
from email.message import EmailMessage
from email.policy import default
from typing import cast

from hypothesis import HealthCheck, Phase, given, settings

from mailapp.mail.compose import Outgoing
from mailapp.mail.content import MemoryContent
from mailapp.mail.fields import is_id, one_line
from mailapp.mail.html_text import html_to_text
from mailapp.mail.message import Message, Person
from mailapp.mail.parameters import safe_name
from mailapp.mail.parser import decoded, parse
from mailapp.mail.plain import plain_text
from mailapp.mail.recipients import wire
from tests.mail.letters import OUTGOINGS, check_wire, wire_of

_EDGES = "\"' "
Persons = list[tuple[str, str]]


def _wanted_people(people: tuple[Person, ...]) -> Persons:
    # Readers take quotes around a name off, the one who wrote it may have put them there.
    return [(" ".join(one_line(one.name)[:200].split()).strip(_EDGES), wire(one.address)) for one in people]


def _wanted_text(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "").rstrip("\n")


def _wanted_files(outgoing: Outgoing) -> list[tuple[str, bytes]]:
    html = outgoing.html
    shown = [one for one in outgoing.attachments if html and is_id(one.content_id) and f"cid:{one.content_id}" in html]
    files = shown + [one for one in outgoing.attachments if one not in shown]
    return [(safe_name(one.name) or "attachment", one.content.read(0, one.content.size)) for one in files]


def _people_of(message: EmailMessage, name: str) -> Persons:
    field = message[name]
    return [(one.display_name.strip(_EDGES), one.addr_spec) for one in field.addresses] if field else []


def _letter_of(message: EmailMessage, kind: str) -> str:
    for part in message.walk():
        if part.get_content_type() == f"text/{kind}" and part.get_content_disposition() is None:
            return cast(str, part.get_content()).replace("\r\n", "\n").rstrip("\n")
    return ""


def _files_of(message: EmailMessage) -> list[tuple[str, bytes]]:
    parts = [part for part in message.walk() if part.get_content_disposition() is not None]
    return [(part.get_filename() or "", cast(bytes, part.get_payload(decode=True))) for part in parts]


def _solid(people: Persons) -> Persons:
    """Names without blanks: Python before 3.13 puts one between the encoded words of a long name."""
    return [("".join(name.split()).strip(_EDGES), address) for name, address in people]


def _agrees_with_python(outgoing: Outgoing, data: bytes) -> None:
    message = email.message_from_bytes(data, policy=default)
    assert not message.defects
    assert message["subject"] == one_line(outgoing.subject)
    assert _solid(_people_of(message, "from")) == _solid(_wanted_people((outgoing.from_,)))
    assert _solid(_people_of(message, "to")) == _solid(_wanted_people(outgoing.to))
    assert _solid(_people_of(message, "cc")) == _solid(_wanted_people(outgoing.cc))
    assert message["message-id"] == f"<{outgoing.message_id}>"
    assert (message["references"] or "").split() == [f"<{one}>" for one in outgoing.references]
    assert message["date"].datetime == outgoing.date.replace(microsecond=0)
    text = _wanted_text(outgoing.text) or plain_text(_wanted_text(outgoing.html))
    assert _letter_of(message, "plain") == text
    assert _letter_of(message, "html") == _wanted_text(outgoing.html)
    assert _files_of(message) == _wanted_files(outgoing)


def _ours(people: tuple[Person, ...]) -> Persons:
    return [(one.name.strip(_EDGES), one.address) for one in people]


def _agrees_with_us(outgoing: Outgoing, data: bytes) -> None:
    content = MemoryContent(data)
    message: Message = parse(content)
    assert message.subject == one_line(outgoing.subject)
    assert _ours(message.from_) == _wanted_people((outgoing.from_,))
    assert _ours(message.to) == _wanted_people(outgoing.to)
    assert _ours(message.cc) == _wanted_people(outgoing.cc)
    assert message.message_id == outgoing.message_id
    assert message.references == outgoing.references
    assert message.in_reply_to == ((outgoing.in_reply_to,) if outgoing.in_reply_to else ())
    assert message.date_ms == int(outgoing.date.timestamp()) * 1000
    html = _wanted_text(outgoing.html)
    text = _wanted_text(outgoing.text) or plain_text(html)
    assert message.text.rstrip("\n") == (text if text.strip() else html_to_text(html) or text)
    assert message.html.rstrip("\n") == html
    files = [(one.name, b"".join(decoded(content, one))) for one in message.attachments]
    assert files == _wanted_files(outgoing)


@settings(
    max_examples=500,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(OUTGOINGS)
def test_readers_find_what_was_written(outgoing: Outgoing) -> None:
    data = wire_of(outgoing)
    check_wire(data)
    _agrees_with_us(outgoing, data)
    _agrees_with_python(outgoing, data)
