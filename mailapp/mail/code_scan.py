"""Which of many words a text holds, by looking for single characters first: ten times as fast as for words."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator

WORD = re.compile("[a-z]{2}")
"""Where this is not in a text of another script, no word of Latin letters is."""
Index = tuple[tuple[str, tuple[str, ...]], ...]
"""Of each character, some of the words that hold it."""


def by_character(words: Iterable[str]) -> Index:
    """Each word under one of its characters beyond ASCII: of those the one that the most words share."""
    left = list(dict.fromkeys(words))
    index: dict[str, tuple[str, ...]] = {}
    while left:
        count = Counter(one for word in left for one in dict.fromkeys(word) if not one.isascii())
        best = count.most_common(1)[0][0]
        index[best] = tuple(word for word in left if best in word)
        left = [word for word in left if best not in word]
    return tuple(index.items())


def held(text: str, index: Index) -> Iterator[str]:
    """The words of an index that a text holds."""
    if not text.isascii():
        for one, words in index:
            if one in text:
                for word in words:
                    if word in text:
                        yield word


def bare(text: str) -> str:
    """The ASCII characters of a text."""
    return text if text.isascii() else text.encode("ascii", "ignore").decode("ascii")
