"""Searches that somebody looks at while mail comes: which of the changed messages they find."""

import sqlite3

from mailapp.mail.query_tree import asks_for_states
from mailapp.store import changes, search
from mailapp.store.database import Database
from mailapp.web.feed import Batch, Watched
from mailapp.web.folders import folders
from mailapp.web.reader import Reader
from mailapp.web.search_head import count_text
from mailapp.web.searching import folder_at, look, snippets_of

MOVES = (changes.DELIVERED, changes.MOVED, changes.REMOVED)
MARKS = (changes.FLAGS, changes.CODE)
"""They count where the search asks for what they change."""
COUNT_BELOW = 20
"""Changes of one batch above which nobody counts anew: in a flood the number would only be late."""


async def watch(database: Database, reader: Reader, batch: Batch, key: str) -> None:
    """Ask a search about the messages of a batch, once for all readers of the same list. Raises StoreError."""
    audience = (reader.language, reader.zone.key, key)
    if audience not in batch.searches:
        found = await database.read(_watched, reader, batch, key)
        if found is not None:
            batch.searches[audience] = found


def _watched(db: sqlite3.Connection, reader: Reader, batch: Batch, key: str) -> Watched | None:
    folder = folder_at(db, reader, folders(reader, batch.mailboxes, batch.words), key)
    if folder is None or folder.view.search is None:
        return None
    ids = search.matching(db, folder.view.search, list(batch.rows))
    rows = [batch.rows[each] for each in ids]
    counting = (*MOVES, *MARKS) if asks_for_states(folder.view.search.whole) else MOVES
    moved = [each for each in batch.changed or () if each.kind in counting]
    hits = look(db, folder, None, 1) if moved and len(moved) < COUNT_BELOW else None
    count = count_text(reader, hits) if hits else ""
    return Watched(folder, frozenset(ids), snippets_of(db, folder, rows), count)
