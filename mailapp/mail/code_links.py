"""Links that sign in, confirm an address or reset a password when they are opened."""

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Protocol
from urllib.parse import urlsplit

from mailapp.mail.code import Code, Kind
from mailapp.mail.code_html import links
from mailapp.mail.code_lifetime import valid_seconds
from mailapp.mail.code_link_words import ACTION, NEVER, ONLY_ASKED, PERHAPS, PURPOSE, clue_words, clues_in
from mailapp.mail.code_shapes import folded

_URL = re.compile(r"https?://[^\s<>\"'`，。；！？、（）【】《》「」“”]{4,2000}", re.IGNORECASE)
_PATH = re.compile(
    r"verif|confirm|activat|magic|log-?in|sign-?in|signin|auth|reset|recover|token|otp|passwor|callback|invite|"
    r"validat|optin|opt-in|one-time|onetime|session|account|registr|welcome|bestaet|aktiv|jihuo|click|ls/|/c/|/f/a|"
    r"redirect"
)
_SECRET = re.compile(r"[A-Za-z0-9_\-.~%]{12,}")
_NOT_PATH = re.compile(
    r"unsub|privacy|terms|preference|help|support|faq|\.(?:png|gif|jpe?g|css|js|svg)(?:\?|$)|imprint|impressum"
)
_LOOKED_AT = 1_200
"""Characters of a text that are looked at for its purpose."""
MAX_TEXT = 12_000
"""A longer letter has another purpose."""
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


def link_clues(subject: str, text: str, has_html: bool) -> list[str]:
    """What `find_link` goes by; nothing where a message cannot be such: it has no links, is a long read, or neither its
    subject nor its beginning holds the words.
    """
    if len(text) > MAX_TEXT or not (has_html or "://" in text):
        return []
    return clue_words(f"{subject}\n{text[:_LOOKED_AT]}".lower())


def find_link(subject: str, text: str, page: Page, clues: list[str]) -> Code | None:
    """The link to press; None where the message's purpose is another."""
    title, head = subject.lower(), text[:_LOOKED_AT].lower()
    if NEVER.search(title):
        return None
    weight = 0.5 if _purpose(title, clues) else 0.25 if PERHAPS.search(title) else 0.0
    weight += 0.2 if _purpose(head, clues) else 0.0
    if 0.2 <= weight < 0.7 and ONLY_ASKED.search(head):
        weight += 0.2
    if weight < 0.4:
        return None
    best: Code | None = None
    heaviest, words_of_best = 0.0, ""
    for url, words, source, start in (*_in_text(text), *_in_html(page)):
        value = weight + _of_url(url, words)
        if value >= SURE and value > heaviest + 0.001:
            heaviest = value
            words_of_best = words
            best = Code(url, Kind.LINK, source, start, start + len(url), round(min(value, 0.98), 2))
    if best is None:
        return None
    if best.source == "html" and words_of_best:
        at = max(page.text.find(words_of_best), 0)
        best = replace(best, start=at, end=at + len(words_of_best))
    return replace(best, valid_seconds=valid_seconds(head, min(best.start, len(head)) if best.source == "text" else 0))


def _purpose(low: str, clues: list[str]) -> bool:
    """Whether folded text says that it is about confirming, signing in, a new password."""
    done = 0
    for at in clues_in(low, clues):
        if at >= done and PURPOSE.search(low, max(0, at - 50), at + 80):
            return True
        done = max(done, at + 10)
    return False


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
    for count, found in enumerate(_URL.finditer(text, 0, MAX_TEXT)):
        if count >= MAX_URLS:
            return
        line = text[max(0, found.start() - 160) : found.start()]
        yield found[0].rstrip(".,;:!?)*_]"), line, "text", found.start()


def _in_html(page: Page) -> Iterator[tuple[str, str, str, int]]:
    if "<a" not in page.source and "<A" not in page.source:
        return
    for count, (href, words) in enumerate(links(page.source)):
        if count >= MAX_URLS:
            return
        if href.lower().startswith(("http://", "https://")):
            yield href, words, "html", 0
