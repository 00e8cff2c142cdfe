"""Whether index words hold a phrase, decided as the full text decides it, for a message that is at hand anyway."""

import re
from itertools import pairwise

from mailapp.mail.pairs import BETWEEN, SURE
from mailapp.mail.words import index_words, without_accents

_WORD = re.compile(r"(?:[^\W_][\u0300-\u036f]*|[\ue000-\uf8ff])+")
_PAIR = re.compile(f"[{SURE}]")


class Phrase:
    """Words of a query that follow one another; the last may be the beginning of one."""

    def __init__(self, text: str, *, prefix: bool) -> None:
        self._asked = kept_words(index_words(text))
        self._prefix = prefix
        self._whole = "" if prefix else f" {' '.join(self._asked)} "
        self._quick = _quick(self._asked)

    def held_by(self, words: str) -> bool:
        """Whether a column of index words holds it."""
        if not self._asked or self._quick.search(words) is None:
            return False
        if self._whole and self._whole in f" {words} ":
            return True
        return self._looked_for(kept_words(words))

    def _looked_for(self, held: list[str]) -> bool:
        asked, last = self._asked, len(self._asked) - 1
        for at in range(len(held) - last):
            if held[at : at + last] == asked[:last]:
                end = held[at + last]
                if end == asked[last] or (self._prefix and end.startswith(asked[last])):
                    return True
        return False


def kept_words(words: str) -> list[str]:
    """The words FTS5 makes of index words, tagged ones too."""
    return [without_accents(word) for word in _WORD.findall(words)]


def _quick(asked: list[str]) -> re.Pattern[str]:
    """What stands wherever the phrase does: its first two characters side by side, where it has such."""
    for one, other in pairwise(asked):
        if _PAIR.fullmatch(one) and _PAIR.fullmatch(other):
            return re.compile(f"{one}[^{SURE}{BETWEEN}]*{other}")
    return re.compile("")
