"""What an act on messages answers: rows put in and taken out, the pane, the counts, a toast that takes it back."""

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import replace

from markupsafe import Markup
from quart import Response, abort

from mailapp.flow.filing import Filed
from mailapp.store import codes, labels, messages
from mailapp.store.codes import StoredCode
from mailapp.store.conversations import Conversation, listed_rows
from mailapp.store.messages import MessageRow
from mailapp.store.queue import Summary
from mailapp.values import dataclass
from mailapp.web.asked import Asked
from mailapp.web.context import context, site
from mailapp.web.conversing import opening
from mailapp.web.did import Did, told
from mailapp.web.fares import fares_of
from mailapp.web.folders import Folder, key_of
from mailapp.web.fragments import answer, is_fragment, piece, see_other
from mailapp.web.frames import counts, folder_lists, live, row_frames
from mailapp.web.hrefs import message_href
from mailapp.web.inbox import piece_of_nothing
from mailapp.web.lists import Gathered, found_among, gather, list_of
from mailapp.web.message import bar, in_folder, open_message_id, pane, row_beside, show, with_conversation
from mailapp.web.reader import current_account, current_reader
from mailapp.web.tags import tags
from mailapp.web.toasts import Toast, toasted, undoable

WORKING_S = 3_600
"""Seconds the toast of work under way may stand; it replaces itself."""


@dataclass(frozen=True, slots=True)
class Touched:
    """Messages as an act left them."""

    rows: Sequence[MessageRow]
    """The rows that stand for them in the list; of a conversation its newest message there."""
    together: Mapping[int, Conversation]
    fronts: Mapping[int, int]
    """Which row stands for each, by message id."""
    fares: dict[int, Summary]
    labels: dict[int, tuple[int, ...]]
    codes: dict[int, StoredCode]


def read_touched(db: sqlite3.Connection, account_id: int, ids: Sequence[int], folder: Folder) -> Touched:
    """The account's messages among `ids`, for a folder's list."""
    found = listed_rows(db, folder.view, messages.rows(db, account_id, ids))
    rows = list({front.id: front for front, _ in found.values()}.values())
    return Touched(
        rows,
        {front.id: conversation for front, conversation in found.values() if conversation is not None},
        {message_id: front.id for message_id, (front, _) in found.items()},
        fares_of(db, folder.role, rows),
        labels.of_messages(db, [each.id for each in rows]),
        codes.of_messages(db, account_id, [each.id for each in rows]),
    )


async def known_or_404(asked: Asked) -> None:
    """404 where none of the messages named is the account's."""
    if not asked.all and not await context().database.read(messages.rows, current_account().id, asked.ids):
        abort(404)


async def answer_filed(asked: Asked, filed: Filed, did: Did) -> Response:
    """The answer to an act: partials for a fragment, else back to the list, with the way to take it back."""
    if not is_fragment():
        undo_id = filed.undo_id or (filed.work.undo_id if filed.work else None)
        return see_other(undoable(asked.view, undo_id or 0))
    toast = toasted(toast_of(filed, did))
    if filed.work is not None:
        return await answer(close_dialog() + await list_anew(asked.folder.key, keep=False) + toast)
    return await rows_filed(asked.folder.key, filed.ids, close_dialog() + toast)


async def rows_filed(key: str, ids: Sequence[int], beside: Markup) -> Response:
    """Rows, pane and counts of a list after an act on few messages."""
    reader, pages, account_id = current_reader(), site().pages, current_account().id
    gathered = await context().database.read(gather, reader, key, limit=0)
    folder = gathered.folder or gathered.folders["inbox"]
    touched = await context().database.read(read_touched, account_id, ids, folder)
    gathered = await context().database.read(found_among, gathered, folder, touched.rows)
    gathered = replace(gathered, codes=touched.codes)
    here = [each for each in touched.rows if in_folder(folder, gathered, each, touched.labels.get(each.id, ()))]
    shown = [
        row_beside(
            reader,
            folder,
            each,
            touched.fares.get(each.id),
            tags(gathered.folders, touched.labels.get(each.id, ()), folder.key),
            gathered,
            touched.together.get(each.id),
        )
        for each in here
    ]
    staying = {each.id for each in here}
    html = row_frames(pages, reader.language, folder, shown, [each for each in ids if each not in staying])
    html += counts(pages, reader.language, gathered.folders, folder)
    open_id = open_message_id()
    headers = {}
    if open_id in ids and touched.fronts.get(open_id) == open_id and open_id in staying:
        html += await _bar(open_id, folder.path)
    elif open_id in ids:
        following = open_id if touched.fronts.get(open_id) in staying else await _following(folder, open_id)
        html = await _pane(following, folder.path) + html
        if following != open_id:
            # the address has to follow the pane, or "back" would lead to a message that is gone
            headers["HX-Replace-Url"] = message_href(following, folder.path) if following else folder.path
    return await answer(html + beside, headers=headers)


async def _following(folder: Folder, message_id: int) -> int:
    """What to show once the open message is gone: the older neighbour, else the newer one, else nothing (0)."""
    newer, older = await context().database.read(messages.neighbours, folder.view, message_id)
    return older or newer or 0


async def _bar(message_id: int, view: str) -> Markup:
    """What an act changes of the open message where it stays: the letter stands as it is being read, and is not read
    by itself what was just marked unread."""
    shown = await show(message_id, view, rows=False)
    return Markup("") if shown is None else bar(shown)


async def _pane(message_id: int, view: str) -> Markup:
    shown = None
    if message_id:
        begun = await context().database.read(opening, current_reader(), key_of(view), message_id)
        await context().filing.set_seen(current_account().id, begun.fresh, True)
        shown = await show(begun.front, view, rows=False)
        shown = await with_conversation(shown, begun, message_id) if shown is not None else None
    drafted = shown is not None and shown.opened.stored.row.draft
    return piece("live/pane", "pane", piece_of_nothing() if shown is None or drafted else pane(shown))


async def list_anew(key: str, *, keep: bool) -> Markup:
    """The whole list and side bar, after an act on more messages than are told one by one."""
    reader, language = current_reader(), current_reader().language
    gathered: Gathered = await context().database.read(gather, reader, key)
    if gathered.folder is None:
        gathered = await context().database.read(gather, reader, "inbox")
    assert gathered.folder is not None
    open_id = open_message_id() if keep else 0
    view_model = list_of(site(), reader, gathered, gathered.folder, open_id=open_id)
    html = live(site().pages, language, "list", piece("message/list", "list_pane", view_model))
    html += folder_lists(site().pages, language, gathered.folders)
    return html + counts(site().pages, language, gathered.folders, gathered.folder)


def toast_of(filed: Filed, did: Did) -> Toast:
    """What is said about an act, and what takes it back."""
    reader, work = current_reader(), filed.work
    if work is None:
        if not filed.ids:
            return Toast(reader.gettext("Nothing to do: it is so already."), seconds=3)
        return Toast(told(reader, did, filed.number), filed.undo_id or 0)
    if work.failed:
        text = reader.gettext("Not everything worked: {number} messages were done.")
        return Toast(text.format(number=f"{work.done:,}"), work.undo_id or 0)
    if not work.ended:
        text = reader.gettext("Working: {number} so far…").format(number=f"{work.done:,}")
        return Toast(text, seconds=WORKING_S, asks=f"/works/{work.id}?{did.query}")
    return Toast(told(reader, did, work.done), work.undo_id or 0)


def close_dialog() -> Markup:
    """A partial that closes the dialog an act was asked in."""
    return live(site().pages, current_reader().language, "dialog", "")
