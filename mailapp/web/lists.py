"""What a list of messages is made of, gathered in one read of the store."""

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field, replace

from mailapp.flow import emptying
from mailapp.flow.selections import TOP
from mailapp.store import (
    changes,
    codes,
    conversations,
    labels,
    mailboxes,
    messages,
    queue,
    retention,
    saved_searches,
    search,
    settings,
)
from mailapp.store.codes import StoredCode
from mailapp.store.conversations import Conversation
from mailapp.store.mailboxes import Mailbox
from mailapp.store.messages import MessageRow, View
from mailapp.store.queue import Summary
from mailapp.store.retention import Limits
from mailapp.store.saved_searches import SavedSearch
from mailapp.values import dataclass
from mailapp.web.code_views import chips_of, strip_of
from mailapp.web.context import DEFAULT_TITLE, Site
from mailapp.web.fares import fares_of
from mailapp.web.feed import NEWEST_CODES
from mailapp.web.folders import ALL, STARRED, Folder, Sidebar, folders, sidebar
from mailapp.web.reader import Reader
from mailapp.web.retention_views import keeps
from mailapp.web.rows import Badge, MessageList, Moment, Row, day_key, days, row
from mailapp.web.search_head import saved_items, search_head
from mailapp.web.searching import Hits, folder_at, look, mark_rows, snippets_of
from mailapp.web.status import badges
from mailapp.web.tags import tags
from mailapp.web.threads import as_conversation

COUNTED = 1_000
"""Messages of a list without counters that are counted: "1000+" from there on."""
ACROSS = (STARRED, ALL)
NO_LABELS: Mapping[int, tuple[int, ...]] = {}


@dataclass(frozen=True, slots=True)
class Gathered:
    """The store's part of a page with a list, all from one snapshot."""

    seq: int
    title: str
    folders: dict[str, Folder]
    folder: Folder | None
    """None where the account has no such folder."""
    rows: Sequence[MessageRow]
    """Up to one page and one: that one says that there is a next page."""
    fares: Mapping[int, Summary]
    """How the sent ones among them fare, by message id."""
    conversations: Mapping[int, Conversation]
    """Conversations of more than one, by the id of their row."""
    unnoticed: int
    """Sent messages that failed somewhere and that nobody has looked at since."""
    labels: Mapping[int, tuple[int, ...]]
    """Label ids by message id, of those that bear any."""
    total: int
    """Messages in the whole list; more than COUNTED means at least that many where nobody counts."""
    empties_days: int
    kept: Limits
    """What its rules keep of the folder; no limits where it has none."""
    """Days after which messages go from here by themselves; 0: never."""
    hits: Hits | None = None
    """What a search found."""
    codes: Mapping[int, StoredCode] = field(default_factory=dict)
    """What those of the rows offer that offer anything, by message id."""
    newest_codes: tuple[StoredCode, ...] = ()
    """The account's newest, NEWEST_CODES at most."""
    saved: Sequence[SavedSearch] = ()
    among: frozenset[int] = frozenset()
    """Which of the messages asked about a search finds (`found_among`)."""
    snippets: Mapping[int, str] = field(default_factory=dict)
    """What to show around the hit of those."""


def gather(
    db: sqlite3.Connection, reader: Reader, key: str, before: int | None = None, limit: int | None = None
) -> Gathered:
    """Read what a list shows. `limit` 0 leaves the rows out; without one it is the reader's page."""
    assert reader.account is not None
    if limit is None:
        limit = reader.account.page_size
    held: list[Mailbox] = mailboxes.of_account(db, reader.account.id)
    words = labels.of_account(db, reader.account.id)
    found = folders(reader, held, words)
    folder = folder_at(db, reader, found, key)
    hits = look(db, folder, before, limit) if folder and folder.query else None
    rows = hits.rows if hits else messages.page(db, folder.view, before, limit + 1) if folder and limit else []
    return Gathered(
        seq=changes.latest(db),
        title=settings.get(db, "site_title") or DEFAULT_TITLE,
        folders=found,
        folder=folder,
        rows=rows,
        fares=fares_of(db, folder.role, rows) if folder else {},
        conversations=conversations.of_rows(db, held, folder.view, rows) if folder else {},
        unnoticed=queue.unnoticed(db, reader.account.id),
        labels=labels.of_messages(db, [each.id for each in rows]) if words and rows else NO_LABELS,
        total=_total(db, folder, rows, limit) if folder and before is None and not folder.query else 0,
        empties_days=emptying.days(db, folder.role) if folder and not folder.query else 0,
        kept=_kept(db, folder, limit),
        hits=hits,
        codes=codes.of_messages(db, reader.account.id, [each.id for each in rows]) if rows else {},
        newest_codes=tuple(codes.newest(db, reader.account.id, None, NEWEST_CODES)) if limit else (),
        saved=saved_searches.of_account(db, reader.account.id),
    )


def _kept(db: sqlite3.Connection, folder: Folder | None, limit: int) -> Limits:
    if folder is None or folder.query or not limit or folder.view.mailbox_id is None:
        return Limits()
    return retention.of_folder(db, folder.view.mailbox_id)


def _total(db: sqlite3.Connection, folder: Folder, rows: Sequence[MessageRow], limit: int) -> int:
    """How many messages a folder's list has."""
    if folder.role not in ACROSS:
        return folder.total
    if folder.view.threaded:
        return len(messages.ids(db, replace(folder.view, threaded=False), TOP, COUNTED + 1))
    return len(rows) if len(rows) <= limit else len(messages.ids(db, folder.view, rows[-1].id, COUNTED)) + len(rows)


def newest_of(db: sqlite3.Connection, view: View) -> int:
    """Id of the newest message of a list, 0 where it is empty."""
    found = messages.ids(db, view, TOP, 1)
    return found[0] if found else 0


def found_among(db: sqlite3.Connection, gathered: Gathered, folder: Folder, rows: Sequence[MessageRow]) -> Gathered:
    """The same, knowing which of these messages the search in `folder` finds."""
    wanted = folder.view.search
    among = frozenset(search.matching(db, wanted, [each.id for each in rows]) if wanted else ())
    found = [each for each in rows if each.id in among]
    return replace(gathered, among=among, snippets=snippets_of(db, folder, found))


def list_of(
    site: Site,
    reader: Reader,
    gathered: Gathered,
    folder: Folder,
    *,
    before: int = 0,
    open_id: int = 0,
    chosen: bool = False,
) -> MessageList:
    """The view model of a gathered list."""
    assert reader.account is not None
    site.title = gathered.title
    moment = Moment(reader, site.context.clock())
    size = reader.account.page_size
    shown = gathered.rows[:size]
    rows = rows_of(moment, gathered, folder, shown)
    if gathered.hits:
        rows = mark_rows(folder, gathered.hits.snippets, rows)
    return MessageList(
        view_path=folder.path,
        title=folder.name,
        unread=folder.unread,
        days=days(rows, day_key(moment, before) if before else ""),
        next_before=gathered.hits.resume if gathered.hits else shown[-1].id if len(gathered.rows) > size else 0,
        seq=gathered.seq,
        open_id=open_id,
        empty="" if shown else "new" if folder.role == "inbox" and _is_new(gathered) else "folder",
        role=folder.role,
        strip=None if before else strip_of(moment, gathered.newest_codes, folder.path, open_id),
        address=reader.account.address,
        hostname=site.context.config.hostname if reader.account.is_admin else "",
        search=search_head(reader, folder, gathered.hits, gathered.saved),
        total=_total_shown(gathered, folder),
        total_is_least=_is_least(gathered, folder),
        empties_days=gathered.empties_days,
        kept=keeps(reader, gathered.kept),
        chosen=chosen and bool(shown),
    )


def _is_new(gathered: Gathered) -> bool:
    """Whether the account has no mail anywhere yet; an inbox that was only cleared has."""
    return not any(each.total for each in gathered.folders.values())


def _total_shown(gathered: Gathered, folder: Folder) -> int:
    """How many messages the list is said to have; 0 where nobody counted."""
    if gathered.hits:
        return gathered.hits.count
    return min(gathered.total, COUNTED) if folder.role in ACROSS else gathered.total


def _is_least(gathered: Gathered, folder: Folder) -> bool:
    """Whether there are more than that."""
    if gathered.hits:
        return not gathered.hits.counted_all
    return folder.role in ACROSS and gathered.total > COUNTED


def rows_of(moment: Moment, gathered: Gathered, folder: Folder, stored: Sequence[MessageRow]) -> Iterable[Row]:
    """View models of stored rows in a folder's list."""
    fares, words, together = gathered.fares, gathered.labels, gathered.conversations
    chips = chips_of(moment, gathered.codes)
    if not fares and not words and not together and not chips:
        return (row(moment, each, folder.path) for each in stored)

    def told(message_id: int) -> tuple[Badge, ...]:
        fare = badges(moment, fares.get(message_id))
        return fare + tags(gathered.folders, words.get(message_id, ()), folder.key)

    plain = (row(moment, each, folder.path, badges=told(each.id), code=chips.get(each.id)) for each in stored)
    return (as_conversation(moment, each, together.get(each.id)) for each in plain)


def sidebar_of(reader: Reader, gathered: Gathered, folder: Folder | None) -> Sidebar:
    """The side bar beside a gathered list; None where the page shows no folder."""
    key = folder.key if folder else ""
    bar = sidebar(reader, gathered.folders, key, gathered.unnoticed)
    return replace(bar, searches=saved_items(gathered.saved, key))
