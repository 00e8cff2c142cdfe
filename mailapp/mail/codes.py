"""Codes to type and links to press, found in a message: pure, linear in time, bounded.

Nearly all mail holds no word for a code: that is seen first, by a few substring searches. Of the rest at most MAX_VIEW
characters around such words are looked at. Docs: docs/codes.md.
"""

import re
from collections.abc import Callable, Sequence
from itertools import islice

from mailapp.mail.code import Code, Codes, Kind
from mailapp.mail.code_html import BORDER, Seen, rough_text, visible_text
from mailapp.mail.code_lifetime import valid_seconds
from mailapp.mail.code_links import find_link, link_clues
from mailapp.mail.code_rules import Rule, by_rules
from mailapp.mail.code_score import may_hold, score
from mailapp.mail.code_shapes import folded
from mailapp.mail.code_triggers import places, stems_in

MAX_TEXT = 102_400
"""Characters of a text in which words for codes are looked for."""
MAX_VIEW = 4_000
"""Characters that are read closely."""
_AROUND = 500
"""Characters on either side of such a word that are read closely."""
_STUB = 200
"""A text shorter than this beside HTML may only say that the HTML should be looked at."""
_MAX_HTML = 65_536
"""HTML beside a stub is read up to this size: what only says a code is no longer."""
_MAX_PAGE = 131_072
"""Characters of HTML that are read in any case."""
_HEAD = 1_200
"""Characters of the beginning that are always read closely."""
_LONG_VIEW = 3_500
"""Characters of a longer text that are."""
_MAX_PLACES = 24
_MAX_LIVES = 2
"""Codes whose validity is looked for."""
_MAX_SUBJECT = 1_000
_MAX_OTHERS = 8
SURE = 0.55
"""What is less sure is never shown as the code."""
NOTHING = Codes()
_SPLIT = re.compile(
    rf"{BORDER}(?:(?<=[A-Za-z].)(?=[0-9][A-Za-z0-9]{{0,4}}(?![A-Za-z0-9]))"
    rf"|(?<=[0-9].)(?=[A-Za-z][A-Za-z0-9]{{0,4}}(?![A-Za-z0-9])))"
)
"""Letters and digits in boxes of their own: a code, or a table."""


def find_codes(
    subject: str, text: str, html: str | Callable[[], str], sender: str, rules: Sequence[Rule] = ()
) -> Codes:
    """What a message offers to type or to press. Never raises.

    `html` may be what makes it: it is called only for a message that speaks of a code or a link, and at most once.
    `rules` are those learned for the sender; they come before everything else.
    """
    subject, text = subject[:_MAX_SUBJECT], text[:MAX_TEXT]
    page = _Html(html)
    ruled, silent = by_rules(rules, sender, subject, text, lambda: page.text) if rules else (None, ())
    source = "text"
    found = _in(subject, text, source)
    if len(text) < _STUB and not _best(found or ()) and page.speaks:
        again = _in(subject, page.text, "html")
        if again:
            found, source = again, "html"
    codes = [one for one in found or () if one.value not in silent]
    if source == "text":
        # What is not sure is not shown: it is not worth making the HTML for.
        codes = [one for one in codes if one.confidence < SURE or one.source == "subject" or page.shows(one)]
    clues = link_clues(subject, text, page.given)
    link = find_link(subject, text, page, clues) if clues else None
    return _chosen(codes, link, ruled)


class _Html:
    """The HTML of a message, made and read when it is asked for."""

    def __init__(self, source: str | Callable[[], str]) -> None:
        self._source = source
        self._text: str | None = None
        self._seen: Seen | None = None

    @property
    def given(self) -> bool:
        """Whether there may be any; it is not made for the answer."""
        return self._source != ""

    @property
    def source(self) -> str:
        if not isinstance(self._source, str):
            self._source = self._source()
        return self._source[:_MAX_PAGE]

    @property
    def text(self) -> str:
        if self._text is None:
            self._text = visible_text(self.source)
        return self._text

    @property
    def speaks(self) -> bool:
        """Whether a word for a code and what could be one are near each other in it, hidden or not."""
        if not 0 < len(self.source) <= _MAX_HTML:
            return False
        rough = rough_text(self.source)
        if f"{BORDER}@" in rough and " #" in rough:
            return True
        stems = stems_in(rough)
        if not stems:
            return False
        return _SPLIT.search(rough) is not None or may_hold(rough.replace(BORDER, " "), stems)

    def shows(self, one: Code) -> bool:
        """Whether a code found in the plain text can be seen in the HTML too, if there is any."""
        if not self.source:
            return True
        self._seen = self._seen or Seen(self.source)
        return self._seen.shows(one.value.lower().replace("-", ""))


def _in(subject: str, text: str, source: str) -> list[Code] | None:
    """The codes of subject and text, surest first; None where no word speaks of a code."""
    document = f"{subject}\n\n{text}"
    stems = stems_in(document)
    if not stems:
        return None
    pieces = [(0, 0, len(document))] if len(document) <= MAX_VIEW else _windows(document, stems)
    view = "\n\n".join([document[start:end] for _, start, end in pieces])
    low = folded(view)
    offset = len(subject) + 2
    codes: list[Code] = []
    for one in score(view, low, stems):
        start = _place(pieces, one.start)
        where, start = ("subject", start) if start < offset else (source, start - offset)
        seconds = None
        if one.kind is Kind.CODE and one.confidence >= SURE and len(codes) < _MAX_LIVES:
            seconds = valid_seconds(low, one.start)
        end = start + one.end - one.start
        codes.append(Code(one.value, one.kind, where, start, end, one.confidence, seconds, one.origin))
    return codes


def _windows(document: str, stems: list[str]) -> list[tuple[int, int, int]]:
    """(where in the view, start, end) of the stretches of a long document that are read closely."""
    spans, room = [(0, _HEAD)], _LONG_VIEW - _HEAD
    for at in islice(places(document, stems, _AROUND // 2), _MAX_PLACES):
        start, end = max(at - _AROUND, spans[-1][1]), min(len(document), at + _AROUND)
        if end <= start:
            continue
        room -= end - start
        if room < 0:
            break
        if start == spans[-1][1]:
            spans[-1] = (spans[-1][0], end)
        else:
            spans.append((start, end))
    pieces: list[tuple[int, int, int]] = []
    at = 0
    for start, end in spans:
        pieces.append((at, start, end))
        at += end - start + 2
    return pieces


def _place(pieces: Sequence[tuple[int, int, int]], at: int) -> int:
    """Where a place of the view stands in the document."""
    return next((start + at - begin for begin, start, _ in reversed(pieces) if at >= begin), at)


def _best(codes: Sequence[Code]) -> bool:
    return any(one.kind is Kind.CODE and one.confidence >= SURE for one in codes)


def _chosen(codes: Sequence[Code], link: Code | None, ruled: Code | None) -> Codes:
    if not codes and link is None and ruled is None:
        return NOTHING
    best = ruled or next((one for one in codes if one.kind is Kind.CODE and one.confidence >= SURE), None)
    others = [one for one in codes if one is not best and (best is None or one.value != best.value)]
    return Codes(best or link, link, tuple(others[:_MAX_OTHERS]))
