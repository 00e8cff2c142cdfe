"""A search as a list: /mail/<folder>?q=. What it finds, marked, and told around the hit."""

import sqlite3
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import field, replace
from datetime import datetime
from urllib.parse import unquote

from markupsafe import Markup

from mailapp.mail import marks, words
from mailapp.mail.marks import Marker
from mailapp.mail.query import parse
from mailapp.mail.query_places import ANYWHERE, NAMES
from mailapp.mail.query_tree import All, In, Is, Labelled, Part, Places, positive_texts
from mailapp.store import messages, search, search_places, snippets
from mailapp.store.messages import MessageRow, View
from mailapp.store.search import Search
from mailapp.values import dataclass
from mailapp.web.folders import ALL, STARRED, Folder, folder_names, search_key
from mailapp.web.reader import Reader
from mailapp.web.rows import Row

EVERYWHERE = ("inbox", ALL)
"""Folders whose search looks through all mail but trash and junk, as people expect of the field on the first page."""
SNIPPET = 140
"""Characters around a hit."""
SEEN = 20
"""Characters of a preview that are seen on any screen."""
SNIPPETS_S = 0.02
"""Seconds after which the other rows keep their preview."""


@dataclass(frozen=True, slots=True)
class Hits:
    """One page of what a search found."""

    rows: Sequence[MessageRow]
    resume: int
    """Where the next page begins, 0 at the end."""
    count: int
    counted_all: bool
    took_ms: int
    cut: tuple[str, ...] = ()
    """Beginnings of more words than were looked for."""
    snippets: Mapping[int, str] = field(default_factory=dict)
    """Text around the hit, for rows whose preview does not show it."""


# ---- the folder


def folder_at(db: sqlite3.Connection, reader: Reader, found: Mapping[str, Folder], key: str) -> Folder | None:
    """The folder of a key, made a search where the key says so; None where the account has no such folder."""
    key, _, query = key.partition("?q=")
    folder = found.get(key)
    if folder is None or not query:
        return folder
    return as_search(reader, folder, unquote(query), places_of(db, reader, found))


def as_search(reader: Reader, folder: Folder, text: str, places: Places) -> Folder:
    """A search in a folder. In the inbox and in all mail it looks everywhere but in trash and junk."""
    assert reader.account is not None
    query = parse(text, datetime.now(reader.zone), places)
    view = folder.view
    inside = None if folder.key in EVERYWHERE else view.mailbox_id
    part = query.part
    if part is not None and view.label_id is not None:
        part = All((part, Labelled(view.label_id)))
    wanted = Search(reader.account.id, part, inside, view.flagged)
    return replace(
        folder,
        key=search_key(folder.key, text),
        role=ALL if folder.key in EVERYWHERE else folder.role,
        view=View(reader.account.id, search=wanted),
        count=0,
        unread=0,
        total=0,
        query=query,
    )


def places_of(db: sqlite3.Connection, reader: Reader, found: Mapping[str, Folder]) -> Places:
    """What in: and label: may name: folders in the reader's words and ours, the account's own by name and by path."""
    assert reader.account is not None
    shown = folder_names(reader)
    named: dict[str, Part] = {name: In(None) for name in ANYWHERE}
    for folder in found.values():
        base = folder.key.partition("?")[0]
        target: Part | None = Is("starred") if base == STARRED else _mailbox(folder)
        if target is None:
            continue
        for name in (folder.name, base, shown.get(base, ""), *NAMES.get(base, ())):
            if name:
                named.setdefault(words.fold(name), target)
                named.setdefault(words.fold(name).replace(" ", "-"), target)
    return Places(named, {words.fold(name): number for number, name in search_places.labels(db, reader.account.id)})


def _mailbox(folder: Folder) -> Part | None:
    return None if folder.view.mailbox_id is None else In(folder.view.mailbox_id)


# ---- hits


def look(db: sqlite3.Connection, folder: Folder, before: int | None, limit: int) -> Hits | None:
    """A page of hits; the first one also counts. None where no rows are wanted."""
    wanted = folder.view.search
    if wanted is None or not limit:
        return None
    began = time.perf_counter()
    found = search.page(db, wanted, before, limit, count=before is None)
    rows = messages.rows(db, wanted.account_id, found.ids) if found.ids else []
    took = max(1, round((time.perf_counter() - began) * 1000))
    return Hits(rows, found.resume, found.count, found.counted_all, took, found.cut, snippets_of(db, folder, rows))


def marker_of(folder: Folder) -> Marker | None:
    """What marks hits; None where the list is no search, or not for words."""
    wanted = positive_texts(folder.query.part) if folder.query else []
    return marks.marker(tuple(wanted)) if wanted else None


def snippets_of(db: sqlite3.Connection, folder: Folder, rows: Iterable[MessageRow]) -> dict[int, str]:
    """What to show of letters whose preview does not show the hit. Stops where that takes too long."""
    marker = marker_of(folder)
    if marker is None or not marker.marks("body"):
        return {}
    until = time.monotonic() + SNIPPETS_S
    found = {}
    for row in rows:
        shown = marker.ranges(row.preview, "body", 1)
        if row.draft or (shown and shown[0][0] < SEEN):
            continue
        if shown:
            found[row.id] = marks.snippet(row.preview, shown, SNIPPET)
            continue
        around = _around(db, marker, row)
        if around:
            found[row.id] = around
        if time.monotonic() > until:
            break
    return found


def _around(db: sqlite3.Connection, marker: Marker, row: MessageRow) -> str:
    """The letter around its first hit, "" where there is none."""
    if words.may_be_traditional(row.preview + row.subject):
        text = snippets.letter(db, row.id)
        return marks.snippet(text, marker.ranges(text, "body", 1), SNIPPET)
    held = snippets.letter_words(db, row.id)
    return marks.snippet_of_words(held, marker.first_in_words(held, "body"), SNIPPET)


def mark_rows(folder: Folder, shown: Mapping[int, str], rows: Iterable[Row]) -> Iterator[Row]:
    """Rows with their hits marked, those with a snippet in `shown` with that as their preview."""
    marker = marker_of(folder)
    for row in rows:
        if marker is not None:
            row.sender = mark_text(marker, row.sender, "from")
            row.subject = mark_text(marker, row.subject, "subject")
            row.preview = mark_text(marker, shown.get(row.id, row.preview), "body")
            row.marked = True
        yield row


def mark_text(marker: Marker, text: str, where: str) -> Markup:
    """Plain text with its hits marked."""
    return Markup(marks.marked(text, marker.ranges(text, where)))  # noqa: S704 - marks.marked escapes all but <mark>
