"""The words of the way out: where to, how long to wait, what was answered, and how it can fail."""

import re
from collections.abc import Callable, Sequence
from dataclasses import field

from mailapp.values import dataclass

STARTTLS, TLS, NONE = "starttls", "tls", "none"

CONNECT, GREETING, EHLO, AUTH = "connect", "greeting", "ehlo", "auth"
MAIL, RCPT, DATA, DOT = "mail", "rcpt", "data", "dot"

_STATUS = re.compile(r"([245]\.\d{1,3}\.\d{1,3})(?:\s+|$)")
_TEXT_LIMIT = 500

Log = Callable[[str, str], None]
"""Told every line of a dialogue: ">" (ours), "<" (the relay's) or "*" (what happened beneath), and its text.
Never gets credentials, addresses only as they stand in commands, and nothing of the content."""


@dataclass(frozen=True, slots=True)
class RelayTarget:
    """A relay and how to log in to it.

    security: "starttls" (587, 2525), "tls" (implicit, 465) or "none" (loopback only).
    auth: "auto", "plain", "login" or "xoauth2" (`password` is then the access token); no username: no login.
    """

    name: str
    host: str
    port: int
    security: str = STARTTLS
    auth: str = "auto"
    username: str = ""
    password: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds each step may take (RFC 5321 4.5.3.2 asks for patience at the end of the data: a mail given up there
    is sent twice). Bytes that trickle in do not prolong a step."""

    connect: float = 20.0
    greeting: float = 60.0
    """Also what a TLS handshake may take."""
    command: float = 120.0
    data: float = 120.0
    chunk: float = 180.0
    dot: float = 600.0
    close: float = 2.0


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer of the relay: reply code, enhanced status code (RFC 3463; "x.0.0" where it gave none), one line."""

    code: int
    status: str
    text: str

    @property
    def ok(self) -> bool:
        """2yz: done."""
        return 200 <= self.code < 300

    @property
    def permanent(self) -> bool:
        """5yz: asking again cannot help."""
        return self.code >= 500

    def __str__(self) -> str:
        return f"{self.code} {self.status} {self.text}".rstrip()


class RelayError(Exception):
    """The conversation could not begin, could not go on, or this mail cannot be sent over this relay at all.

    step: connect | tls | greeting | ehlo | auth | mail | rcpt | data | dot. At "dot" without a reply the relay may
        have taken the message: everything accepted is in doubt. At every other step nothing was taken.
    kind: what is wrong, see KINDS.
    permanent: about the mail: this relay will never take it. False for everything about the connection or the login.
    results: what was already said about each recipient, None where nothing final was (or empty).
    Its text holds no secret.
    """

    KINDS = (
        "name", "refused", "port_blocked", "unreachable", "timeout", "dropped", "nonsense",
        "no_tls", "tls", "certificate", "certificate_name", "plain_text", "no_auth", "login",
        "rejected", "too_large", "utf8", "address",
    )  # fmt: skip

    def __init__(
        self,
        step: str,
        kind: str,
        text: str,
        *,
        reply: Reply | None = None,
        permanent: bool = False,
        results: Sequence[Reply | None] = (),
    ) -> None:
        super().__init__(f"{step}: {text}")
        self.step = step
        self.kind = kind
        self.text = text
        self.reply = reply
        self.permanent = permanent
        self.results = tuple(results)


def one_line(text: str) -> str:
    """What a relay said, fit to be stored and shown: no control characters, bounded."""
    clean = text if text.isprintable() else "".join(char if char.isprintable() else " " for char in text)
    return " ".join(clean.split())[:_TEXT_LIMIT]


def make_reply(code: int, lines: Sequence[str]) -> Reply:
    """A Reply of a code and the texts of its lines: the enhanced status code, which every line repeats, taken out."""
    status = ""
    texts = []
    for line in lines:
        found = _STATUS.match(line)
        if found is None:
            texts.append(line)
        else:
            status = status or found[1]
            texts.append(line[found.end() :])
    return Reply(code, status or f"{code // 100}.0.0", one_line(" ".join(texts)))
