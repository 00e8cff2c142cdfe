"""Plain text as HTML: links to click, quotes set in."""

import re
from collections.abc import Iterator
from html import escape

from mailapp.mail import monospace
from mailapp.mail.quotes import stretches

MAX_QUOTE_DEPTH = 8
MAX_STEPS = 4_000
"""Times a letter may go over into a quote, a quote into a deeper one; what follows is written as it stands."""
MAX_LINKS = 4_000
MAX_LOOKED_AT = 40_000
"""Places that could be an address; what follows them is written without links."""
AT_ONCE = 65_536
"""Characters of one call that no other thread can interrupt."""
_URL = re.compile(r"\bhttps?://[^\s<>\"'`，。；：！？、（）【】《》「」“”‘’\u3000]{1,2000}", re.IGNORECASE)
_MARKS = re.compile(r"(?>(?:> ?){0,1000})")
_TRAILING = ".,;:!?*_"


def letter_html(text: str, *, fold: str = "", forwarded: bool = False) -> str:
    """Text escaped, http(s) addresses made links, lines that begin with ">" in <blockquote>, at most eight deep.

    Code and tables stand in <pre>. With `fold`, the words to press, what only repeats an earlier letter is folded;
    `forwarded` says that the earlier letter is what this one is about. Line breaks stay as they are: the style sheet
    keeps them (white-space: pre-wrap). Linear in time.
    """
    writer = _Writer()
    pieces = stretches(text.replace("\r\n", "\n"), forwarded=forwarded)
    for number, stretch in enumerate(pieces):
        if writer.steps <= 0:
            writer.linked("".join(each.text for each in pieces[number:]))
            break
        writer.steps -= 1
        folded = stretch.folded and bool(fold)
        if folded:
            writer.out.append(f'<details class="quoted"><summary>{escape(fold)}</summary>')
        if stretch.quoted:
            writer.quoted(stretch.text)
        elif fold and number + 1 < len(pieces) and pieces[number + 1].folded:
            writer.own(stretch.text.rstrip("\n") + "\n\n")  # mailers leave a screen empty above what they quote
        else:
            writer.own(stretch.text)
        if folded:
            writer.out.append("</details>")
    return "".join(writer.out)


class _Writer:
    """A letter as it is written out; what makes the result longer than the text is counted."""

    def __init__(self) -> None:
        self.out: list[str] = []
        self.steps = MAX_STEPS
        self.links = MAX_LINKS

    def own(self, text: str) -> None:
        for mono, piece in monospace.stretches(text):
            if mono:
                self.out.append('<pre class="mono" tabindex="0">')
            self.linked(piece)
            if mono:
                self.out.append("</pre>")

    def quoted(self, lines: str) -> None:
        depth = 0
        for line in lines.splitlines(keepends=True):
            marks = _MARKS.match(line)
            assert marks is not None
            level = min(marks[0].count(">"), MAX_QUOTE_DEPTH) if self.steps > 0 else depth
            self.steps -= abs(level - depth)
            self.out.append("<blockquote>" * (level - depth) + "</blockquote>" * (depth - level))
            depth = level
            self.linked(line[marks.end() :])
        self.out.append("</blockquote>" * depth)

    def linked(self, text: str) -> None:
        out, at = self.out, 0
        for found in urls(text):
            if self.links <= 0:
                break
            self.links -= 1
            url = _without_trailing(found[0])
            out.append(_escaped(text[at : found.start()]))
            safe = escape(url)
            out.append(f'<a href="{safe}" rel="noopener noreferrer nofollow" target="_blank">{safe}</a>')
            at = found.start() + len(url)
        out.append(_escaped(text[at:]))


def urls(text: str) -> Iterator[re.Match[str]]:
    """Addresses in order. Looked for where "://" stands: a pattern that searches a megabyte lets nobody else run."""
    end, at = 0, text.find("://")
    for _ in range(MAX_LOOKED_AT):
        if at < 0:
            return
        found = None
        for start in (at - 5, at - 4):  # https, http
            found = found or (_URL.match(text, start) if start >= end else None)
        if found:
            yield found
            end = found.end()
        at = text.find("://", max(at + 1, end))


def _escaped(text: str) -> str:
    if len(text) <= AT_ONCE:
        return escape(text)
    return "".join(escape(text[at : at + AT_ONCE]) for at in range(0, len(text), AT_ONCE))


def _without_trailing(url: str) -> str:
    """The sentence's own punctuation does not belong to the link, a closing bracket only if it was opened in it."""
    end = len(url)
    opened = url.count("(")
    closed = url.count(")")
    while end:
        last = url[end - 1]
        if last == ")" and closed > opened:
            closed -= 1
        elif last not in _TRAILING:
            break
        end -= 1
    return url[:end]
