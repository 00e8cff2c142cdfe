"""What stands beside a noun and says of which kind it is, found by a look at the beginnings of words only."""

import re
from collections.abc import Iterator
from functools import cache

from mailapp.mail.code_words import AUTH, DISCOUNT, MEETING, OTHER, OTHER_LATIN, PICKUP, alternatives

_START = re.compile(r"[\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]|[a-z0-9\u00df-\u0dff\u1e00-\u1fff]+")
"""A word, or one character of the scripts that put no blanks between them."""
_KINDS = (
    ("code", AUTH),
    ("discount", DISCOUNT),
    ("pickup", PICKUP),
    ("meeting", MEETING),
    ("other", OTHER),
)


def _by_first() -> dict[str, dict[str, list[str]]]:
    """Of each first character, of each kind, the words that begin so."""
    table: dict[str, dict[str, list[str]]] = {}
    for kind, words in _KINDS:
        for word in alternatives(words):
            table.setdefault(word[0], {}).setdefault(kind, []).append(word)
    for word in alternatives(OTHER_LATIN):
        table.setdefault(word[0], {}).setdefault("other", []).append(rf"{word}(?![^\W\d_])")
    return table


_TABLE = _by_first()


@cache
def _pattern(first: str) -> re.Pattern[str] | None:
    kinds = _TABLE.get(first)
    if kinds is None:
        return None
    return re.compile("|".join(f"(?P<{kind}>{'|'.join(words)})" for kind, words in kinds.items()))


def qualifiers(text: str) -> Iterator[tuple[int, int, str]]:
    """(start, end, kind) of the qualifiers in a short folded text, in order."""
    end = 0
    for start in _START.finditer(text):
        at = start.start()
        if at < end:
            continue
        pattern = _pattern(text[at]) if text[at] in _TABLE else None
        found = pattern.match(text, at) if pattern else None
        if found is not None:
            end = found.end()
            yield at, end, found.lastgroup or ""
