"""The texts of found messages, for what a list shows around a hit."""

import json
import sqlite3
from collections.abc import Collection, Iterator, Sequence

from mailapp.mail.parser import parse
from mailapp.store.contents import StoredContent


def letters(db: sqlite3.Connection, ids: Sequence[int], as_written: Collection[int]) -> Iterator[tuple[int, str]]:
    """(message id, its letter) one after another, of those that are still there.

    The letter's index words, which hold all of it but traditional characters and need no parsing; as it was written,
    which is parsed from the content, of those in `as_written`.
    """
    for message_id, content_id, kept in db.execute(
        "SELECT m.id, m.content_id, CASE WHEN m.id NOT IN (SELECT value FROM json_each(?2)) THEN c.words_body END"
        " FROM json_each(?1) j CROSS JOIN messages m ON m.id = j.value CROSS JOIN contents c ON c.id = m.content_id",
        (json.dumps(ids), json.dumps(list(as_written))),
    ):
        yield message_id, parse(StoredContent(db, content_id)).text if kept is None else kept


def files(db: sqlite3.Connection, ids: Sequence[int]) -> list[tuple[int, int, str]]:
    """(message id, content id, index words of the names of its attachments), of those that are still there."""
    return db.execute(
        "SELECT m.id, m.content_id, c.words_files FROM json_each(?) j CROSS JOIN messages m ON m.id = j.value"
        " CROSS JOIN contents c ON c.id = m.content_id WHERE c.words_files <> ''",
        (json.dumps(ids),),
    ).fetchall()


def names(db: sqlite3.Connection, content_id: int) -> str:
    """The names of a message's attachments as they are written."""
    return ", ".join([part.name for part in parse(StoredContent(db, content_id)).attachments])
