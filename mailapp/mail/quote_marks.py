"""Which elements mailers put around what they quote: two words of ours, all that is left of a mail's classes."""

import re
from collections.abc import Mapping

QUOTE = "quote"
"""Class of an element that holds an earlier letter."""
HEAD = "quote-head"
"""Class of an element that says who wrote it."""
CLASSES = {"blockquote": {QUOTE}, "div": {QUOTE, HEAD}, "p": {HEAD}}
"""The classes the sanitiser lets through, by element; none of them comes from the mail."""
_QUOTED = {"yahoo_quoted", "zmail_extra", "tutanota_quote", "ymail_android_quoted", "skiff-quote"}
_QUOTING = {"gmail_quote", "protonmail_quote", "spark_quote", "hey_quote"}
_HEADS = {"gmail_attr", "moz-cite-prefix", "yahoo_attribution"}
_WORDS = (
    *('class="quote', "wrote", "writes", "schrieb", "a écrit", "escribió", "ha scritto", "original", "原始邮件"),
    *("写道", "寫道", "写到", "发件人", "寄件者", "寄件人", "發件人", "差出人"),
)
"""Without one of them, or a label below, there is no earlier letter. Plain words: a pattern of them takes half a second
for two megabytes, and nobody else runs meanwhile."""
_LABELS = ("from", "von", "de")
_COLON = re.compile(r"(?:</[a-z]+>|&nbsp;|\s){0,4}&?\s?[:：]")
_MAX_LABELS = 20_000
"""Places of these words that are looked at; more of them are taken for a label."""


def quote_class(tag: str, found: Mapping[str, str]) -> str:
    """QUOTE, HEAD or "" for an element with these attributes (names in lower case)."""
    if tag not in CLASSES:
        return ""
    classes = set(found.get("class", "").split()[:20])
    if tag == "blockquote":
        cites = found.get("type", "").lower() == "cite" or found.get("cite", "").lower().startswith("mid:")
        return QUOTE if cites or classes & (_QUOTING | _QUOTED) or found.get("id") == "isReplyContent" else ""
    if classes & _HEADS:
        return HEAD
    return QUOTE if tag == "div" and classes & _QUOTED else ""


def may_quote(html: str) -> bool:
    """Whether sanitised HTML can hold an earlier letter; False for nearly every other one."""
    lowered = html.lower()
    return any(word in lowered for word in _WORDS) or any(_has_label(lowered, word) for word in _LABELS)


def _has_label(lowered: str, word: str) -> bool:
    """Whether the word stands somewhere with a colon behind it. Found as plain text: in two megabytes one search with a
    pattern takes 0.1 s, and nobody else runs meanwhile."""
    at = -1
    for _ in range(_MAX_LABELS):
        at = lowered.find(word, at + 1)
        if at < 0:
            return False
        before = lowered[at - 1] if at else " "
        if not (before.isalnum() or before == "_") and _COLON.match(lowered, at + len(word)):
            return True
    return True
