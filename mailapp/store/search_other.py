"""Words of messages read from the message or from its kept words: drafts, people of mail the release before indexed,
phrases the full text would look for far and wide.
"""

import sqlite3
from collections.abc import Callable
from functools import lru_cache

from mailapp.mail import words
from mailapp.mail.draft import from_json
from mailapp.mail.message import Person
from mailapp.mail.parser import parse
from mailapp.mail.phrases import Phrase
from mailapp.store import draft_attachments
from mailapp.store.contents import StoredContent

KEPT = 64
_COLUMNS = {"subject": (0,), "body": (2,), "filename": (3,), "code": (0, 2)}
"""Of the kept words (subject, people, body, files)."""


def provide(db: sqlite3.Connection) -> None:
    """Let SQL on this connection ask found_in(message id, content id, draft, field, text, exact), and
    phrase_in(field, text, exact, four columns of kept words) for text that is not ASCII alone.

    Once for a connection: whenever a function is made, SQLite prepares every statement anew (0.5 ms of a page).
    """
    texts = _Texts(db)

    def found_in(message_id: int, content_id: int, draft: int, field: str, text: str, exact: int) -> bool:
        held = texts.of_draft(message_id) if draft else texts.of_message(message_id, content_id)
        return any(holds(each, text, exact=bool(exact)) for each in held.get(field, ()))

    db.create_function("found_in", 6, found_in)
    db.create_function("phrase_in", 7, phrase_in, deterministic=True)


def phrase_in(field: str, text: str, exact: int, *columns: str) -> bool:
    """Whether four columns of kept words hold a phrase in a field."""
    ways = _ways(text, bool(exact))
    return any(way.held_by(columns[at]) for at in _COLUMNS.get(field, range(len(columns))) for way in ways)


@lru_cache(maxsize=KEPT)
def _ways(text: str, exact: bool) -> tuple[Phrase, ...]:
    """The phrase as it is indexed, and as releases before indexed it where that differs (as search_terms asks it)."""
    found = [Phrase(words.index_words(text), prefix=words.query_phrase(text, exact=exact).endswith("*"))]
    if earlier := words.earlier_words(text):
        found.append(Phrase(" ".join(earlier), prefix=not exact and len(earlier[-1]) > 1))
    return tuple(found)


def holds(text: str, wanted: str, *, exact: bool) -> bool:
    """Whether a text holds words, as the full text understands it."""
    held, asked = words.word_list(text), words.word_list(wanted)
    if not asked:
        return False
    prefix = words.query_phrase(wanted, exact=exact).endswith("*")
    last = len(asked) - 1
    for at in range(len(held) - last):
        if held[at : at + last] == asked[:last]:
            end = held[at + last]
            if end == asked[last] or (prefix and end.startswith(asked[last])):
                return True
    return False


class _Texts:
    """Texts by field. Those of the message asked about last are kept: it is asked word by word."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self._last: object = None
        self._texts: dict[str, tuple[str, ...]] = {}

    def of_draft(self, message_id: int) -> dict[str, tuple[str, ...]]:
        row = self._db.execute("SELECT id, fields FROM drafts WHERE message_id = ?", (message_id,)).fetchone()
        if row is None:
            return {}
        files = " ".join([each.name for each in draft_attachments.of_draft(self._db, row[0])])
        return self._known((row, files), lambda: _draft(row[1], files))

    def of_message(self, message_id: int, content_id: int) -> dict[str, tuple[str, ...]]:
        delivered = self._db.execute(
            "SELECT delivered_to, also_delivered_to FROM messages WHERE id = ?", (message_id,)
        ).fetchone()
        return self._known((content_id, delivered), lambda: _message(self._db, content_id, *delivered))

    def _known(self, key: object, make: Callable[[], dict[str, tuple[str, ...]]]) -> dict[str, tuple[str, ...]]:
        """By all they are made of: a draft changes, a message gets another recipient."""
        if key != self._last:
            self._last, self._texts = None, {}  # of a large one there is never a second in memory
            self._texts = make()
            self._last = key
        return self._texts


def _draft(fields: str, files: str) -> dict[str, tuple[str, ...]]:
    draft = from_json(fields)
    people = (draft.from_, draft.to, draft.cc, draft.bcc)
    return {
        "": (draft.subject, *people, draft.text, files),
        "from": (draft.from_,),
        "to": (draft.to, draft.bcc),
        "cc": (draft.cc,),
        "subject": (draft.subject,),
        "body": (draft.text,),
        "code": (draft.subject, draft.text),
        "filename": (files,),
    }


def _message(
    db: sqlite3.Connection, content_id: int, delivered_to: str, also_delivered_to: str
) -> dict[str, tuple[str, ...]]:
    message = parse(StoredContent(db, content_id))
    files = " ".join([part.name for part in message.attachments])
    people = _names((*message.from_, *message.to, *message.cc, *message.sender, *message.reply_to))
    delivered = (delivered_to, *also_delivered_to.split("\n"))
    return {
        "": (message.subject, people, message.text, files, *delivered),
        "subject": (message.subject,),
        "body": (message.text,),
        "code": (message.subject, message.text),
        "filename": (files,),
        "from": (_names(message.from_),),
        "to": (_names(message.to), _names(message.forwarded_to), *delivered),
        "cc": (_names(message.cc),),
        "list": (message.list_id,),
    }


def _names(people: tuple[Person, ...]) -> str:
    return " ".join([f"{one.name} {one.address}" for one in people])
