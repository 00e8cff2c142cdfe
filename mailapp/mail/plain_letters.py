"""Letters that are searched for as others, beyond what FTS5's unicode61 takes for the same: ß is ss, ł is l, ё is е.

unicode61 takes accents from Latin letters only, and only where Unicode parts them; and it cuts words at the vowel signs
of other scripts.
"""

import re
from functools import cache
from unicodedata import normalize

_LATIN = {
    "ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "ħ": "h", "ŧ": "t", "ı": "i", "þ": "th",
}  # fmt: skip
_CAPITALS = {one.upper(): other for one, other in _LATIN.items() if len(one.upper()) == 1} | {"ẞ": "ss"}
_CAPITALS.pop("I")
_CYRILLIC = {"ё": "е", "Ё": "Е"}
_GREEK = {
    one: other
    for one in map(chr, (*range(0x386, 0x391), *range(0x3AA, 0x3B1), *range(0x3CA, 0x3CF), *range(0x1F00, 0x2000)))
    if (other := normalize("NFD", one)[0]) != one and other.isalpha()
}
_ARABIC = str.maketrans("أإآٱىةکی", "ااااي\u0647كي")
UNWRITTEN = "\u0591-\u05bd\u05bf\u05c1\u05c2\u05c7\u0610-\u061a\u0640\u064b-\u065f\u0670\u06d6-\u06dc\u06df-\u06e8"
"""Points and vowel signs of Hebrew and Arabic, which most people leave out, as the inside of a set."""
_TABLE: dict[int, str | int] = {
    **{ord(one): other for one, other in (_LATIN | _CAPITALS | _CYRILLIC | _GREEK).items()},
    **_ARABIC,
}
_ONE = {chr(code): other if isinstance(other, str) else chr(other) for code, other in _TABLE.items()}
_PARTED = "\u0300-\u036f\u1100-\u11ff\u3099\u309a"
"""What stands behind a letter where Apple's systems part them (file names), as the inside of a set."""
SET = "".join(map(chr, _TABLE)) + UNWRITTEN + _PARTED
"""What there is to do something about, as the inside of a set."""
_IS_UNWRITTEN = re.compile(f"[{UNWRITTEN}]")
_IS_PARTED = re.compile(f"[{_PARTED}]")
_PARTED_RUN = re.compile("[^\\s\x1f]?[\u0300-\u036f\u3099\u309a]{1,32}|[\u1100-\u11ff]+")
"""A few marks at a time: putting them in order takes the square of their number, many seconds for a letter of marks."""
_RUN = re.compile(f"[{SET}]+")
SPELLINGS = {"ss": "(?:ss|[ßẞ])", "ae": "(?:ae|[æÆ])", "oe": "(?:oe|[œŒ])", "th": "(?:th|[þÞ])"}
"""Two letters -> the same and the one that is searched for as them, as a pattern."""


def plain(text: str) -> str:
    """A text with these letters as what they are searched for."""
    if _IS_PARTED.search(text):
        text = _PARTED_RUN.sub(_composed, text)
    return _RUN.sub(_plain_run, text)


def _composed(run: re.Match[str]) -> str:
    return normalize("NFC", run[0])


def _plain_run(run: re.Match[str]) -> str:
    # mostly one letter: looked up, that takes a quarter of the time
    return _ONE.get(run[0]) or _IS_UNWRITTEN.sub("", run[0]).translate(_TABLE)


def plain_letter(one: str) -> str:
    """A single letter as `plain`, where that is a single letter, too."""
    found = _TABLE.get(ord(one), one)
    found = chr(found) if isinstance(found, int) else found
    return found if len(found) == 1 else one


# ---- what FTS5 makes of letters

_MARKS = "\u0300-\u0304\u0306-\u030c\u030f\u0311\u031b\u0323-\u0328\u032d\u032e\u0330\u0331"
"""Written after a letter they are nothing to FTS5, as the inside of a set; others part words."""
_MARK = re.compile(f"[{_MARKS}]")


@cache
def kept_letter(one: str) -> str:
    """A small letter as FTS5 keeps it: some (sigma, s) have one form only, ASCII letters lose their accents."""
    if _MARK.match(one):
        return ""
    folded = one.casefold()
    if len(folded) > 1 or not one.isalpha():
        folded = one
    parted = normalize("NFD", folded)
    base = parted[0]
    if (
        len(parted) > 1 and base.isascii() and base.isalpha() and folded != "\u01e1"
    ):  # SQLite's table leaves that one out
        return base
    return folded
