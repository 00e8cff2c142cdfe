"""The earlier letter in a letter's HTML folded into <details>, which opens without scripts.

Works on what the sanitiser wrote: well nested, attributes in quotes, the marks of quote_marks.py. Only whole elements
are put into a fold, so the document stays as well nested as it was.
"""

import re
from collections import Counter
from dataclasses import field
from html import escape

from mailapp.mail.markup import VOID, names, unescape
from mailapp.mail.quote_marks import HEAD, QUOTE, may_quote
from mailapp.mail.quotes import ATTRIBUTION, FORWARDED, FROM_LINE, HEAD_LINE, SEPARATOR
from mailapp.values import dataclass

MAX_FOLDS = 20
MAX_LINES = 20_000
TEXT = 1_000
"""Characters kept of a line."""
LONG = 1_500
"""Characters of a quotation from which it is folded even where the answer goes on below it."""
_TAG = re.compile(r"""<(/?)([a-z][a-z0-9]*+)((?>(?:[^>"]++|"[^"]*+"){0,1000}))>""")
_INLINE = names(
    "a abbr b bdi bdo big cite code del dfn em font i ins kbd mark q s samp small span strike strong sub sup time tt u "
    "var ruby rt rp wbr img"
)
_NO_HOME = names("p table tbody thead tfoot tr ul ol dl pre a h1 h2 h3 h4 h5 h6 ruby colgroup")
"""Elements no <details> may stand in: the parser would move it."""
_BLANK = re.compile(r"(?>(?:<(?!img)[^>]*>|\s|&nbsp;){0,5000})")
_MARK = re.compile(rf' class="({HEAD}|{QUOTE})[" ]')
_SIGNATURE = re.compile(r"--|_{10,}")
_SIGNATURE_LINES = 20


@dataclass(slots=True)
class _Element:
    tag: str
    parent: int
    start: int
    inner: int
    """Offset behind its start tag."""
    mark: str = ""
    inner_end: int = 0
    end: int = 0
    first: int = -1
    """Number of the first run of text in it."""


@dataclass(slots=True)
class _Line:
    """One line as a reader sees it."""

    start: int
    element: int
    run: int
    text: str
    quote: int
    """The outermost quotation it stands in, -1 for none."""
    head: bool
    size: int
    """Characters of it, those left out of `text` included."""


@dataclass(slots=True)
class _Document:
    elements: list[_Element] = field(default_factory=list)
    lines: list[_Line] = field(default_factory=list)


def fold_quotes(html: str, label: str, *, forwarded: bool = False) -> str:
    """Sanitised HTML with the quoted part behind one press on `label`.

    Folded are quotations nothing of the letter follows, long ones elsewhere, and an earlier letter appended under its
    header. Nothing is folded where no own word would remain, or (`forwarded`) where the earlier letter is the matter.
    """
    if forwarded or not may_quote(html):
        return html
    document = _read(html)
    folds = _folds(html, document)
    opening = f'<details class="quoted"><summary>{escape(label)}</summary>'
    out: list[str] = []
    at = 0
    for start, end in folds[:MAX_FOLDS]:
        out += (html[at:start], opening, html[start:end], "</details>")
        at = end
    return "".join((*out, html[at:]))


def _read(html: str) -> _Document:
    """Cut into elements and lines; one linear scan."""
    document = _Document([_Element("body", -1, 0, 0, inner_end=len(html), end=len(html))])
    elements, lines = document.elements, document.lines
    stack = [0]
    quotes: list[int] = []
    heads: list[int] = []
    at, runs, fresh = 0, 0, True
    for tag in _TAG.finditer(html):
        if tag.start() > at:
            text = _visible(html[at : tag.start()])
            if text and len(lines) < MAX_LINES:
                runs += 1
                if fresh:
                    quote = quotes[0] if quotes else -1
                    lines.append(_Line(at, stack[-1], runs, text[:TEXT], quote, bool(heads), len(text)))
                    _first(elements, stack[-1], runs)
                else:
                    lines[-1].text = f"{lines[-1].text} {text}"[:TEXT]
                    lines[-1].size += len(text)
                    _first(elements, stack[-1], runs)
                fresh = False
        closing, name, attributes = tag.groups()
        at = tag.end()
        if name not in _INLINE:
            fresh = True
        if name in VOID:
            continue
        if closing:
            number = stack.pop()
            elements[number].inner_end, elements[number].end = tag.start(), at
            for marked in (quotes, heads):
                if marked and marked[-1] == number:
                    marked.pop()
            continue
        mark = _mark(attributes)
        stack.append(len(elements))
        elements.append(_Element(name, stack[-2], tag.start(), at, mark))
        if mark == QUOTE or name == "blockquote":
            quotes.append(stack[-1])
        elif mark == HEAD:
            heads.append(stack[-1])
    return document


def _mark(attributes: str) -> str:
    """Of quote_marks.py: the first class, if there is one."""
    found = _MARK.search(attributes) if "class=" in attributes else None
    return found[1] if found else ""


def _visible(text: str) -> str:
    return " ".join((unescape(text) if "&" in text else text).strip("\u200b\ufeff\u200c").split())


def _first(elements: list[_Element], number: int, run: int) -> None:
    """Note in an element and what it stands in that this run of text is their first."""
    while number >= 0 and elements[number].first < 0:
        elements[number].first = run
        number = elements[number].parent


def _folds(html: str, document: _Document) -> list[tuple[int, int]]:
    elements, lines = document.elements, document.lines
    appended = _appended(lines)
    heads = _attributions(elements, lines, appended)
    own = _own(elements, lines[:appended], heads)
    if not own:
        return []
    sizes: Counter[int] = Counter()
    for line in lines:
        sizes[line.quote] += line.size
    folds: list[tuple[int, int]] = []
    seen = -1
    for number, line in enumerate(lines[:appended]):
        if line.quote in (-1, seen) or not _is_quote(elements, line.quote, heads):
            continue
        seen = line.quote
        element = elements[seen]
        if number > own[-1]:
            folds.append((_with_head(elements, lines, seen, heads), _to_the_end(html, elements, seen)))
        elif sizes[seen] >= LONG:
            folds.append((element.start, element.end))
    for line in lines[appended:]:
        if (not folds or line.start >= folds[-1][1]) and len(folds) < MAX_FOLDS:
            found = _rest(elements, line)
            if found:
                folds.append(found)
    return _disjoint(folds)


def _is_quote(elements: list[_Element], number: int, heads: dict[int, int]) -> bool:
    """A <blockquote> counts only where a mailer made it or a line above says who wrote it."""
    return elements[number].mark == QUOTE or number in heads


def _appended(lines: list[_Line]) -> int:
    """Number of the line from which on an earlier letter is appended; how many lines there are if none is."""
    for number, line in enumerate(lines):
        if line.quote >= 0 or len(line.text) > 400:
            continue
        if FORWARDED.match(line.text):
            return len(lines)
        if SEPARATOR.fullmatch(line.text):
            return number
        if FROM_LINE.match(line.text):
            below = [each.text[:400] for each in lines[number + 1 : number + 7]]
            if sum(HEAD_LINE.match(each) is not None for each in below) >= 2:
                return number
    return len(lines)


def _attributions(elements: list[_Element], lines: list[_Line], appended: int) -> dict[int, int]:
    """The number of the line that begins to say who wrote a quotation, by quotation; some have no such line."""
    found: dict[int, int] = {}
    for number in range(1, appended):
        quote = lines[number].quote
        if quote < 0 or quote in found or lines[number - 1].quote == quote or len(found) >= MAX_FOLDS:
            continue
        for first in range(number - 1, max(-1, number - 4), -1):
            if lines[first].quote >= 0:
                break
            said = " ".join(each.text for each in lines[first:number])
            marked = lines[first].head
            if marked or (len(said) < 500 and said.endswith((":", "：")) and ATTRIBUTION.fullmatch(said)):
                while first and lines[first - 1].head and marked:
                    first -= 1
                found[quote] = first
                break
    return found


def _own(elements: list[_Element], lines: list[_Line], heads: dict[int, int]) -> list[int]:
    """Numbers of the lines that are the letter's own; a signature at the end is none."""
    end = len(lines)
    for number in range(end - 1, max(-1, end - _SIGNATURE_LINES), -1):
        if lines[number].quote < 0 and _SIGNATURE.fullmatch(lines[number].text):
            end = number
            break
    said = set()
    for quote, first in heads.items():
        number = first
        while number < len(lines) and lines[number].quote != quote:
            said.add(number)
            number += 1
    return [
        number
        for number, line in enumerate(lines[:end])
        if number not in said and not line.head and (line.quote < 0 or not _is_quote(elements, line.quote, heads))
    ]


def _with_head(elements: list[_Element], lines: list[_Line], quote: int, heads: dict[int, int]) -> int:
    """Where a fold begins: at the line that names the author, where that is a sibling of the quotation."""
    home = elements[quote].parent
    if quote not in heads:
        return elements[quote].start
    line = lines[heads[quote]]
    if line.element == home:
        return line.start
    top = line.element
    while top >= 0 and elements[top].parent != home:
        top = elements[top].parent
    # an element that also holds what was said before would hide that
    return elements[top].start if top >= 0 and elements[top].first == line.run else elements[quote].start


def _top(elements: list[_Element], line: _Line) -> int | None:
    """The largest element that begins with this line; None where the line begins in the middle of its element."""
    number = line.element
    if elements[number].first != line.run or number == 0:
        return None
    while elements[number].parent > 0 and elements[elements[number].parent].first == line.run:
        number = elements[number].parent
    return number


def _to_the_end(html: str, elements: list[_Element], number: int) -> int:
    """Behind a quotation, and behind what is empty below it."""
    element = elements[number]
    rest = _BLANK.match(html, element.end)
    home = elements[element.parent].inner_end
    return home if rest is not None and rest.end() >= home else element.end


def _rest(elements: list[_Element], line: _Line) -> tuple[int, int] | None:
    """From an appended line to the end of what it stands in."""
    top = _top(elements, line)
    home = elements[line.element if top is None else elements[top].parent]
    if home.tag in _NO_HOME:
        return None
    return (line.start if top is None else elements[top].start), home.inner_end


def _disjoint(folds: list[tuple[int, int]]) -> list[tuple[int, int]]:
    kept: list[tuple[int, int]] = []
    for start, end in sorted(folds):
        if end > start and (not kept or start >= kept[-1][1]):
            kept.append((start, end))
    return kept
