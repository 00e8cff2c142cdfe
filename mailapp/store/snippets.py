"""The texts of found messages, for what a list shows around a hit."""

import sqlite3

from mailapp.mail.parser import parse
from mailapp.store.contents import StoredContent


def letter(db: sqlite3.Connection, message_id: int) -> str:
    """The letter as it was written: parses the content. "" where it is gone."""
    row = db.execute("SELECT content_id FROM messages WHERE id = ?", (message_id,)).fetchone()
    return parse(StoredContent(db, row[0])).text if row else ""


def letter_words(db: sqlite3.Connection, message_id: int) -> str:
    """The letter's index words, which hold all of it but traditional characters, and need no parsing."""
    row = db.execute(
        "SELECT c.words_body FROM messages m JOIN contents c ON c.id = m.content_id WHERE m.id = ?", (message_id,)
    ).fetchone()
    return row[0] if row else ""
