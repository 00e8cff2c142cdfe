"""The words the full text knows, by their beginning."""

import sqlite3

MOST = 128
"""Words one beginning may stand for: each costs a look of its own, here and in every window."""

_ONE = "(SELECT term FROM {} WHERE term >= ? AND term < ? LIMIT 1)"
_NEXT = (
    f"SELECT min(term) FROM (SELECT {_ONE.format('search_dense_words')} AS term"
    f" UNION ALL SELECT {_ONE.format('search_words')})"
)


class Vocabulary:
    """Answers for one search, and remembers."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self._known: dict[str, list[str]] = {}
        self.cut: set[str] = set()
        """Beginnings of more than MOST words."""

    def beginning_with(self, beginning: str) -> list[str]:
        """Words that begin so, the word itself first, MOST at most."""
        if beginning not in self._known:
            self._known[beginning] = self._look(beginning)
        return self._known[beginning]

    def _look(self, beginning: str) -> list[str]:
        found: list[str] = []
        at, end = beginning, beginning + "\U0010ffff"
        while len(found) < MOST:
            # the tables have a row per occurrence: one is enough, then on to the next word
            term = self._db.execute(_NEXT, (at, end, at, end)).fetchone()[0]
            if term is None:
                return found or [beginning]
            found.append(term)
            at = term + "\x01"
        self.cut.add(beginning)
        return found
