"""One message: its page, its HTML in the frame, opening it marks it read."""

import json
import sqlite3
from collections.abc import Collection
from dataclasses import replace
from urllib.parse import quote

from markupsafe import Markup
from quart import Blueprint, Response, abort, request

from mailapp.store import codes, drafts, messages, queue
from mailapp.store.conversations import Conversation, listed
from mailapp.store.messages import MessageRow
from mailapp.store.queue import Summary
from mailapp.values import dataclass
from mailapp.web import headers
from mailapp.web.access import requires_account
from mailapp.web.code_views import chip_of
from mailapp.web.context import context, site
from mailapp.web.conversing import ConversationView, Opening, alone, conversation_view, opening, roles_of, to_open
from mailapp.web.folders import Folder, key_of
from mailapp.web.fragments import answer, current_path, is_fragment, is_preload, page, piece, see_other
from mailapp.web.frames import ceased_frame, counts, row_frames
from mailapp.web.letters import CLOSED, FOLD, OPEN
from mailapp.web.lists import Gathered, found_among, gather, list_of, sidebar_of
from mailapp.web.reader import Reader, current_account, current_reader
from mailapp.web.reading import MessageView, Opened, framed, message_view, open_
from mailapp.web.rows import Badge, Moment, Row, row
from mailapp.web.search_marks import marked_letter, marked_view
from mailapp.web.searching import mark_rows
from mailapp.web.status import badges, delivery_view
from mailapp.web.tags import tags
from mailapp.web.threads import as_conversation
from mailapp.web.toasts import undone_by

blueprint = Blueprint("message", __name__)


@dataclass(frozen=True, slots=True)
class Shown:
    """A message on screen, with the list beside it."""

    gathered: Gathered
    folder: Folder
    opened: Opened
    view: MessageView
    listed: MessageRow
    """The row that stands for it in the list: of its conversation, the newest there."""
    together: Conversation | None
    conversation: ConversationView | None = None
    """What the reading pane shows of its conversation."""


@blueprint.get("/messages/<id:message_id>")
@requires_account
async def message(message_id: int) -> Response:
    """The message beside the list of ?view=; a fragment is the reading pane, its row and the counts."""
    view = request.args.get("view", "")
    begun = await context().database.read(
        opening, current_reader(), key_of(view), message_id, whole="whole" in request.args
    )
    if not is_preload():
        await context().filing.set_seen(current_account().id, begun.fresh, True)
        if begun.unnoticed:  # before the counts are read: what failed is on screen now
            await context().queueing.notice(current_account().id, to_open(begun, message_id) or [message_id])
    shown = await show(begun.front, view, rows=not is_fragment())
    if shown is None:
        abort(404)
    shown = await with_conversation(shown, begun, message_id)
    if shown.opened.stored.row.draft:
        draft = await context().database.read(drafts.by_message, current_account().id, message_id)
        if draft is not None:
            return opened_as_draft(draft.id, shown.folder.path)
    if is_fragment():
        # a prefetched answer is shown later: its counts would be old by then
        return await answer(pane(shown) if is_preload() else pane(shown) + beside(shown))
    reader = current_reader()
    return await page(
        "mail.html",
        sidebar=sidebar_of(reader, shown.gathered, shown.folder),
        list=list_of(site(), reader, shown.gathered, shown.folder, open_id=begun.front),
        message=shown.view,
        conversation=shown.conversation,
        toast=undone_by(request.args),
    )


@blueprint.get("/messages/<id:message_id>/delivery")
@requires_account
async def delivery(message_id: int) -> Response:
    """How a sent message fares: what the stream points at where too many come further at once to be pushed."""
    reader, account_id = current_reader(), current_account().id
    if await context().database.read(messages.row, account_id, message_id) is None:
        abort(404)
    item = await context().database.read(queue.of_message, account_id, message_id)
    if item is None:
        return Response("", 204)
    moment = Moment(reader, context().clock())
    return await answer(piece("queue/status", "delivery_status", delivery_view(moment, item)))


@blueprint.get("/messages/<id:message_id>/body")
@requires_account
async def body(message_id: int) -> Response:
    """The letter's HTML, sanitised, as the document of the mail frame; remote images only where asked for."""
    reader = current_reader()
    opened = await context().database.read(framed, site().letters, current_account().id, message_id)
    if opened is None:
        abort(404)
    remote = opened.consent or request.args.get("images") == "1"
    safe = await site().letters.sanitized(message_id, opened.message, remote=remote)
    if safe.refused:
        return see_other(f"/messages/{message_id}")  # its page shows the text
    words = request.args.get("q", "")
    html = safe.html.replace(CLOSED, OPEN) if words else safe.html
    marked = (await marked_letter(html, words)).replace(FOLD, reader.gettext("Quoted text"))
    letter = Markup(marked)  # noqa: S704 - sanitised, and shown under the frame's own policy
    html = site().pages.page(
        reader.language,
        "partials/message/frame.html",
        body=letter,
        letter=safe,
        theme=reader.theme,
        adapted=opened.adapted,
    )
    return await answer(html, headers={"Content-Security-Policy": headers.frame_policy(remote=remote)})


def opened_as_draft(draft_id: int, view_path: str) -> Response:
    """A draft is not read but written on: its page is compose."""
    path = f"/compose?draft={draft_id}&view={quote(view_path)}"
    if not is_fragment():
        return see_other(path)
    where = {"path": path, "target": "#compose-pane", "swap": "outerHTML", "push": "false"}
    return Response("", 200, {"HX-Location": json.dumps(where), "Cache-Control": "no-store"})


async def show(message_id: int, view: str, *, rows: bool, images: bool = False) -> Shown | None:
    """A message ready for the screen, None where the account has no such message."""
    reader = current_reader()
    found = await read(message_id, view, limit=None if rows else 0)
    if found is None:
        return None
    gathered, opened, listed, together = found
    folder = gathered.folder or gathered.folders["inbox"]
    role = roles_of(gathered.folders.values()).get(opened.stored.row.mailbox_id, "")
    plain = await message_view(site(), reader, opened, folder, role, images)
    plain = replace(plain, labels=tags(gathered.folders, opened.labels))
    if together is not None:  # the bar tells of all of it
        plain = replace(plain, seen=not together.unread, flagged=together.flagged)
    return Shown(gathered, folder, opened, await marked_view(plain, folder), listed, together)


async def with_conversation(shown: Shown, begun: Opening, asked: int) -> Shown:
    """What is shown with the conversation it stands for, or the way to that."""
    reader, roles = current_reader(), roles_of(shown.gathered.folders.values())
    whole = await conversation_view(site(), reader, shown.folder, roles, begun, asked)
    return replace(shown, conversation=whole or alone(reader, shown.folder, shown.opened.stored.row))


async def read(
    message_id: int, view: str, limit: int | None = 0
) -> tuple[Gathered, Opened, MessageRow, Conversation | None] | None:
    """One read of the store: list, message and its row in the list from the same snapshot."""
    reader, letters, account_id = current_reader(), site().letters, current_account().id

    def both(db: sqlite3.Connection) -> tuple[Gathered, Opened, MessageRow, Conversation | None] | None:
        gathered = gather(db, reader, key_of(view), limit=limit)
        folder = gathered.folder or gathered.folders["inbox"]
        if gathered.folder is None:
            gathered = gather(db, reader, folder.key, limit=limit)
        opened = open_(db, letters, account_id, message_id, folder)
        if opened is not None and folder.view.search is not None:
            gathered = found_among(db, gathered, folder, [opened.stored.row])
        if opened is None:
            return None
        stored, together = listed(db, folder.view, opened.stored.row)
        if stored.id not in gathered.codes:
            gathered = replace(gathered, codes={**gathered.codes, **codes.of_messages(db, account_id, [stored.id])})
        return gathered, opened, stored, together

    return await context().database.read(both)


def pane(shown: Shown) -> Markup:
    """The reading pane."""
    return piece("message/view", "message_pane", shown.view, shown.conversation)


def bar(shown: Shown) -> Markup:
    """The bar of a message and its labels, as partials for where it is the open one."""
    buttons = piece("message/view", "message_toolbar", shown.view)
    words = piece("message/view", "message_labels", shown.view)
    return piece("live/toolbar", "toolbar", shown.view.id, buttons) + piece(
        "live/labels", "labels", shown.view.id, words
    )


def one_message(shown: Shown) -> Markup:
    """The message alone, and its bar where it is the open one: several may stand in one pane."""
    bar = piece("message/view", "message_toolbar", shown.view)
    return piece("message/one", "one_message", shown.view) + piece("live/toolbar", "toolbar", shown.view.id, bar)


def beside(shown: Shown) -> Markup:
    """The message's row and the counts, as partials beside a fragment."""
    reader, pages = current_reader(), site().pages
    stored = shown.listed
    here = in_folder(shown.folder, shown.gathered, stored, shown.opened.labels)
    words = tags(shown.gathered.folders, shown.opened.labels, shown.folder.key)
    one = row_beside(reader, shown.folder, stored, shown.opened.fare, words, shown.gathered, shown.together)
    if here or shown.folder.view.search is None:
        rows = [one] if here else []
        html = row_frames(pages, reader.language, shown.folder, rows, [] if rows else [stored.id])
    else:
        html = ceased_frame(pages, reader.language, shown.folder, [one])
    return html + counts(pages, reader.language, shown.gathered.folders, shown.folder)


def row_beside(
    reader: Reader,
    folder: Folder,
    stored: MessageRow,
    fare: Summary | None,
    words: tuple[Badge, ...] = (),
    gathered: Gathered | None = None,
    together: Conversation | None = None,
) -> Row:
    """The row of a message in a folder's list, or of the conversation it stands for, with its day heading.

    `words` are its labels.
    """
    moment = Moment(reader, context().clock())
    chip = chip_of(moment, gathered.codes.get(stored.id)) if gathered else None
    plain = row(moment, stored, folder.path, show_day=True, badges=badges(moment, fare) + words, code=chip)
    marked = next(iter(mark_rows(folder, gathered.snippets if gathered else {}, [plain])))
    return as_conversation(moment, marked, together)


def in_folder(folder: Folder, gathered: Gathered, stored: MessageRow, label_ids: Collection[int] = ()) -> bool:
    """Whether the folder's list shows the message, which bears these labels; of a search only those looked for are
    known."""
    if folder.view.search is not None:
        return stored.id in gathered.among
    if folder.view.mailbox_id is not None:
        return stored.mailbox_id == folder.view.mailbox_id
    if folder.view.label_id is not None and folder.view.label_id not in label_ids:
        return False
    hidden = {gathered.folders[key].view.mailbox_id for key in ("trash", "junk") if key in gathered.folders}
    return stored.mailbox_id not in hidden and (bool(stored.flagged) or not folder.view.flagged)


def open_message_id() -> int:
    """Id of the message the reader's page shows, from the address it is at; 0 for none."""
    part = current_path().partition("?")[0].removeprefix("/messages/")
    return int(part) if part.isascii() and part.isdigit() and len(part) < 19 else 0
