"""Which elements mailers put around what they quote: two words of ours, all that is left of a mail's classes."""

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
