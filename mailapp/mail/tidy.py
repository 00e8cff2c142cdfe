"""HTML made small and well nested before a tree is built of it.

A tree builder takes 47 s for 50,000 nested elements, and time grows as badly with unclosed formatting elements or
with thousands of attributes on one tag. So one linear scan writes the markup anew: allowed tags only, every
element closed in order, depth, tags and attributes bounded. The tree builder then sees exactly what was counted here.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable

from mailapp.mail.markup import names, tokens, unescape

MAX_DEPTH = 120
MAX_MARKUP = 40_000
"""Less-than signs: a table of 2,000 rows and eight columns has 36,000."""
MAX_DISTINCT = 8_000
"""Tags written differently, attributes included: judging one takes ten times as long as reading one."""
MAX_AMPERSANDS = 100_000
MAX_ATTRIBUTES = 60
MAX_REFERENCES = 50_000
"""Ampersands and less-than signs in text; beyond, their full-width likenesses are written."""

_VOID = frozenset(("br", "hr", "img", "wbr", "col"))
_FORMATTING = names(
    "a abbr b bdi bdo big cite code del dfn em font i ins kbd mark q s samp small span strike strong sub sup time tt u "
    "var ruby rt rp"
)
_CLOSES_P = names(
    "address article aside blockquote center details div dl figcaption figure footer h1 h2 h3 h4 h5 h6 header hr li "
    "main nav ol p pre section table ul dd dt"
)
_HEADINGS = frozenset(("h1", "h2", "h3", "h4", "h5", "h6"))
_CELL = frozenset(("td", "th", "caption"))
# What a start tag ends that is still open, and where the search for it stops.
_ENDS: dict[str, tuple[frozenset[str], frozenset[str]]] = {
    "li": (frozenset(("li",)), frozenset(("ul", "ol", "table", "td", "th", "blockquote"))),
    "dt": (frozenset(("dt", "dd")), frozenset(("dl", "table", "td", "th"))),
    "dd": (frozenset(("dt", "dd")), frozenset(("dl", "table", "td", "th"))),
    "td": (frozenset(("td", "th", "caption")), frozenset(("table",))),
    "th": (frozenset(("td", "th", "caption")), frozenset(("table",))),
    "tr": (frozenset(("tr", "caption", "colgroup")), frozenset(("table",))),
    "tbody": (frozenset(("tbody", "thead", "tfoot", "caption", "colgroup")), frozenset(("table",))),
    "thead": (frozenset(("tbody", "thead", "tfoot", "caption", "colgroup")), frozenset(("table",))),
    "tfoot": (frozenset(("tbody", "thead", "tfoot", "caption", "colgroup")), frozenset(("table",))),
    "colgroup": (frozenset(("colgroup", "caption")), frozenset(("table",))),
}
_TABLE = ("table",)
_TABLE_OR_CELL = ("table", *_CELL)
_P = (frozenset(("p",)), frozenset(("table", "td", "th", "caption")))
_A = (frozenset(("a",)), frozenset(("table", "td", "th", "caption")))
_ATTRIBUTE = re.compile(r"""([^\s"'<>/=]++)(?:\s*+=\s*+("[^"]*+"?|'[^']*+'?|[^\s>]*+))?""")


class TooMuchMarkup(Exception):
    """Reading this would take longer than anybody should wait; its text can be shown instead."""


def is_too_much(source: str) -> bool:
    """Whether a document is refused before it is read."""
    return source.count("<") > MAX_MARKUP or source.count("&") > MAX_AMPERSANDS


class Tidy:
    """One pass over one document; `attributes` turns a tag's attributes, raw, into text that is safe to write.

    It is asked once for the same tag written the same way, and gives None where the element is to go.
    """

    def __init__(self, allowed: frozenset[str], attributes: Callable[[str, str], str | None]) -> None:
        self.allowed = allowed
        self.attributes = attributes
        self.out: list[str] = []
        self.stack: list[str] = []
        # Where in the stack the open elements of a name stand, the innermost last: nobody walks the stack for a tag.
        self.open: defaultdict[str, list[int]] = defaultdict(list)
        self.blocks: list[int] = []
        self.dropped: Counter[str] = Counter()
        self.written: dict[tuple[str, str], str | None] = {}
        self.uses: Counter[tuple[str, str]] = Counter()
        """How often a tag written this way stands in the result."""
        self.references = 0

    def run(self, source: str) -> str:
        """The document written anew, at most MAX_DEPTH deep. Raises TooMuchMarkup, within milliseconds if it can."""
        if is_too_much(source):
            raise TooMuchMarkup("markup")
        for name, closing, attributes, text in tokens(source):
            if name in self.allowed:
                self._tag(name, closing, attributes)
            if text:
                self.out.append(self._text(text))
        self._close_to(0)
        return "".join(self.out)

    def _text(self, raw: str) -> str:
        """Text with as few character references as can be: the tree builder takes 5-20 us for each."""
        text = unescape(raw) if "&" in raw else raw
        if "&" in text or "<" in text:
            self.references += text.count("&") + text.count("<")
            if self.references > MAX_REFERENCES:
                return text.replace("&", "＆").replace("<", "＜")
            return text.replace("&", "&amp;").replace("<", "&lt;")
        return text

    def _tag(self, name: str, closing: bool, attributes: str) -> None:
        if closing:
            self._end(name)
            return
        self._implied_ends(name)
        if len(self.stack) >= MAX_DEPTH and name not in _VOID:
            self.dropped[name] += 1
            return
        key = (name, attributes)
        try:
            written = self.written[key]
        except KeyError:
            if len(self.written) >= MAX_DISTINCT:
                raise TooMuchMarkup("distinct") from None
            written = self.written[key] = self.attributes(name, attributes)
        if written is None:
            return
        self.uses[key] += 1
        self.out.append(f"<{name}{written}>")
        if name not in _VOID:
            self.open[name].append(len(self.stack))
            if name not in _FORMATTING:
                self.blocks.append(len(self.stack))
            self.stack.append(name)

    def _implied_ends(self, name: str) -> None:
        if name in _CLOSES_P:
            self._close_nearest(*_P)
            if name in _HEADINGS and self.stack and self.stack[-1] in _HEADINGS:
                self._close_to(len(self.stack) - 1)
        if name == "a":
            self._close_nearest(*_A)
        if name in _ENDS:
            self._close_nearest(*_ENDS[name])

    def _end(self, name: str) -> None:
        if self.dropped[name]:
            self.dropped[name] -= 1
            return
        index = self._innermost((name,))
        # </font> must not close a table it stands in, nor </div> a cell, nor </td> an outer table's cell.
        if name in _FORMATTING:
            barrier = self.blocks[-1] if self.blocks else -1
        else:
            barrier = self._innermost(_TABLE if name in _ENDS or name == "table" else _TABLE_OR_CELL)
        if index >= max(barrier, 0):
            self._close_to(index)

    def _close_nearest(self, wanted: frozenset[str], barrier: frozenset[str]) -> None:
        index = self._innermost(wanted)
        if index >= 0 and index >= self._innermost(barrier):
            self._close_to(index)

    def _innermost(self, wanted: Iterable[str]) -> int:
        """Where in the stack the innermost open element of these names stands, -1 where none is open."""
        found = -1
        for name in wanted:
            places = self.open.get(name)
            if places and places[-1] > found:
                found = places[-1]
        return found

    def _close_to(self, depth: int) -> None:
        while len(self.stack) > depth:
            name = self.stack.pop()
            self.open[name].pop()
            if name not in _FORMATTING:
                self.blocks.pop()
            self.out.append(f"</{name}>")


def unbroken(url: str) -> str:
    """A URL without tabs and line ends, as browsers read it; without a pattern, which is slow for megabytes."""
    for each in "\t\r\n":
        if each in url:
            url = url.replace(each, "")
    return url


def parsed(attributes: str) -> dict[str, str]:
    """The attributes of a tag, names in lower case, values with their character references; the first of a name."""
    found: dict[str, str] = {}
    for number, one in enumerate(_ATTRIBUTE.finditer(attributes)):
        if number >= MAX_ATTRIBUTES:
            break
        value = one[2] or ""
        if value[:1] in ('"', "'"):
            value = value[1:].removesuffix(value[0])
        found.setdefault(one[1].lower(), value)
    return found
