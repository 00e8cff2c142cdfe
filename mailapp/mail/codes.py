"""Codes to type and links to press, found in a message: pure, linear in time, bounded.

Nearly all mail holds no word for a code: that is seen first, by a few substring searches. Of the rest at most MAX_VIEW
characters around such words are looked at. Docs: docs/codes.md.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from mailapp.mail.code import Code, Codes, Kind
from mailapp.mail.code_html import visible_text
from mailapp.mail.code_labels import STEMS, Label, Surroundings, labels
from mailapp.mail.code_lifetime import valid_seconds
from mailapp.mail.code_links import find_link, may_hold_link
from mailapp.mail.code_rules import Rule, by_rules
from mailapp.mail.code_score import score
from mailapp.mail.code_shapes import folded

MAX_TEXT = 262_144
"""Characters of a text in which words for codes are looked for."""
MAX_VIEW = 8_000
"""Characters that are read closely."""
_AROUND = 500
"""Characters on either side of such a word that are read closely."""
_STUB = 200
"""A text shorter than this beside HTML may only say that the HTML should be looked at."""
_MAX_HITS = 24
_MAX_SUBJECT = 1_000
_MAX_OTHERS = 8
SURE = 0.55
"""What is less sure is never shown as the code."""
NOTHING = Codes()


def find_codes(
    subject: str, text: str, html: str | Callable[[], str], sender: str, rules: Sequence[Rule] = ()
) -> Codes:
    """What a message offers to type or to press. Never raises.

    `html` may be what makes it: it is called only for a message that speaks of a code or a link, and at most once.
    `rules` are those learned for the sender; they come before everything else.
    """
    subject, text = subject[:_MAX_SUBJECT], text[:MAX_TEXT]
    page = _Html(html)
    ruled, silent = by_rules(rules, sender, subject, text) if rules else (None, ())
    found, source, body = _in(subject, text, "text")
    if (found is None or not _best(found)) and len(text) < _STUB:
        body = page.text if may_be_stub(text) else ""
        if body:
            again, _, _ = _in(subject, body, "html")
            if again:
                found, source = again, "html"
    codes = [one for one in found or () if one.value not in silent]
    if codes and source == "text" and page.hides_something():
        codes = [one for one in codes if one.source == "subject" or page.shows(one.value)]
    link = find_link(subject, text, page) if may_hold_link(subject, text) else None
    return _chosen(codes, link, ruled)


def may_be_stub(text: str) -> bool:
    """Whether a text is so short that the HTML says more."""
    return len(text) < _STUB


class _Html:
    """The HTML of a message, made and read when it is asked for."""

    def __init__(self, source: str | Callable[[], str]) -> None:
        self._source = source
        self._text: str | None = None
        self._bare = ""

    @property
    def source(self) -> str:
        if not isinstance(self._source, str):
            self._source = self._source()
        return self._source[:MAX_TEXT]

    @property
    def text(self) -> str:
        if self._text is None:
            self._text = visible_text(self.source)
        return self._text

    def hides_something(self) -> bool:
        return self.source != ""

    def shows(self, value: str) -> bool:
        """Whether a value found in the plain text can be seen in the HTML too."""
        if not self._bare:
            self._bare = "".join(folded(self.text).split()).replace("-", "")
        return not self._bare or value.lower().replace("-", "") in self._bare


@dataclass(frozen=True, slots=True)
class _Piece:
    """A stretch of the document and where it stands in the view of it."""

    at: int
    start: int
    end: int


def _in(subject: str, text: str, source: str) -> tuple[list[Code] | None, str, str]:
    """The codes of subject and text, surest first; None where no word speaks of a code."""
    document = f"{subject}\n\n{text}"
    pieces = _pieces(document)
    if pieces is None:
        return None, source, ""
    view = "\n\n".join([document[one.start : one.end] for one in pieces])
    low = folded(view)
    around = Surroundings(low)
    marks = labels(low, around)
    found = score(view, low, marks, around) if _speaks(marks) or "@" in low else []
    offset = len(subject) + 2
    codes: list[Code] = []
    for one in found:
        start = _place(pieces, one.start)
        length = one.end - one.start
        where = ("subject", start) if start < offset else (source, start - offset)
        seconds = valid_seconds(low, one.start) if one.kind is Kind.CODE else None
        codes.append(
            Code(one.value, one.kind, where[0], where[1], where[1] + length, one.confidence, seconds, one.origin)
        )
    return codes, source, view


def _speaks(marks: Sequence[Label]) -> bool:
    return any(one.kind is not None for one in marks)


def _pieces(document: str) -> list[_Piece] | None:
    """The stretches of a document that are read closely; None where it speaks of no code."""
    if document.isascii():
        low = document.lower()
        known = _ASCII_STEMS
    else:
        low, known = document, STEMS + _CAPITAL_STEMS
    hits = [stem for stem in known if stem in low]
    if not hits and "#" in low and "\n@" in low:
        hits = ["\n@"]
    if not hits:
        return None
    if len(document) <= MAX_VIEW:
        return [_Piece(0, 0, len(document))]
    return _windows(document, low, hits)


_ASCII_STEMS = tuple(one for one in STEMS if one.isascii())
_CAPITAL_STEMS = tuple(dict.fromkeys(made for one in STEMS for made in (one.capitalize(), one.upper()) if made != one))


def _windows(document: str, low: str, hits: Sequence[str]) -> list[_Piece]:
    places: list[int] = []
    for stem in hits:
        at = low.find(stem)
        for _ in range(_MAX_HITS):
            if at < 0:
                break
            places.append(at)
            at = low.find(stem, at + _AROUND // 2)
    pieces: list[_Piece] = []
    first = min(len(document), 1_500)
    spans, room = [(0, first)], MAX_VIEW - first
    for at in sorted(places):
        start, end = max(at - _AROUND, spans[-1][1]), min(len(document), at + _AROUND)
        if end <= start:
            continue
        if room < end - start:
            break
        room -= end - start
        if start == spans[-1][1]:
            spans[-1] = (spans[-1][0], end)
        else:
            spans.append((start, end))
    at = 0
    for start, end in spans:
        pieces.append(_Piece(at, start, end))
        at += end - start + 2
    return pieces


def _place(pieces: Sequence[_Piece], at: int) -> int:
    """Where a place of the view stands in the document."""
    for one in reversed(pieces):
        if at >= one.at:
            return one.start + at - one.at
    return at


def _best(codes: Sequence[Code]) -> bool:
    return any(one.kind is Kind.CODE and one.confidence >= SURE for one in codes)


def _chosen(codes: Sequence[Code], link: Code | None, ruled: Code | None) -> Codes:
    if not codes and link is None and ruled is None:
        return NOTHING
    best = ruled or next((one for one in codes if one.kind is Kind.CODE and one.confidence >= SURE), None)
    others = [one for one in codes if one is not best and (best is None or one.value != best.value)]
    return Codes(best or link, link, tuple(others[:_MAX_OTHERS]))
