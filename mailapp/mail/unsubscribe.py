"""How a list is left: List-Unsubscribe (RFC 2369), one click of it (RFC 8058), mailto: (RFC 6068)."""

import re
from urllib.parse import unquote, urlsplit

from mailapp.mail.address import fold, is_valid
from mailapp.mail.fields import one_line
from mailapp.mail.headers import text_of
from mailapp.mail.message import Message
from mailapp.values import dataclass

MAX_URIS = 20
MAX_URL = 4_000
MAX_SUBJECT = 200
MAX_BODY = 1_000
MAX_KEY = 200
_MAX_FIELD = 16_384
_URI = re.compile(r"<([^<>]*+)>")
_BLANK = re.compile(r"[\s\x00-\x20\x7f]+")
_SAFE_URL = re.compile(r"[\x21-\x7e]+")
_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?")
_LIST_ID = re.compile(r"<([^<>\s]{3,200})>\s*$")


@dataclass(frozen=True, slots=True)
class Target:
    """Where one click is posted to: https, port 443, no credentials."""

    host: str
    """In A-labels."""
    path: str
    """Path and query, ASCII without blanks."""


@dataclass(frozen=True, slots=True)
class Mailto:
    """A message that leaves the list."""

    address: str
    subject: str
    body: str


@dataclass(frozen=True, slots=True)
class Unsubscribe:
    """The ways a message offers; at least one of them is there."""

    key: str
    """What names the list in the reader's account: its List-Id, else the sender's address."""
    one_click: Target | None
    mailto: Mailto | None
    link: str
    """An http(s) page to open, "" where none is offered or one click does."""


def unsubscribe_of(message: Message) -> Unsubscribe | None:
    """Read the fields of a message; None where it offers nothing we follow. Never raises."""
    uris: list[str] = []
    one_click = False
    list_id = ""
    for name, raw in message.fields:
        lowered = name.lower()
        if not lowered.startswith("list-"):
            continue
        value = text_of(raw, message.charset_hint)
        if lowered == "list-unsubscribe" and not uris:
            uris = [_BLANK.sub("", each) for each in _URI.findall(value[:_MAX_FIELD])[:MAX_URIS]]
        elif lowered == "list-unsubscribe-post":
            one_click = one_click or value.strip().lower() == "list-unsubscribe=one-click"
        elif lowered == "list-id" and not list_id:
            found = _LIST_ID.search(value[:1_000])
            list_id = found[1].lower() if found else ""
    target = next(filter(None, map(target_of, uris)), None) if one_click else None
    mailto = next(filter(None, map(_mailto, uris)), None)
    link = "" if target else next(filter(None, map(_link, uris)), "")
    if target is None and mailto is None and not link:
        return None
    return Unsubscribe(list_id[:MAX_KEY] or _sender(message), target, mailto, link)


def target_of(uri: str) -> Target | None:
    """The target of an https URI that may be posted to; None for any other."""
    if len(uri) > MAX_URL or not _SAFE_URL.fullmatch(uri):
        return None
    try:
        parts = urlsplit(uri)
        port, host = parts.port, parts.hostname or ""
    except ValueError:
        return None
    host = fold(f"x@{host}").partition("@")[2]
    if parts.scheme.lower() != "https" or "@" in parts.netloc or "\\" in uri or port not in (None, 443):
        return None
    labels = host.split(".")
    # a bare number is an address in disguise (2130706433), a name without a dot is of somebody's own network
    if len(host) > 253 or len(labels) < 2 or not all(map(_LABEL.fullmatch, labels)) or labels[-1].isdigit():
        return None
    return Target(host, (parts.path or "/") + (f"?{parts.query}" if parts.query else ""))


def _link(uri: str) -> str:
    if len(uri) > MAX_URL or not _SAFE_URL.fullmatch(uri):
        return ""
    try:
        parts = urlsplit(uri)
        fine = parts.scheme.lower() in ("https", "http") and bool(parts.hostname) and "@" not in parts.netloc
    except ValueError:
        return ""
    return uri if fine and "\\" not in uri else ""


def _mailto(uri: str) -> Mailto | None:
    """One recipient with a subject and a body; what else the URI wants is not done."""
    if uri[:7].lower() != "mailto:" or len(uri) > MAX_URL:
        return None
    address, _, query = uri[7:].partition("?")
    address = unquote(address)
    if not is_valid(address):
        return None
    wanted: dict[str, str] = {}
    for pair in query.replace("&amp;", "&").split("&")[:20]:
        name, _, value = pair.partition("=")
        wanted.setdefault(unquote(name).lower(), unquote(value))
    body = wanted.get("body", "").replace("\r\n", "\n").replace("\x00", "")
    return Mailto(address, one_line(wanted.get("subject", ""))[:MAX_SUBJECT] or "unsubscribe", body[:MAX_BODY])


def _sender(message: Message) -> str:
    return fold(message.from_[0].address)[:MAX_KEY] if message.from_ else ""
