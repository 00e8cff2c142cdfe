"""Links that sign in, confirm an address or reset a password when they are opened."""

import re
from collections.abc import Iterator
from typing import Protocol
from urllib.parse import urlsplit

from mailapp.mail.code import Code, Kind
from mailapp.mail.code_html import links
from mailapp.mail.code_lifetime import valid_seconds
from mailapp.mail.code_link_words import ACTION, CLUES, NEVER, ONLY_ASKED, PURPOSE
from mailapp.mail.code_shapes import folded

_URL = re.compile(r"https?://[^\s<>\"'`，。；！？、（）【】《》「」“”]{4,2000}", re.IGNORECASE)
_PATH = re.compile(
    r"verif|confirm|activat|magic|log-?in|sign-?in|signin|auth|reset|recover|token|otp|passwor|callback|invite|"
    r"validat|optin|opt-in|one-time|onetime|session|account|registr|welcome|bestaet|aktiv|jihuo|click|ls/|/c/|/f/a|"
    r"redirect"
)
_SECRET = re.compile(r"[A-Za-z0-9_\-.~%]{16,}")
_NOT_PATH = re.compile(
    r"unsub|privacy|terms|preference|help|support|faq|\.(?:png|gif|jpe?g|css|js|svg)(?:\?|$)|imprint|impressum"
)
_LOOKED_AT = 6_000
"""Characters of a text that are looked at for its purpose."""
MAX_URLS = 60
SURE = 0.7


class Page(Protocol):
    """HTML that is made when it is asked for."""

    @property
    def source(self) -> str:
        """The HTML as it came."""

    @property
    def text(self) -> str:
        """What can be seen of it."""


def may_hold_link(subject: str, text: str) -> bool:
    """Whether a message's words, subject and beginning, could be those around such a link."""
    head = f"{subject}\n{text[:_LOOKED_AT]}"
    low = head.lower()
    return any(word in low for word in CLUES)


def find_link(subject: str, text: str, page: Page) -> Code | None:
    """The link to press; None where the message's purpose is another."""
    head = folded(text[:_LOOKED_AT])
    title = folded(subject)
    if NEVER.search(title):
        return None
    titled = PURPOSE.search(title) is not None
    told = PURPOSE.search(head) is not None
    if not titled and not told:
        return None
    asked = ONLY_ASKED.search(head) is not None
    weight = (0.4 if titled else 0.0) + (0.2 if told else 0.0) + (0.2 if asked else 0.0)
    if weight < 0.4:
        return None
    best: Code | None = None
    for url, words, source, start in (*_in_text(text), *_in_html(page)):
        value = weight + _of_url(url, words)
        if value >= SURE and (best is None or value > best.confidence + 0.001):
            seconds = valid_seconds(head, min(start, len(head)) if source == "text" else len(head) // 2)
            end = start + len(url) if source == "text" else start + len(words)
            best = Code(url, Kind.LINK, source, start, end, round(min(value, 0.98), 2), seconds)
    return best


def _of_url(url: str, words: str) -> float:
    """What an address and the words it hangs on say."""
    low = url.lower()
    if _NOT_PATH.search(low):
        return -1.0
    try:
        parts = urlsplit(url)
    except ValueError:
        return -1.0
    rest = parts.path + "?" + parts.query + parts.fragment
    secret = any(any(c.isdigit() for c in one) or one != one.lower() for one in _SECRET.findall(rest))
    weight = 0.2 if secret else -0.1
    weight += 0.1 if _PATH.search(low) else 0.0
    if ACTION.search(folded(words)):
        weight += 0.25
    return weight


def _in_text(text: str) -> Iterator[tuple[str, str, str, int]]:
    for count, found in enumerate(_URL.finditer(text, 0, _LOOKED_AT * 2)):
        if count >= MAX_URLS:
            return
        line = text[max(0, found.start() - 160) : found.start()]
        yield found[0].rstrip(".,;:!?)*_]"), line, "text", found.start()


def _in_html(page: Page) -> Iterator[tuple[str, str, str, int]]:
    if "<a" not in page.source and "<A" not in page.source:
        return
    visible = page.text
    for count, (href, words) in enumerate(links(page.source)):
        if count >= MAX_URLS:
            return
        if href.lower().startswith(("http://", "https://")):
            at = visible.find(words) if words else -1
            yield href, words, "html", max(at, 0)
