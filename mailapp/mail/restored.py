"""A message made anew (RFC 5322) from what is left of one: author, recipient, subject, one body, and when it came."""

from binascii import b2a_base64
from collections.abc import Sequence
from datetime import UTC, datetime
from hashlib import blake2b

from mailapp.mail.charsets import clean
from mailapp.mail.fields import address_field, date_field, text_field
from mailapp.mail.message import MAX_SUBJECT, Person


def restored(
    *, key: str, from_: Person, to: Sequence[str], subject: str, body: str, html: bool, when_s: float
) -> tuple[bytes, str]:
    """The message, CRLF at its lines' ends, and its message-id; the same for the same `key` and contents.

    `when_s` is in seconds since 1970.
    """
    mark = blake2b(f"{key}\0{from_.address}\0{subject}\0{body}".encode("utf-8", "replace"), digest_size=10).hexdigest()
    message_id = f"{mark}@restored.invalid"
    fields = [
        address_field("From", [from_]) or "From: <>\r\n",
        address_field("To", [Person("", each) for each in to]),
        text_field("Subject", subject[:MAX_SUBJECT]),
        date_field("Date", datetime.fromtimestamp(when_s, UTC)),
        f"Message-ID: <{message_id}>\r\n",
        "MIME-Version: 1.0\r\n",
        f"Content-Type: text/{'html' if html else 'plain'}; charset=utf-8\r\n",
        "Content-Transfer-Encoding: base64\r\n",
    ]
    encoded = clean(body).replace("\r\n", "\n").replace("\n", "\r\n").encode("utf-8", "replace")
    lines = b"".join(b2a_base64(encoded[at : at + 57], newline=False) + b"\r\n" for at in range(0, len(encoded), 57))
    return "".join(fields).encode("utf-8", "replace") + b"\r\n" + lines, message_id
