"""The newest messages a query finds, shown under the search field while somebody types."""

import sqlite3

from mailapp.mail.marks import Marker
from mailapp.store import labels, mailboxes, messages, search
from mailapp.values import dataclass
from mailapp.web.folders import folders
from mailapp.web.reader import Reader
from mailapp.web.rows import Moment, Row, row
from mailapp.web.searching import as_search, mark_text, marker_of, places_of

SHOWN = 3
LONGEST = 500
NEWEST = 1 << 62


@dataclass(frozen=True, slots=True)
class Hit:
    id: int
    sender: str
    """Markup, like the subject, where the query has words: hits are marked in it."""
    subject: str
    time: str


def hits(db: sqlite3.Connection, reader: Reader, text: str, key: str, now: float) -> tuple[Hit, ...]:
    """The first SHOWN for a query as far as it is typed, in the folder of this key; none for one ASCII letter."""
    text = "".join(each if each.isprintable() else " " for each in text[:LONGEST]).strip()
    if len(text) < 2 and text.isascii():
        return ()
    assert reader.account is not None
    held = folders(reader, mailboxes.of_account(db, reader.account.id), labels.of_account(db, reader.account.id))
    folder = as_search(reader, held.get(key, held["inbox"]), text, places_of(db, reader, held))
    if folder.view.search is None or folder.view.search.part is None:
        return ()
    found = search.page(db, folder.view.search, NEWEST, SHOWN)
    marker, moment = marker_of(folder), Moment(reader, now)
    return tuple(
        _hit(row(moment, each, folder.path), marker) for each in messages.rows(db, reader.account.id, found.ids)
    )


def _hit(shown: Row, marker: Marker | None) -> Hit:
    if marker is None:
        return Hit(shown.id, shown.sender, shown.subject, shown.time)
    sender, subject = mark_text(marker, shown.sender, "from"), mark_text(marker, shown.subject, "subject")
    return Hit(shown.id, sender, subject, shown.time)
