"""Whether index words hold a phrase, decided as the full text decides it, for a message that is at hand anyway.

The text is folded as a whole and the phrase looked for in it as a string: a few passes in C, whatever somebody wrote.
Made into a list of words first, a large letter would hold a reader for a tenth of a second.
"""

import re
from functools import cache
from itertools import pairwise

from mailapp.mail.pairs import BETWEEN, SURE
from mailapp.mail.plain_letters import kept_letter

_PAIR = re.compile(f"[{SURE}]")
_APART = re.compile(r"[^\w\ue000-\uf8ff ]+")
"""What parts words beside blanks; "_" is none any more."""
_SCRIPTS = (range(0x80, 0x590), range(0x1E00, 0x2130), range(0x2C00, 0x2E00), range(0xA640, 0xA800))
"""Where there are letters that FTS5 folds to others."""
_MAY_BE_FOLDED = re.compile("[" + "".join(f"{chr(part.start)}-{chr(part.stop - 1)}" for part in _SCRIPTS) + "]")


class Phrase:
    """Words of a query that follow one another; the last may be the beginning of one."""

    def __init__(self, words: str, *, prefix: bool) -> None:
        """`words` as they are indexed."""
        asked = kept_words(words).strip()
        self._wanted = f" {asked}" if prefix else f" {asked} "
        self._quick = _quick(asked.split())
        self._empty = not asked

    def held_by(self, words: str) -> bool:
        """Whether a column of index words holds it. Time goes by the length of the column alone."""
        if self._empty or self._quick.search(words) is None:
            return False
        return self._wanted in f" {words} " or self._wanted in kept_words(words)


def kept_words(words: str) -> str:
    """The words FTS5 makes of index words, tagged ones too, each between blanks."""
    text = words.lower().replace("_", " ")
    if _MAY_BE_FOLDED.search(text):  # not so for Chinese: the first look would take 20 ms
        accented, plain = _folding()
        pieces = accented.split(text)
        if len(pieces) > 1:
            pieces[1::2] = "\n".join(pieces[1::2]).translate(plain).split("\n")
            text = "".join(pieces)
    text = _APART.sub(" ", f" {text} ")
    while "  " in text:  # halved each time: a pattern would take longer the more of them there are
        text = text.replace("  ", " ")
    return text


@cache
def _folding() -> tuple[re.Pattern[str], dict[int, str]]:
    """(runs of what FTS5 folds beyond small letters, what it makes of each character of them)."""
    plain = {ord(one): folded for part in _SCRIPTS for one in map(chr, part) if (folded := kept_letter(one)) != one}
    return re.compile(f"([{''.join(map(chr, plain))}]+)"), plain


def _quick(asked: list[str]) -> re.Pattern[str]:
    """What stands wherever the phrase does: its first two characters side by side, where it has such."""
    for one, other in pairwise(asked):
        if _PAIR.fullmatch(one) and _PAIR.fullmatch(other):
            return re.compile(f"{one}[^{SURE}{BETWEEN}]*{other}")
    return re.compile("")
