"""Where in a text the words of a search stand, for marking. Folds as the index does, one character for one. Pure."""

import re
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from functools import lru_cache
from html import escape, unescape
from itertools import accumulate

from mailapp.mail import words
from mailapp.mail.plain_letters import SPELLINGS, UNWRITTEN, kept_letter, plain_letter
from mailapp.mail.query_tree import Text

MOST = 500
"""Hits marked in one text."""
LONGEST = 262_144
"""Characters of a text that are looked at."""
LEAD = 12
"""Characters before the hit a snippet begins with: on a narrow list no more than twenty are seen."""
WHERE = {
    "subject": ("", "subject", "code"),
    "from": ("", "from"),
    "to": ("", "to", "cc"),
    "body": ("", "body", "code"),
    "files": ("", "filename"),
}
"""Place -> the operators whose words are marked there."""
Range = tuple[int, int]
_APART = "\n" * 21
"""Between texts that are looked at together: more than may stand between two words of a hit (`_BETWEEN`)."""
_CJK = words.CJK
_LATIN = f"[^\\W_{_CJK}]"
_IS_CJK = re.compile(f"[{_CJK}\U00020000-\U000323af]")
_BETWEEN = r"[\W_]{0,20}"
_SIGNS = f"[{words.SIGNS}]"
_SIGNED = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff]")
_POINTED = re.compile("[\u05d0-\u05ea\u0620-\u063f\u0641-\u064a\u066e-\u06d3]")
_SPELLED = re.compile("|".join(SPELLINGS))
_TAG = re.compile(r"""<(?:[^>"']|"[^"]*"|'[^']*')*>""")
_INLINE = re.compile(
    r"</?(?:a|abbr|b|bdi|bdo|big|cite|code|del|em|font|i|ins|kbd|mark|q|s|samp|small|span|strike|strong|sub|sup|time|tt"
    r"|u|var|wbr)(?=[\s/>])",
    re.IGNORECASE,
)


class _Folding(dict[int, str]):
    """Each character as the index sees it, where that is one character again."""

    def __missing__(self, code: int) -> str:
        one = chr(code)
        folded = words.fold(plain_letter(one)) or one
        self[code] = (kept_letter(folded) or folded) if len(folded) == 1 else one
        return self[code]


_FOLDED = _Folding()
_ONLY_CASE = re.compile("[\0-\x7f\u2010-\u2027\u3000-\u3037\u303b-\u303f\u4e00-\u9fff\uff01-\uff0f\uff1a-\uff20]*")
"""Characters of which only the Latin letters change, where none is traditional; punctuation no pattern names."""


def _folded(text: str) -> str:
    """A text as the index sees it, character for character."""
    if _ONLY_CASE.fullmatch(text) and not words.may_be_traditional(text):
        return text.lower()
    return text.translate(_FOLDED)


class Marker:
    """Finds the words of a search in texts."""

    def __init__(self, wanted: Iterable[Text]) -> None:
        held = tuple(wanted)
        self._patterns = {
            where: _pattern([one for one in held if one.field in fields]) for where, fields in WHERE.items()
        }
        self._has_case = any(one.text.lower() != one.text.upper() for one in held)

    def marks(self, where: str) -> bool:
        """Whether anything is marked in such a place."""
        return self._patterns[where] is not None

    def ranges(self, text: str, where: str, most: int = MOST) -> list[Range]:
        """Where hits stand, in order, none inside another."""
        pattern = self._patterns[where]
        if pattern is None or not text:
            return []
        text = text[:LONGEST]
        folded = _folded(text)
        found = []
        for match in pattern.finditer(folded):
            found.append(match.span())
            if len(found) == most:
                break
        return found

    def ranges_of(self, texts: Sequence[str], where: str, most: int = MOST) -> list[list[Range]]:
        """`ranges` of each text; of many short ones in a fifth of the time."""
        pattern = self._patterns[where]
        found: list[list[Range]] = [[] for _ in texts]
        if pattern is None:
            return found
        starts = [0, *accumulate([len(text) + len(_APART) for text in texts])]
        at, start, end = -1, 0, 0
        for match in pattern.finditer(_folded(_APART.join(texts))):
            begin = match.start()
            if begin >= end:
                at = bisect_right(starts, begin, at + 1) - 1
                start, end = starts[at], starts[at + 1]
            if len(found[at]) < most:
                found[at].append((begin - start, match.end() - start))
        return found

    def first_in_words(self, index_words: str, where: str) -> int:
        """Where the first hit begins in a text that is folded but for its case already, -1 for none."""
        pattern = self._patterns[where]
        text = index_words[: 2 * LONGEST]
        match = pattern.search(text.lower() if self._has_case else text) if pattern else None
        return match.start() if match else -1

    def finds(self, text: str, where: str) -> bool:
        return bool(self.ranges(text, where, 1))


@lru_cache(maxsize=64)
def marker(wanted: tuple[Text, ...]) -> Marker:
    return Marker(wanted)


def _pattern(wanted: Sequence[Text]) -> re.Pattern[str] | None:
    found = sorted({each for each in map(_words_pattern, wanted) if each}, key=len, reverse=True)
    return re.compile("|".join(found)) if found else None


def _words_pattern(wanted: Text) -> str:
    asked = words.word_list(wanted.text)
    if not asked:
        return ""
    prefix = words.query_phrase(wanted.text, exact=wanted.exact).endswith("*")
    pattern, before = "", ""
    for word in asked:
        latin = not _IS_CJK.match(word)
        if before:
            pattern += r"[\W_]{1,20}" if latin and not _IS_CJK.match(before) else _BETWEEN
        elif latin:
            pattern += f"(?<!{_LATIN})"
        pattern += _written(word)
        before = word
    if not prefix and not _IS_CJK.match(before):
        pattern += f"(?!{_LATIN})"
    return pattern


def _written(word: str) -> str:
    """A word of the index as it may be written: with letters that are searched for as others, with vowel signs."""
    if word.isascii():
        return _SPELLED.sub(lambda two: SPELLINGS[two[0]], re.escape(word))
    if _SIGNED.match(word):
        return f"{re.escape(word)}{_SIGNS}*"
    return _POINTED.sub(rf"\g<0>[{UNWRITTEN}]*", re.escape(word))


def pieces(text: str, ranges: Sequence[Range]) -> list[tuple[str, bool]]:
    """A text parted into (piece, is a hit)."""
    found, at = [], 0
    for start, end in ranges:
        if start > at:
            found.append((text[at:start], False))
        found.append((text[start:end], True))
        at = end
    if at < len(text):
        found.append((text[at:], False))
    return found


def marked(text: str, ranges: Sequence[Range]) -> str:
    """A plain text as HTML, hits in <mark>; everything else escaped."""
    return "".join(
        f"<mark>{escape(piece)}</mark>" if hit else escape(piece) for piece, hit in pieces(text, ranges)
    )  # fmt: skip


def snippet(text: str, ranges: Sequence[Range], longest: int) -> str:
    """The part of a text around its first hit, on one line, with … where it was cut; "" where there is none."""
    if not ranges:
        return ""
    start = max(0, ranges[0][0] - LEAD)
    if start:
        blank = text.find(" ", start, ranges[0][0])
        start = blank + 1 if blank >= 0 else start
    piece = " ".join(text[start : start + longest].split())
    return ("…" if start else "") + piece + ("…" if start + longest < len(text) else "")


def snippet_of_words(index_words: str, first: int, longest: int) -> str:
    """`snippet` of index words (mail/words.py) around the place `first`; "" for -1."""
    if first < 0:
        return ""
    start = max(0, first - 2 * LEAD)
    piece = words.together(f" {index_words[start : first + 2 * longest].strip()} ")
    whole = " ".join(piece.split())
    cut = len(whole) > longest or first + 2 * longest < len(index_words)
    return ("…" if start else "") + whole[:longest] + ("…" if cut else "")


def mark_html(html: str, marker: Marker, where: str = "body") -> str:
    """Sanitised HTML with hits in <mark>, also those that run over inline elements. Attributes and styles are left."""
    parts: list[tuple[str, str]] = []  # (kind, text): tag, or text as characters
    plain: list[str] = []
    at, length = 0, 0
    for match in _TAG.finditer(html):
        length += _add_text(parts, plain, html[at : match.start()])
        parts.append(("tag", match[0]))
        if not _INLINE.match(match[0]):
            plain.append("\n")
            length += 1
        at = match.end()
        if length > LONGEST:
            break
    _add_text(parts, plain, html[at:] if length <= LONGEST else "")
    rest = "" if length <= LONGEST else html[at:]
    ranges = marker.ranges("".join(plain), where)
    return _woven(parts, ranges) + rest if ranges else html


def _add_text(parts: list[tuple[str, str]], plain: list[str], raw: str) -> int:
    if not raw:
        return 0
    text = unescape(raw)
    parts.append(("text", text))
    plain.append(text)
    return len(text)


def _woven(parts: Sequence[tuple[str, str]], ranges: Sequence[Range]) -> str:
    out, at, number = [], 0, 0
    for kind, text in parts:
        if kind == "tag":
            out.append(text)
            at += 0 if _INLINE.match(text) else 1
            continue
        end = at + len(text)
        while number < len(ranges) and ranges[number][1] <= at:
            number += 1
        own, look = [], number
        while look < len(ranges) and ranges[look][0] < end:
            own.append((max(ranges[look][0], at) - at, min(ranges[look][1], end) - at))
            look += 1
        out.append(marked(text, own).replace("\xa0", "&nbsp;"))
        at = end
    return "".join(out)
