"""The words the full text knows, by their beginning."""

import sqlite3

MOST = 128
"""Words one beginning may stand for: each costs a look of its own, here and in every window."""


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
            # the table has a row per occurrence: one is enough, then on to the next word
            row = self._db.execute(
                "SELECT term FROM search_words WHERE term >= ? AND term < ? LIMIT 1", (at, end)
            ).fetchone()
            if row is None:
                return found or [beginning]
            found.append(row[0])
            at = row[0] + "\x01"
        self.cut.add(beginning)
        return found
