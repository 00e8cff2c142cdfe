"""Messages that are read one after another for the phrases of a search, where the full text would look far and wide."""

import json
import sqlite3
from collections.abc import Iterator, Sequence

from mailapp.mail.query_tree import All, Part, Text
from mailapp.store import search_other
from mailapp.store.search_terms import Expand, Value, condition, is_read
from mailapp.values import dataclass


@dataclass(frozen=True, slots=True)
class Letters:
    """What is asked of each."""

    sql: str
    values: Sequence[Value]
    texts: tuple[Text, ...]
    """Phrases that are looked for here: a call from within SQL takes longer than the look."""
    slow: bool
    """Whether SQL reads letters as well, for ways beside one another: then a few are asked at a time."""

    def of(self, db: sqlite3.Connection, numbers: Sequence[int]) -> Iterator[tuple[int, int, str, str, str, str]]:
        """(number, message id, kept words of subject, people, body, files) of those all else holds for, in order."""
        return iter(db.execute(self.sql, (json.dumps(numbers), *self.values)))

    def held_by(self, columns: Sequence[str]) -> bool:
        """Whether the kept words hold all phrases."""
        return all(search_other.phrase_in(one.field, one.text, one.exact, *columns) for one in self.texts)


def asked(parts: Sequence[Part], kind: str, rows: str, expand: Expand) -> Letters:
    """For messages all parts shall hold for; `rows` is a further condition on a message m."""
    single = list(_single(parts))
    texts = tuple([part for part in single if isinstance(part, Text) and is_read(part)])
    values: list[Value] = []
    conditions = "".join([f" AND ({condition(part, kind, values, expand)})" for part in single if part not in texts])
    return Letters(
        "SELECT n.number, m.id, c.words_subject, c.words_people, c.words_body, c.words_files FROM json_each(?) j"
        " CROSS JOIN search_numbers n ON n.number = j.value CROSS JOIN messages m ON m.id = n.message_id"
        f" CROSS JOIN contents c ON c.id = m.content_id WHERE 1{rows}{conditions}",
        values,
        texts,
        slow=any(is_read(part) for part in single if part not in texts),
    )


def _single(parts: Sequence[Part]) -> Iterator[Part]:
    for part in parts:
        if isinstance(part, All):
            yield from _single(part.parts)
        else:
            yield part
