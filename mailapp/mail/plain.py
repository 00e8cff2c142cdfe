"""The plain text beside HTML of our own: quotations marked, links with their address (RFC 3676 4.5)."""

import re

from mailapp.mail.html_text import html_to_text
from mailapp.mail.markup import tokens, unescape

MAX_DEPTH = 20
"""Quotations inside quotations that are marked."""
_HREF = re.compile(r"""\bhref\s*=\s*"([^"]{1,2000})\"""", re.IGNORECASE)
_MARKUP = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})


def plain_text(html: str) -> str:
    """HTML as text: "> " before the lines of a <blockquote>, "words <https://...>" for a link. Never raises, linear."""
    out: list[str] = []
    piece: list[str] = []
    depth = 0
    link, since = "", 0
    for name, closing, attributes, text in tokens(html):
        if name == "blockquote":
            _add(out, piece, depth)
            depth = max(0, depth + (-1 if closing else 1))
            link = ""
            piece = [text]
            continue
        if name == "a" and closing and link:
            if link.removeprefix("mailto:") not in unescape("".join(piece[since:])):
                piece.append(f" &lt;{link.translate(_MARKUP)}&gt;")
            link = ""
        elif name == "a" and not closing:
            found = _HREF.search(attributes[:4_096])
            link, since = unescape(found[1]) if found else "", len(piece) + 1
        piece += (f"<{'/' if closing else ''}{name}{attributes}>" if name else "", text)
    _add(out, piece, depth)
    return "".join(out)


def _add(out: list[str], piece: list[str], depth: int) -> None:
    """Append the text of one stretch that is quoted as deep all through."""
    text = html_to_text("".join(piece))
    if not text:
        return
    if out:
        out.append("\n" if depth else "\n\n")  # a quotation right below the line that says who wrote it
    if depth:
        marks = ">" * min(depth, MAX_DEPTH)
        text = "\n".join(f"{marks} {line}".rstrip() for line in text.split("\n"))
    out.append(text)
