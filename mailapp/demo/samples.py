"""Reads letters/ and makes messages (RFC 5322) of them.

A letter is a text file: fields, an empty line, the text. Where NAME.html stands beside NAME.txt, it is the HTML form
of the same letter. Besides header fields a letter may say

    Age: 26h                how long before now it claims to be written (m, h, d); letters with one come first
    For: shop               which of the reader's addresses it goes to: nothing, a plus tag, or a name of the domain
    Reader: 1               whom it is for: position among the accounts, 0 when missing
    Attach: a.pdf; b.png    attachments made by files.by_name
    Charset: gb18030        how text and subject are encoded, utf-8 when missing
    Reverse-Path: <>        the null reverse-path of a bounce
    Report: a@b.example     the address a delivery status (RFC 3464) says is unknown

and {code}, {number}, {name}, {address}, {domain}, {day} in fields and text are filled in.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.header import Header
from email.message import EmailMessage, MIMEPart
from email.policy import SMTP
from email.utils import format_datetime
from functools import cache
from importlib.resources import files as package_files

from mailapp.demo import files

_OURS = {"Age", "For", "Reader", "Attach", "Charset", "Reverse-Path", "Report"}
_UNITS = {"m": "minutes", "h": "hours", "d": "days"}


@dataclass(frozen=True, slots=True)
class Letter:
    """One sample as it lies in letters/."""

    name: str
    fields: Mapping[str, str]
    text: str
    html: str
    calendar: str = ""

    @property
    def age(self) -> timedelta:
        """How old its Date field is when it is delivered; zero for mail that is written as it is sent."""
        value = self.fields.get("Age", "0m")
        return timedelta(**{_UNITS[value[-1]]: int(value[:-1])})

    @property
    def reader(self) -> int:
        return int(self.fields.get("Reader", "0"))

    @property
    def reverse_path(self) -> str:
        """Without angle brackets; "" is the null reverse-path."""
        if "Reverse-Path" in self.fields:
            return self.fields["Reverse-Path"].strip("<>")
        return self.fields["From"].rpartition("<")[2].rstrip(">")

    def recipient(self, address: str) -> str:
        """The envelope recipient for a reader: the address itself, a tag of it, or another name of its domain."""
        wanted = self.fields.get("For", "")
        local, _, domain = address.rpartition("@")
        if wanted.startswith("+"):
            return f"{local}{wanted}@{domain}"
        return f"{wanted}@{domain}" if wanted else address


@cache
def letters() -> tuple[Letter, ...]:
    """All samples in the order of their file names."""
    directory = package_files("mailapp.demo") / "letters"
    texts = {one.name: one.read_text("utf-8") for one in directory.iterdir() if one.is_file()}
    return tuple(_letter(name.removesuffix(".txt"), texts) for name in sorted(texts) if name.endswith(".txt"))


def history() -> list[Letter]:
    """Letters that claim an earlier date, the oldest first: what the inbox holds when the reader arrives."""
    return sorted((one for one in letters() if one.age), key=lambda one: -one.age)


def arrivals() -> list[Letter]:
    """Letters that come while the reader looks on."""
    return [one for one in letters() if not one.age]


def _letter(name: str, texts: Mapping[str, str]) -> Letter:
    head, _, text = texts[f"{name}.txt"].partition("\n\n")
    fields = dict(line.split(": ", 1) for line in head.splitlines())
    return Letter(name, fields, text, texts.get(f"{name}.html", ""), texts.get(f"{name}.ics", ""))


def build(letter: Letter, address: str, name: str, number: int, now: datetime) -> bytes:
    """The message for a reader, ready for DATA. `number` makes codes and Message-IDs differ; `now` has a zone."""
    domain = address.rpartition("@")[2]
    values = {
        "code": f"{(number * 7919 + 104_729) % 1_000_000:06d}",
        "number": str(20_260_000 + number),
        "name": name or address,
        "address": letter.recipient(address),
        "domain": domain,
        "day": f"{now:%Y-%m-%d}",
        "stamp": f"{now:%Y%m%d}",
    }
    message = _report(letter, values) if "Report" in letter.fields else _body(letter, values)
    charset = letter.fields.get("Charset", "utf-8")
    for field, value in letter.fields.items():
        if field in _OURS:
            continue
        filled = _fill(value, values)
        if field == "Subject" and charset != "utf-8":
            message.policy = message.policy.clone(header_factory=None)
            message[field] = Header(filled, charset).encode()
        else:
            message[field] = filled
    for field, value in (
        ("To", values["address"]),
        ("Date", format_datetime(now - letter.age)),
        ("Message-ID", f"<{letter.name}.{number}@{domain}>"),
    ):
        if field not in message:
            message[field] = value
    return message.as_bytes()


def _fill(text: str, values: Mapping[str, str]) -> str:
    for name, value in values.items():
        text = text.replace("{" + name + "}", value)
    return text


def _body(letter: Letter, values: Mapping[str, str]) -> EmailMessage:
    message = EmailMessage(policy=SMTP)
    message.set_content(_fill(letter.text, values), charset=letter.fields.get("Charset", "utf-8"))
    if letter.html:
        message.add_alternative(_fill(letter.html, values), subtype="html")
    if letter.calendar:
        message.add_alternative(_fill(letter.calendar, values), subtype="calendar", params={"method": "REQUEST"})
    for name in _listed(letter.fields.get("Attach", "")):
        data, kind, subtype = files.by_name(name)
        message.add_attachment(data, kind, subtype, filename=name)
    return message


def _listed(value: str) -> Sequence[str]:
    return [one.strip() for one in value.split(";") if one.strip()]


def _report(letter: Letter, values: Mapping[str, str]) -> EmailMessage:
    """multipart/report (RFC 6522) with a delivery status (RFC 3464) and the headers of what bounced."""
    message = EmailMessage(policy=SMTP)
    message["Content-Type"] = "multipart/report; report-type=delivery-status"
    text = MIMEPart(policy=SMTP)
    text.set_content(_fill(letter.text, values), charset="utf-8")
    unknown = letter.fields["Report"]
    status = (
        f"Reporting-MTA: dns; mx.{unknown.rpartition('@')[2]}\r\n\r\n"
        f"Final-Recipient: rfc822; {unknown}\r\nAction: failed\r\nStatus: 5.1.1\r\n"
        "Diagnostic-Code: smtp; 550 5.1.1 no such mailbox\r\n"
    )
    original = f"From: <{values['address']}>\r\nTo: <{unknown}>\r\nSubject: lunch\r\n"
    message.attach(text)
    for kind, body in (("message/delivery-status", status), ("text/rfc822-headers", original)):
        part = MIMEPart(policy=SMTP)
        part["Content-Type"] = kind
        part.set_payload(body)
        message.attach(part)
    return message
