"""Messages that are read one after another for the phrases of a search, where the full text would look far and wide."""

import json
import sqlite3
from collections.abc import Iterator, Sequence

from mailapp.mail.query_tree import All, Any, Part, Text
from mailapp.store import search_other
from mailapp.store.search_terms import Expand, Value, condition, is_read
from mailapp.values import dataclass


@dataclass(frozen=True, slots=True)
class Letters:
    """What is asked of each."""

    sql: str
    values: Sequence[Value]
    texts: tuple[tuple[Text, ...], ...]
    """Phrases, one at least of each tuple, looked for here: a call from within SQL takes longer than the look."""
    slow: bool
    """Whether SQL reads letters as well, of what is left out and the like: then a few are asked at a time."""

    def of(self, db: sqlite3.Connection, numbers: Sequence[int]) -> Iterator[tuple[int, int, str, str, str, str]]:
        """(number, message id, kept words of subject, people, body, files) of those all else holds for, in order."""
        return iter(db.execute(self.sql, (json.dumps(numbers), *self.values)))

    def held_by(self, columns: Sequence[str]) -> bool:
        """Whether the kept words hold all phrases."""
        return all(
            any(search_other.phrase_in(one.field, one.text, one.exact, *columns) for one in ways) for ways in self.texts
        )


def asked(parts: Sequence[Part], kind: str, rows: str, expand: Expand) -> Letters:
    """For messages all parts shall hold for; `rows` is a further condition on a message m."""
    single = list(_single(parts))
    texts = [(part, _ways(part)) for part in single]
    others = [part for part, ways in texts if not ways]
    values: list[Value] = []
    conditions = "".join([f" AND ({condition(part, kind, values, expand)})" for part in others])
    return Letters(
        "SELECT n.number, m.id, c.words_subject, c.words_people, c.words_body, c.words_files FROM json_each(?) j"
        " CROSS JOIN search_numbers n ON n.number = j.value CROSS JOIN messages m ON m.id = n.message_id"
        f" CROSS JOIN contents c ON c.id = m.content_id WHERE 1{rows}{conditions}",
        values,
        tuple([ways for _, ways in texts if ways]),
        slow=any(map(is_read, others)),
    )


def _ways(part: Part) -> tuple[Text, ...]:
    """The phrases one of which a part asks for; () where it is asked of SQL."""
    ways = part.parts if isinstance(part, Any) else (part,)
    texts = tuple([one for one in ways if isinstance(one, Text) and is_read(one)])
    return texts if len(texts) == len(ways) else ()


def _single(parts: Sequence[Part]) -> Iterator[Part]:
    for part in parts:
        if isinstance(part, All):
            yield from _single(part.parts)
        else:
            yield part
