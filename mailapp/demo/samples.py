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

from collections.abc import Mapping
from datetime import datetime, timedelta
from email.header import Header
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, formataddr, parseaddr
from functools import cache
from importlib.resources import files as package_files

from mailapp.demo import files
from mailapp.values import dataclass

_POLICY = SMTP.clone(cte_type="7bit")
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
    charset = letter.fields.get("Charset", "utf-8")
    fields = {name: _fill(value, values) for name, value in letter.fields.items() if name not in _OURS}
    fields.setdefault("To", formataddr((name, values["address"])))
    fields.setdefault("Date", format_datetime(now - letter.age))
    fields.setdefault("Message-ID", f"<{letter.name}.{number}@{domain}>")
    head = "".join(f"{name}: {_encoded(name, value, charset)}\r\n" for name, value in fields.items())
    return head.encode("ascii") + (_report(letter, values) if "Report" in letter.fields else _body(letter, values))


def _encoded(name: str, value: str, charset: str) -> str:
    """A field's value as RFC 2047 wants it: only the display name of an address is encoded."""
    if value.isascii():
        return value
    if name in {"From", "To", "Reply-To"}:
        return formataddr(parseaddr(value), charset)
    return Header(value, charset, header_name=name).encode(linesep="\r\n")


def _fill(text: str, values: Mapping[str, str]) -> str:
    for name, value in values.items():
        text = text.replace("{" + name + "}", value)
    return text


def _body(letter: Letter, values: Mapping[str, str]) -> bytes:
    message = EmailMessage(policy=_POLICY)
    message.set_content(_fill(letter.text, values), charset=letter.fields.get("Charset", "utf-8"))
    if letter.html:
        message.add_alternative(_fill(letter.html, values), subtype="html")
    if letter.calendar:
        message.add_alternative(_fill(letter.calendar, values), subtype="calendar", params={"method": "REQUEST"})
    for name in filter(None, (one.strip() for one in letter.fields.get("Attach", "").split(";"))):
        data, kind, subtype = files.by_name(name)
        message.add_attachment(data, kind, subtype, filename=name)
    return message.as_bytes()


def _report(letter: Letter, values: Mapping[str, str]) -> bytes:
    """multipart/report (RFC 6522) with a delivery status (RFC 3464) and the header fields of what bounced."""
    unknown = letter.fields["Report"]
    parts = (
        f"Content-Type: text/plain; charset=us-ascii\n\n{_fill(letter.text, values)}",
        f"Content-Type: message/delivery-status\n\nReporting-MTA: dns; mx.{unknown.rpartition('@')[2]}\n\n"
        f"Final-Recipient: rfc822; {unknown}\nAction: failed\nStatus: 5.1.1\n"
        "Diagnostic-Code: smtp; 550 5.1.1 no such mailbox\n",
        f"Content-Type: text/rfc822-headers\n\nFrom: <{values['address']}>\nTo: <{unknown}>\nSubject: lunch\n",
    )
    body = "".join(f"--=_report\n{part}\n" for part in parts) + "--=_report--\n"
    top = 'MIME-Version: 1.0\nContent-Type: multipart/report; report-type=delivery-status; boundary="=_report"\n\n'
    return (top + body).replace("\n", "\r\n").encode("ascii")
