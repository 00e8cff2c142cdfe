"""A search as a list: /mail/<folder>?q=. What it finds, marked, and told around the hit."""

import sqlite3
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field, replace
from datetime import datetime
from functools import lru_cache
from itertools import chain
from urllib.parse import unquote

from markupsafe import Markup, escape

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
NAMES_READ = 5_000_000
"""Bytes of a message above which names of its attachments are not read for its row."""
SNIPPETS_S = 0.02
"""Seconds after which the other rows keep their preview."""
NOTHING: Mapping[int, str] = {}
_folded = lru_cache(maxsize=512)(words.fold)
"""Names of folders: the same ones for every search."""


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
                named.setdefault(_folded(name), target)
                named.setdefault(_folded(name).replace(" ", "-"), target)
    return Places(named, {_folded(name): number for number, name in search_places.labels(db, reader.account.id)})


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
    return Hits(
        rows,
        found.resume,
        found.count,
        found.counted_all,
        took,
        found.cut,
        snippets_of(db, folder, rows, found.letters),
    )


def marker_of(folder: Folder) -> Marker | None:
    """What marks hits; None where the list is no search, or not for words."""
    wanted = positive_texts(folder.query.part) if folder.query else []
    return marks.marker(tuple(wanted)) if wanted else None


def snippets_of(
    db: sqlite3.Connection, folder: Folder, rows: Sequence[MessageRow], read: Mapping[int, str] = NOTHING
) -> dict[int, str]:
    """What to show of letters whose preview does not show the hit. Stops where that takes too long.

    `read` are index words of letters that are at hand, by message id.
    """
    marker = marker_of(folder)
    if marker is None or not marker.marks("body"):
        return {}
    until = time.monotonic() + SNIPPETS_S
    found, elsewhere = {}, []
    for row, shown in zip(rows, marker.ranges_of([row.preview for row in rows], "body", 1), strict=True):
        if row.draft or (shown and shown[0][0] < SEEN):
            continue
        if shown:
            found[row.id] = marks.snippet(row.preview, shown, SNIPPET)
        else:
            elsewhere.append(row)
    written = {row.id for row in elsewhere if words.reads_otherwise(row.preview + row.subject)}
    at_hand = [(row.id, read[row.id]) for row in elsewhere if row.id in read and row.id not in written]
    others = [row.id for row in elsewhere if row.id not in read or row.id in written]
    for message_id, text in chain(at_hand, snippets.letters(db, others, written) if others else ()):
        around = _around(marker, text, as_written=message_id in written)
        if around:
            found[message_id] = around
        if time.monotonic() > until:
            return found
    named = [row.id for row in elsewhere if row.attachment_count and row.size < NAMES_READ and row.id not in found]
    for message_id, content_id, held in snippets.files(db, named) if named else ():
        if marker.first_in_words(held, "files") >= 0:
            names = snippets.names(db, content_id)
            around = marks.snippet(names, marker.ranges(names, "files", 1), SNIPPET)
            if around:
                found[message_id] = around
        if time.monotonic() > until:
            break
    return found


def _around(marker: Marker, text: str, *, as_written: bool) -> str:
    """The part of a letter, or of its index words, around its first hit; "" where there is none."""
    if as_written:
        return marks.snippet(text, marker.ranges(text, "body", 1), SNIPPET)
    return marks.snippet_of_words(text, marker.first_in_words(text, "body"), SNIPPET)


def mark_rows(folder: Folder, shown: Mapping[int, str], rows: Iterable[Row]) -> Iterable[Row]:
    """Rows with their hits marked, those with a snippet in `shown` with that as their preview."""
    marker = marker_of(folder)
    if marker is None:
        return rows
    marked = list(rows)
    senders = _marked(marker, [row.sender for row in marked], "from")
    subjects = _marked(marker, [row.subject for row in marked], "subject")
    previews = _marked(marker, [shown.get(row.id, row.preview) for row in marked], "body")
    for row, sender, subject, preview in zip(marked, senders, subjects, previews, strict=True):
        row.sender, row.subject, row.preview, row.marked = sender, subject, preview, True
    return marked


def _marked(marker: Marker, texts: Sequence[str], where: str) -> Iterable[Markup]:
    """`mark_text` of each."""
    return map(_as_html, texts, marker.ranges_of(texts, where))


def mark_text(marker: Marker, text: str, where: str) -> Markup:
    """Plain text with its hits marked."""
    return _as_html(text, marker.ranges(text, where))


def _as_html(text: str, ranges: Sequence[marks.Range]) -> Markup:
    # marks.marked escapes all but <mark>
    return Markup(marks.marked(text, ranges)) if ranges else escape(text)  # noqa: S704
