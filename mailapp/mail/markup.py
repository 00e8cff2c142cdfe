"""HTML cut into tags and text, as browsers cut it, in one linear scan without building anything."""

import html
import re
from collections.abc import Iterator

# A tag with the text after it. Quotes count only after "="; an open one runs to the end.
ATTRIBUTES = r"""(?>(?:[^>=]++|=\s*+(?:"[^"]*+(?:"|\Z)|'[^']*+(?:'|\Z)|)){0,4000})"""
_TOKEN = re.compile(
    rf"<(?:(!--)|(/?)([a-zA-Z][^\s/>]*+)({ATTRIBUTES})>?|[!?/][^>]*+>?|)([^<]*+(?>(?:<(?![a-zA-Z/!?])[^<]*+){{0,1000}}))"
)

_LONG_REFERENCE = re.compile(r"&#[0-9]{1000,}+;?")

_FIRST = re.compile(r"<[a-zA-Z/!?]")


def names(text: str) -> frozenset[str]:
    """A set of the words of `text`."""
    return frozenset(text.split())


VOID = names("area base br col embed hr img input link meta source track wbr")
_SKIPPED = names("script style title template svg math object noembed noframes iframe select")
_END_OF = {name: re.compile(rf"</{name}[\s/>]", re.IGNORECASE) for name in _SKIPPED}


def unescape(text: str) -> str:
    """Text with its character references undone. Never raises.

    `html.unescape` alone raises on a number of over 4,300 digits, which Python refuses to read.
    """
    if len(text) > 1000 and "&#" in text:
        text = _LONG_REFERENCE.sub("\ufffd", text)
    return html.unescape(text)


Token = tuple[str, bool, str, str]
"""(tag name in lower case or "", whether it is an end tag, its raw attributes, the raw text after it)."""


def tokens(source: str) -> Iterator[Token]:
    """Tags each with the text that follows; comments, declarations, scripts, styles and drawings are left out.

    Text keeps its character references. A "<" that begins no tag is text.
    """
    size = len(source)
    found = _FIRST.search(source)
    at = found.start() if found else size
    if at:
        yield "", False, "", source[:at]
    match = _TOKEN.match
    while at < size:
        token = match(source, at)
        if token is None:
            return
        at = token.end()
        comment, closing, name, attributes, text = token.groups()
        if name:
            name = name.lower()
            if name in _SKIPPED and not closing:
                end = _END_OF[name].search(source, token.start(5))
                at = end.start() if end else size
                continue
            yield name, bool(closing), attributes, text
        elif comment:
            start = _comment_end(source, token.start())
            following = _FIRST.search(source, start)
            at = following.start() if following else size
            yield "", False, "", source[start:at]
        elif text:
            yield "", False, "", text


def _comment_end(source: str, start: int) -> int:
    if source.startswith(("<!-->", "<!--->"), start):
        return source.index(">", start) + 1
    end = source.find("-->", start + 4)
    return end + 3 if end >= 0 else len(source)
