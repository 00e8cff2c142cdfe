"""Frames of the stream (WHATWG server-sent events): a batch of changes as partials htmx swaps in."""

from typing import Any

from markupsafe import Markup

from mailapp.store import changes
from mailapp.web.feed import Batch
from mailapp.web.folders import Folder, folders
from mailapp.web.pages import Pages
from mailapp.web.reader import Reader
from mailapp.web.rows import Moment, Row, row

NEWLINE = "\n"
NEXT_LINE = "\ndata: "
RETRY_MS = 1_000


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
    if not batch.has_list(key):
        key = "inbox"
    audience = (reader.language, reader.zone.key, key)
    html = batch.rendered.get(audience)
    if html is None:
        html = batch.rendered[audience] = _render(pages, reader, batch, key, now)
    return html


def _render(pages: Pages, reader: Reader, batch: Batch, key: str, now: float) -> Markup:
    found = folders(reader, batch.mailboxes)
    folder = found.get(key) or found["inbox"]
    moment = Moment(reader, now)
    shown, removed, new = [], [], []
    arrived = {each.message_id for each in batch.changed or () if each.kind == changes.DELIVERED}
    for message_id in batch.message_ids:
        stored = batch.rows.get(message_id)
        if stored is None or not batch.in_view(stored, folder.view):
            removed.append(message_id)
            continue
        view_model = row(moment, stored, folder.path, show_day=True)
        shown.append(view_model)
        if message_id in arrived and not stored.seen:
            new.append(view_model)
    html = row_frames(pages, reader.language, folder, shown, removed)
    if new:
        html += live(pages, reader.language, "delivered", new)
    return html + counts(pages, reader.language, found, folder)


def row_frames(pages: Pages, language: str, folder: Folder, shown: list[Row], removed: list[int]) -> Markup:
    """Partials that put rows where they belong in a list of this folder, and take others out."""
    changed = live(pages, language, "changed", folder.path, shown) if shown else Markup("")
    return changed + (live(pages, language, "removed", removed) if removed else Markup(""))


def counts(pages: Pages, language: str, found: dict[str, Folder], folder: Folder) -> Markup:
    """Partials for every number: side bar and the head of the list."""
    return live(pages, language, "counts", list(found.values()), folder)


def live(pages: Pages, language: str, name: str, *values: Any) -> Markup:
    """The macro of templates/partials/live/<name>.html, which bears the same name."""
    return pages.macro(language, name, f"live/{name}")(*values).strip()
