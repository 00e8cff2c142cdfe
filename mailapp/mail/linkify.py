"""Plain text as HTML: links to click, quotes set in."""

import re
from html import escape

MAX_QUOTE_DEPTH = 8
_URL = re.compile(r"\bhttps?://[^\s<>\"'`，。；：！？、（）【】《》「」“”‘’\u3000]{1,2000}", re.IGNORECASE)
_MARKS = re.compile(r"(?:> ?)*+")
_QUOTED_LINES = re.compile(r"(?:^>[^\n]*+(?:\n|\Z))++", re.MULTILINE)
_TRAILING = ".,;:!?*_"


def letter_html(text: str) -> str:
    """Text escaped, http(s) addresses made links, lines that begin with ">" in <blockquote>, at most eight deep.

    Line breaks stay as they are: the style sheet keeps them (white-space: pre-wrap). Linear in time.
    """
    text = text.replace("\r\n", "\n")
    out: list[str] = []
    at = 0
    for run in _QUOTED_LINES.finditer(text):
        out.append(_linked(text[at : run.start()]))
        out.append(_quoted(run[0]))
        at = run.end()
    out.append(_linked(text[at:]))
    return "".join(out)


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
