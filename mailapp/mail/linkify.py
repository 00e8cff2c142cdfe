"""Plain text as HTML: links to click, quotes set in."""

import re
from html import escape

from mailapp.mail import monospace
from mailapp.mail.quotes import stretches

MAX_QUOTE_DEPTH = 8
_URL = re.compile(r"\bhttps?://[^\s<>\"'`，。；：！？、（）【】《》「」“”‘’\u3000]{1,2000}", re.IGNORECASE)
_MARKS = re.compile(r"(?:> ?)*+")
_TRAILING = ".,;:!?*_"


def letter_html(text: str, *, fold: str = "", forwarded: bool = False) -> str:
    """Text escaped, http(s) addresses made links, lines that begin with ">" in <blockquote>, at most eight deep.

    Code and tables stand in <pre>. With `fold`, the words to press, what only repeats an earlier letter is folded;
    `forwarded` says that the earlier letter is what this one is about. Line breaks stay as they are: the style sheet
    keeps them (white-space: pre-wrap). Linear in time.
    """
    out: list[str] = []
    for stretch in stretches(text.replace("\r\n", "\n"), forwarded=forwarded):
        html = _quoted(stretch.text) if stretch.quoted else _own(stretch.text)
        if stretch.folded and fold:
            html = f'<details class="quoted"><summary>{escape(fold)}</summary>{html}</details>'
        out.append(html)
    return "".join(out)


def _own(text: str) -> str:
    return "".join(
        f'<pre class="mono" tabindex="0">{_linked(piece)}</pre>' if mono else _linked(piece)
        for mono, piece in monospace.stretches(text)
    )


def _quoted(lines: str) -> str:
    out: list[str] = []
    depth = 0
    for line in lines.splitlines(keepends=True):
        marks = _MARKS.match(line)
        assert marks is not None
        level = min(marks[0].count(">"), MAX_QUOTE_DEPTH)
        out.append("<blockquote>" * (level - depth) + "</blockquote>" * (depth - level))
        depth = level
        out.append(_linked(line[marks.end() :]))
    out.append("</blockquote>" * depth)
    return "".join(out)


def _linked(text: str) -> str:
    out: list[str] = []
    at = 0
    for found in _URL.finditer(text):
        url = _without_trailing(found[0])
        out.append(escape(text[at : found.start()]))
        safe = escape(url)
        out.append(f'<a href="{safe}" rel="noopener noreferrer nofollow" target="_blank">{safe}</a>')
        at = found.start() + len(url)
    out.append(escape(text[at:]))
    return "".join(out)


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
