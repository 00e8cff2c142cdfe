"""The texts of found messages, for what a list shows around a hit."""

import sqlite3
from collections.abc import Iterable

from mailapp.mail import words
from mailapp.mail.parser import parse
from mailapp.store.contents import StoredContent


def texts(db: sqlite3.Connection, wanted: Iterable[tuple[int, bool]]) -> dict[int, str]:
    """Letters of messages by id. `wanted`: (id, whether the letter may hold traditional characters).

    Those are read from the content; the others from the index words, which hold everything else as it was written and
    need no parsing.
    """
    found = {}
    for message_id, traditional in wanted:
        row = db.execute(
            "SELECT c.id, c.words_version, c.words_body FROM messages m JOIN contents c ON c.id = m.content_id"
            " WHERE m.id = ?",
            (message_id,),
        ).fetchone()
        if row is None or not row[1]:
            continue
        found[message_id] = parse(StoredContent(db, row[0])).text if traditional else words.together(row[2])
    return found
