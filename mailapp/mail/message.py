"""A parsed message (RFC 5322, RFC 2045-2049)."""

from collections.abc import Callable, Sequence
from dataclasses import field

from mailapp.mail.headers import Field, text_of
from mailapp.values import dataclass

MAX_SUBJECT = 1_000
MAX_NAME = 200
MAX_ADDRESS = 320
"""Room for a local part of 64 and a domain of 255 characters; a path has at most 256 (RFC 5321 4.5.3.1)."""
MAX_ID = 998
"""A line of a message is no longer (RFC 5322 2.1.1)."""


@dataclass(frozen=True, slots=True)
class Person:
    """One mailbox of an address field; what the parser makes is cut at the lengths below."""

    name: str
    """Display name, may be ""; at most MAX_NAME (200) characters."""
    address: str
    """May be malformed; at most MAX_ADDRESS (320) characters."""


@dataclass(frozen=True, slots=True)
class Part:
    """A leaf of the MIME tree that is shown or offered as an attachment; bytes stay in the content."""

    number: int
    """Position among `Message.parts`, from 1; what /attachments/<n>/ names."""
    content_type: str
    """Lower-case type/subtype, "application/octet-stream" where none could be read."""
    name: str
    """File name, decoded and stripped of paths and control characters, at most 180 characters.

    Where the mail gives none, a usual one of the type ("invite.ics", "image.png"); "" for other types.
    """
    content_id: str
    """Content-ID without angle brackets; "" where there is none."""
    inline: bool
    """True where HTML refers to it (cid:) or its disposition says inline."""
    encoding: str
    """Lower-case Content-Transfer-Encoding."""
    charset: str
    """Charset parameter as declared, lower case; "" where there is none."""
    start: int
    """First byte of the body in the content."""
    end: int
    """Byte after the body in the content."""
    size: int
    """Bytes after decoding (estimated for base64 and quoted-printable)."""
    location: str = ""
    """Content-Location as it came (RFC 2557), "" where there is none."""


@dataclass(slots=True, eq=False)
class Message:
    """The best that could be made of a message. Every str is valid Unicode without lone surrogates or NUL.

    Not frozen, as the parser fills it in field by field; nobody else changes it. What filing a message does not need,
    `html` and `headers`, is decoded when it is asked for; so is `text`, where whoever parses it does not need that.
    """

    subject: str = ""
    """At most MAX_SUBJECT (1,000) characters."""
    from_: tuple[Person, ...] = ()
    sender: tuple[Person, ...] = ()
    reply_to: tuple[Person, ...] = ()
    to: tuple[Person, ...] = ()
    cc: tuple[Person, ...] = ()
    forwarded_to: tuple[Person, ...] = ()
    """Of Delivered-To, X-Original-To and X-Forwarded-To: who it was for before somebody passed it on. Not to be trusted
    for filing."""
    date_ms: int | None = None
    """Date field in ms since 1970 UTC; None where missing or unreadable."""
    message_id: str = ""
    """Without angle brackets; this and the ids below are cut at MAX_ID (998) characters."""
    in_reply_to: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    """The last hundred at most."""
    list_id: str = ""
    """The List-Id field with its description (RFC 2919), at most MAX_ID (998) characters."""
    text_source: str | Callable[[], str] = field(default="", repr=False)
    """What `text` is, or what makes it."""
    html_source: str | Callable[[], str] = field(default="", repr=False)
    """What `html` is, or what makes it."""
    preview: str = ""
    """At most 200 characters of the letter without boilerplate; "" where the text is made later."""
    flowed: str = ""
    """ "flowed" or "delsp" where the text came so (RFC 3676): what it is shown as is `flowed.unflowed` of it."""
    attachments: tuple[Part, ...] = ()
    """Parts offered for download, inline images included."""
    fields: Sequence[Field] = field(default=(), repr=False)
    """Header fields as they came, still encoded, at most the parser's limit."""
    charset_hint: str = ""
    """The charset of 8-bit bytes in header fields, "" where the message declares none."""

    @property
    def received_count(self) -> int:
        """How many Received fields there are: over 100 is a loop (RFC 5321 6.3)."""
        return sum([name.lower() == "received" for name, _ in self.fields])

    @property
    def text(self) -> str:
        """The letter as plain text (made from the HTML where only that came); cut at the parser's limit."""
        if not isinstance(self.text_source, str):
            self.make_text()
        assert isinstance(self.text_source, str)
        return self.text_source

    def make_text(self) -> None:
        """Make `text` now, on this thread, where it was left for later."""
        if not isinstance(self.text_source, str):
            self.text_source = self.text_source()

    @property
    def is_text_made(self) -> bool:
        """Whether `text` is there; making it of a large letter takes a while."""
        return isinstance(self.text_source, str)

    @property
    def html(self) -> str:
        """The letter as HTML, as it came, NOT sanitised; "" where there is none; cut at the parser's limit."""
        source = self.html_source
        if not isinstance(source, str):
            source = self.html_source = source()
        return source

    @property
    def headers(self) -> tuple[tuple[str, str], ...]:
        """Decoded header fields in order, at most the parser's limit."""
        return tuple((name, text_of(value, self.charset_hint)) for name, value in self.fields)
