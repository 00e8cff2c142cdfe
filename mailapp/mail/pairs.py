"""Pairs of Chinese, Japanese and Korean characters that stand side by side for the full text, as short numbers.

Two characters everybody uses meet seldom, and a full text of single characters learns that only by walking through
both. What is noted of pairs (store/search_pairs.py) may say more than is there, never less: every hit is looked at.
So a character counts only where FTS5 surely makes a word of it, and only letters and digits of ASCII surely part two.
"""

import re
import sys
from collections.abc import Iterable
from itertools import pairwise

from mailapp.mail.words import CC, FROM, LIST, TO, index_words

BITS = 24
"""Of a pair's number. Two pairs of the same number cost a look."""

SURE = "\u3041-\u3096\u30a1-\u30fa\u3400-\u4db5\u4e00-\u9fcb\uac00-\ud7a3"
"""Characters that are words of their own for us and for every unicode61, as the inside of a set."""
BETWEEN = f"0-9A-Za-z{FROM}{TO}{CC}{LIST}"
"""Characters that are of a word for every unicode61: what stands on both sides is no pair."""
_OTHERS = re.compile(f"[^{SURE}{BETWEEN}]+")
_APART = re.compile(f"[{BETWEEN}]+")
_MAY_BE_BETWEEN = re.compile(rf"(?![{SURE}])[^\W_]")
"""Of a query: what FTS5 may take for another character, one of `BETWEEN` in the mail (\u00e9 is e, \u017f is s)."""
_CODES = f"utf-16-{sys.byteorder[0]}e"
_LEFT, _RIGHT = 0x9E3779, 0x85EBCB
_MASK = (1 << BITS) - 1


def of_words(columns: Iterable[str]) -> set[int]:
    """Numbers of all pairs in the index words of a message."""
    found: set[int] = set()
    for column in columns:
        for run in _runs(column):
            codes = memoryview(run.encode(_CODES)).cast("H")
            found.update([(one * _LEFT + other * _RIGHT) & _MASK for one, other in pairwise(codes)])
    return found


def of_query(text: str) -> list[int]:
    """Numbers of the pairs that stand wherever the text, which was typed, stands as a phrase."""
    return list(dict.fromkeys(number for run in _asked(text) for number in of_words([run])))


def characters(text: str) -> list[str]:
    """The characters of these pairs: each is a word of every message the phrase stands in."""
    return list(dict.fromkeys("".join(_asked(text))))


def _asked(text: str) -> list[str]:
    """Characters side by side in every message the text stands in: less may be said than is so, never more."""
    return [run for part in _MAY_BE_BETWEEN.split(index_words(text)) for run in _runs(part)]


def _runs(words: str) -> list[str]:
    """Characters side by side, whatever the full text takes no notice of between them."""
    if words.isascii():
        return []
    return [run for run in _APART.split(_OTHERS.sub("", words.replace(" ", ""))) if len(run) > 1]
