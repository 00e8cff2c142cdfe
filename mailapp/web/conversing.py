"""A conversation in the reading pane: all its messages, read ones folded to a line, the newest and unread ones open."""

import sqlite3
from collections.abc import Collection, Sequence
from datetime import datetime

from mailapp.mail.threads import take_apart
from mailapp.store import conversations, labels, mailboxes, messages, queue
from mailapp.store.conversations import Member
from mailapp.store.messages import MessageRow, View
from mailapp.store.threads import ALONE
from mailapp.values import dataclass
from mailapp.web.context import Site
from mailapp.web.folders import Folder, folders
from mailapp.web.hrefs import message_href
from mailapp.web.letters import Letters
from mailapp.web.reader import Reader
from mailapp.web.reading import MessageView, Opened, message_view, open_
from mailapp.web.rows import PREVIEW_LONGEST, SENDER_LONGEST, SUBJECT_LONGEST, Moment, pretty_time
from mailapp.web.searching import folder_at

SHOWN = 50
"""Newest messages of a conversation on its page."""
SHOWN_WHOLE = 1_000
"""The same once somebody asks for all."""
OPENED = 20
"""Newest messages that may stand open at once: each has to be parsed."""
ALL_MAIL = "/mail/all"


@dataclass(frozen=True, slots=True)
class Folded:
    """A message of a conversation as one line."""

    id: int
    href: str
    item_href: str
    sender: str
    preview: str
    time: str
    iso: str
    unread: bool


@dataclass(frozen=True, slots=True)
class Item:
    """One message of a conversation; one of both."""

    folded: Folded | None
    message: MessageView | None


@dataclass(frozen=True, slots=True)
class ConversationView:
    """What the reading pane shows beside the message that stands for a conversation in the list."""

    thread_id: int
    subject: str
    items: tuple[Item, ...]
    """Oldest first; () where the list shows single messages, and `whole_href` leads to the conversation."""
    newest: MessageView | None
    """What the bar below answers."""
    earlier: int
    """Messages left out at the old end."""
    whole_href: str
    """Where all of it is shown, "" where it is."""


@dataclass(frozen=True, slots=True)
class Opening:
    """What opening a message opens in a list."""

    front: int
    """The message that stands for it in the list: the newest of the conversation there, else itself."""
    members: tuple[Member, ...]
    """Of its conversation, oldest first, as many as are shown; () where it is alone."""
    fresh: tuple[int, ...]
    """What is unread of that and will be read."""
    earlier: int = 0
    unnoticed: bool = False
    """Whether sent messages failed that nobody has looked at since."""


def opening(db: sqlite3.Connection, reader: Reader, key: str, message_id: int, *, whole: bool = False) -> Opening:
    """What a message opens beside the list with this key; inside a read function."""
    assert reader.account is not None
    view = _view(db, reader, key)
    members = conversations.of_message(db, view, message_id) if view.threaded else []
    unnoticed = queue.unnoticed(db, reader.account.id) > 0
    if not members:
        row = messages.row(db, reader.account.id, message_id)
        return Opening(message_id, (), () if row is None or row.seen else (message_id,), unnoticed=unnoticed)
    where = conversations.scope(mailboxes.of_account(db, reader.account.id), view)
    inside = [each.id for each in members if each.mailbox_id in where.view]
    newest = members[-(SHOWN_WHOLE if whole else SHOWN) :]
    shown = [*[each for each in members[: -len(newest)] if each.id == message_id], *newest]
    fresh = tuple(each.id for each in shown if not each.seen)
    return Opening(max(inside, default=message_id), tuple(shown), fresh, len(members) - len(shown), unnoticed)


@dataclass(slots=True)
class Held:
    """What the store knows of the messages of a conversation."""

    opened: dict[int, Opened]
    rows: dict[int, MessageRow]


def hold(
    db: sqlite3.Connection, letters: Letters, account_id: int, folder: Folder, ids: Sequence[int], wanted: Sequence[int]
) -> Held:
    """Read messages, those `wanted` with their letters; inside a read function."""
    rows = {each.id: each for each in messages.rows(db, account_id, ids)}
    found = ((each, open_(db, letters, account_id, each, folder)) for each in wanted if each in rows)
    return Held({each: opened for each, opened in found if opened is not None}, rows)


def to_open(begun: Opening, asked: int) -> list[int]:
    """Which messages stand open: the newest, the one asked for, what is unread."""
    ids = [each.id for each in begun.members]
    fresh = {*begun.fresh, *(each.id for each in begun.members if not each.seen)}
    chosen = [each for each in [*ids[-1:], asked, *sorted(fresh, reverse=True)] if each in ids]
    return list(dict.fromkeys(chosen))[:OPENED]


async def conversation_view(
    site: Site, reader: Reader, folder: Folder, roles: dict[int | None, str], begun: Opening, asked: int
) -> ConversationView | None:
    """The view model of what was opened; None where the message is alone."""
    assert reader.account is not None
    if not begun.members:
        return None
    ids = [each.id for each in begun.members]
    held = await site.context.database.read(hold, site.letters, reader.account.id, folder, ids, to_open(begun, asked))
    moment = Moment(reader, site.context.clock())
    items: list[Item] = []
    for message_id in ids:
        opened, row = held.opened.get(message_id), held.rows.get(message_id)
        if opened is not None:
            role = roles.get(opened.stored.row.mailbox_id, "")
            items.append(Item(None, await message_view(site, reader, opened, folder, role, False)))
        elif row is not None:
            items.append(Item(folded(moment, row, folder.path), None))
    views = [each.message for each in items if each.message is not None]
    if not views:
        return None
    return ConversationView(
        thread_id=held.rows[views[-1].id].thread_id,
        subject=take_apart(views[-1].subject).text[:SUBJECT_LONGEST],
        items=tuple(items),
        newest=views[-1],
        earlier=begun.earlier,
        whole_href=_whole(message_href(asked, folder.path)) if begun.earlier else "",
    )


def _whole(href: str) -> str:
    return href + ("&" if "?" in href else "?") + "whole=1"


def folded(moment: Moment, row: MessageRow, view_path: str) -> Folded:
    """The line of a message that is not open."""
    href = message_href(row.id, view_path)
    path, _, query = href.partition("?")
    return Folded(
        id=row.id,
        href=f"{href}#item-{row.id}",
        item_href=f"{path}/item" + (f"?{query}" if query else ""),
        sender=(row.from_name or row.from_address or moment.nobody)[:SENDER_LONGEST],
        preview=row.preview[:PREVIEW_LONGEST],
        time=pretty_time(moment, row.received_ms),
        iso=datetime.fromtimestamp(row.received_ms / 1000, moment.reader.zone).isoformat(timespec="seconds"),
        unread=not row.seen,
    )


def alone(reader: Reader, folder: Folder, row: MessageRow) -> ConversationView | None:
    """The way from a message in a list of single messages to its conversation; None where there is none."""
    assert reader.account is not None
    if not reader.account.conversations or folder.view.threaded or row.thread_place == ALONE or row.draft:
        return None
    return ConversationView(row.thread_id, "", (), None, 0, message_href(row.id, ALL_MAIL))


def reached(db: sqlite3.Connection, reader: Reader, key: str, ids: Sequence[int]) -> list[int]:
    """What an act on rows of a list reaches: all of their conversations there; inside a read function."""
    assert reader.account is not None
    return conversations.ids_of_conversations(db, _view(db, reader, key), ids)


def _view(db: sqlite3.Connection, reader: Reader, key: str) -> View:
    """The view of the list with this key, which may be a search; the inbox's where there is no such list."""
    assert reader.account is not None
    held, words = mailboxes.of_account(db, reader.account.id), labels.of_account(db, reader.account.id)
    found = folders(reader, held, words)
    return (folder_at(db, reader, found, key) or found["inbox"]).view


def roles_of(found: Collection[Folder]) -> dict[int | None, str]:
    """Role of each mailbox by its id."""
    return {each.view.mailbox_id: each.role for each in found}
