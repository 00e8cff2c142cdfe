"""Frames of the stream (WHATWG server-sent events): a batch of changes as partials htmx swaps in."""

from typing import Any

from markupsafe import Markup

from mailapp.store import changes
from mailapp.values import dataclass
from mailapp.web.code_frames import WALL, code_frames
from mailapp.web.code_views import chips_of
from mailapp.web.fares import HOLD_SENT
from mailapp.web.feed import BARS, WHOLE, Batch
from mailapp.web.folders import Folder, folders, side_items
from mailapp.web.pages import Pages
from mailapp.web.reader import Reader
from mailapp.web.rows import Badge, Moment, Row, row
from mailapp.web.searching import mark_rows
from mailapp.web.status import badges, delivery_view
from mailapp.web.tags import tags
from mailapp.web.threads import as_conversation, joined, placed, shows

NEWLINE = "\n"
NEXT_LINE = "\ndata: "
RETRY_MS = 1_000
ANNOUNCED = 3
"""New messages of one batch a screen reader hears of by name; of more it hears their number."""
JOINED = 20
"""Messages of one batch that are brought into open conversations; who comes from further behind opens it anew."""


def frame(data: str, seq: int, event: str = "") -> bytes:
    """One event. Every line of `data` gets its prefix; without an event name htmx swaps it in."""
    if "\r" in data:
        data = data.replace("\r\n", "\n").replace("\r", "\n")
    named = f"event: {event}\n" if event else ""
    return f"id: {seq}\n{named}data: {data.replace(NEWLINE, NEXT_LINE)}\n\n".encode()


def ping(seq: int) -> bytes:
    """A sign of life: the comment for proxies, the event because pages never see comments."""
    return b": ping\n" + frame("", seq, "ping")


def hello(seq: int) -> bytes:
    """What a stream begins with, so that headers and the first id are out at once."""
    return f"retry: {RETRY_MS}\n".encode() + frame("", seq, "ping")


def batch_html(pages: Pages, reader: Reader, batch: Batch, key: str, now: float) -> str:
    """The partials of a batch for a list: rows put in, changed or taken out, counts. Rendered once per audience."""
    if not batch.has_list(key) and key != WALL:
        key = key.partition("?")[0] if batch.has_list(key.partition("?")[0]) else "inbox"
    audience = (reader.language, reader.zone.key, key, bool(reader.account and reader.account.conversations))
    html = batch.rendered.get(audience)
    if html is None:
        html = batch.rendered[audience] = _render(pages, reader, batch, key, now)
    return html


def _render(pages: Pages, reader: Reader, batch: Batch, key: str, now: float) -> Markup:
    found = folders(reader, batch.mailboxes, batch.words)
    watched = batch.searches.get((reader.language, reader.zone.key, key))
    folder = watched.folder if watched else found.get(key) or found["inbox"]
    moment = Moment(reader, now)
    moved = placed(batch, folder, watched)
    chips = chips_of(moment, batch.codes)
    shown = []
    for stored, conversation in moved.shown:
        told = badges(moment, batch.fares.get(stored.id)) if folder.role in HOLD_SENT else ()
        told += tags(found, batch.labels.get(stored.id, ()), folder.key)
        one = row(moment, stored, folder.path, show_day=True, badges=told, code=chips.get(stored.id))
        shown.append(as_conversation(moment, one, conversation))
    if watched:
        shown = list(mark_rows(folder, watched.snippets, shown))
    kept = _ceased(batch, moved.removed) if watched else []
    html = row_frames(pages, reader.language, folder, shown, [each for each in moved.removed if each not in kept])
    if kept:
        rows = [row(moment, batch.rows[each], folder.path, show_day=True, code=chips.get(each)) for each in kept]
        html += ceased_frame(pages, reader.language, folder, list(mark_rows(folder, {}, rows)))
    arrived = {each.message_id for each in batch.changed or () if each.kind == changes.DELIVERED}
    mail = (batch.rows[each] for each in sorted(arrived & batch.rows.keys(), reverse=True))
    new = [each for each in mail if not each.seen and shows(batch, each, folder, watched)]
    if watched and watched.count:
        html += live(pages, reader.language, "found", folder.path, watched.count)
    html += code_frames(pages, moment, batch, folder, key)  # before the announcement, whose notification it is part of
    if new:
        named = [row(moment, each, folder.path) for each in new] if len(new) <= ANNOUNCED else []
        html += live(pages, reader.language, "delivered", named, len(new))
    if any(each.kind == changes.MAILBOXES for each in batch.changed or ()):
        html += folder_lists(pages, reader.language, found)
    html += counts(pages, reader.language, found, folder)
    html += _conversation_frames(pages, reader, batch, folder)
    return html + _flag_frames(pages, reader, batch, folder, found) + _queue_frames(pages, moment, batch)


def _ceased(batch: Batch, removed: list[int]) -> list[int]:
    """Messages a search finds no more although they lie where they lay: who has one open goes on reading it."""
    moved = {each.message_id for each in batch.changed or () if each.kind in (changes.MOVED, changes.DELIVERED)}
    return [each for each in removed if each in batch.rows and each not in moved]


def _conversation_frames(pages: Pages, reader: Reader, batch: Batch, folder: Folder) -> Markup:
    """What open conversations gain and lose: each window that shows one asks for what it lacks."""
    came, left = joined(batch, folder, (changes.DELIVERED, changes.MOVED, changes.REMOVED))
    html = live(pages, reader.language, "joined", came[-JOINED:]) if came else Markup("")
    return html + (live(pages, reader.language, "parted", left) if left else Markup(""))


@dataclass(frozen=True, slots=True)
class Flags:
    """What the bar of an open message says about its flags."""

    id: int
    back_href: str
    seen: bool
    flagged: bool
    labels: tuple[Badge, ...]


def _flag_frames(pages: Pages, reader: Reader, batch: Batch, folder: Folder, all_folders: dict[str, Folder]) -> Markup:
    """The bar of a message whose flags changed, where it is the open one."""
    flagged = {each.message_id for each in batch.changed or () if each.kind == changes.FLAGS}
    found = [batch.rows[each] for each in sorted(flagged & batch.rows.keys(), reverse=True)[:BARS]]
    bars = [(each.id, bool(each.seen), bool(each.flagged)) for each in found if not each.thread_place]
    if len(bars) < len(found):
        whole = ((each.id, told) for each, told in placed(batch, folder, None).shown)
        bars += [(front, not told.unread, told.flagged) for front, told in whole if told is not None]
    bars += [(each.id, bool(each.seen), bool(each.flagged)) for each in found if each.id not in {b[0] for b in bars}]
    words = {each: tags(all_folders, batch.labels.get(each, ())) for each, _, _ in bars}
    flags = [Flags(each, folder.path, seen, starred, words[each]) for each, seen, starred in bars]
    return Markup("").join(live(pages, reader.language, "flags", each) for each in flags)


def _queue_frames(pages: Pages, moment: Moment, batch: Batch) -> Markup:
    """The status of sent mail that came further, wherever it is shown, and the bell."""
    language, html = moment.reader.language, Markup("")
    queued = batch.queued_ids
    for message_id in queued:
        item = batch.items.get(message_id)
        if item is not None:
            html += live(pages, language, "status", delivery_view(moment, item))
    if len(queued) > WHOLE:
        stale = pages.macro(language, "stale", "live/status")
        html += Markup("").join(stale(message_id).strip() for message_id in queued)
    if _moves_outbox(batch):
        html += pages.macro(language, "fresh", "live/status")().strip()
    return html + bell(pages, language, batch.unnoticed)


def _moves_outbox(batch: Batch) -> bool:
    """Whether a message was sent, or perhaps taken back."""
    kinds = ((each.kind, batch.rows.get(each.message_id)) for each in batch.changed or ())
    return any(kind == changes.REMOVED or (kind == changes.DELIVERED and row and row.to_count) for kind, row in kinds)


def bell(pages: Pages, language: str, unnoticed: int) -> Markup:
    """The number at the bell."""
    return live(pages, language, "bell", unnoticed)


def row_frames(pages: Pages, language: str, folder: Folder, shown: list[Row], removed: list[int]) -> Markup:
    """Partials that put rows where they belong in a list of this folder, and take others out."""
    changed = live(pages, language, "changed", folder.path, shown) if shown else Markup("")
    return changed + (live(pages, language, "removed", removed) if removed else Markup(""))


def ceased_frame(pages: Pages, language: str, folder: Folder, rows: list[Row]) -> Markup:
    """A partial for rows a search finds no more, though they were not filed."""
    return pages.macro(language, "ceased", "live/changed")(folder.path, rows).strip()


def counts(pages: Pages, language: str, found: dict[str, Folder], folder: Folder) -> Markup:
    """Partials for every number: side bar and the head of the list."""
    return live(pages, language, "counts", list(found.values()), folder)


def folder_lists(pages: Pages, language: str, found: dict[str, Folder]) -> Markup:
    """A partial with every folder and label of the side bar."""
    return live(pages, language, "folders", *side_items(found))


def live(pages: Pages, language: str, name: str, *values: Any) -> Markup:
    """The macro of templates/partials/live/<name>.html, which bears the same name."""
    return pages.macro(language, name, f"live/{name}")(*values).strip()
