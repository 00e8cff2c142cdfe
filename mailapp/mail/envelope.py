"""The SMTP envelope: who handed a message over and for whom (RFC 5321 2.3.1)."""

from mailapp.values import dataclass


@dataclass(frozen=True, slots=True)
class Envelope:
    """What a delivery is filed by. Header fields of the message never take its place."""

    reverse_path: str
    """Where a DSN goes, without angle brackets; "" is the null reverse-path."""
    forward_paths: tuple[str, ...]
    """Accepted recipients as the client spelled them, without angle brackets."""
    peer: str = ""
    """IP address of the client; "" for mail that did not come over a socket."""
    helo: str = ""
    """The name the client gave in HELO or EHLO, unverified."""
    protocol: str = "ESMTP"
    """SMTP, ESMTP, ESMTPS, UTF8SMTP ... for the Received field (RFC 3848, RFC 6531)."""
