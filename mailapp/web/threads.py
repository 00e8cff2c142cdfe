"""Conversations in lists: the row of one, and what a batch of changes makes of the rows of a list."""

from dataclasses import field

from mailapp.mail.threads import take_apart
from mailapp.store.conversations import Conversation, as_shown, scope
from mailapp.store.messages import MessageRow
from mailapp.store.threads import ALONE
from mailapp.values import dataclass
from mailapp.web.feed import Batch, Watched
from mailapp.web.folders import Folder
from mailapp.web.rows import SENDER_LONGEST, SUBJECT_LONGEST, Moment, Row, given_name

NAMES = 3
"""People named in a row; the width cuts what does not fit."""
COMMA = ", "
"""Between names that may be of any language, as in "Marta, 我"."""


def as_conversation(moment: Moment, found: Row, conversation: Conversation | None) -> Row:
    """Make the row of a newest message the row of its conversation; None, or one alone in it: the row as it is."""
    if conversation is None:
        return found
    found.thread = conversation.thread_id
    found.seen, found.flagged = not conversation.unread, conversation.flagged
    found.attachments = conversation.attachments
    if conversation.count < 2:
        return found
    found.people = _people(moment, conversation)
    found.sender = COMMA.join(name for name, _ in found.people)
    found.count = f"{conversation.count}+" if conversation.more else str(conversation.count)
    found.subject = take_apart(found.subject).text[:SUBJECT_LONGEST]
    found.beside = ""
    return found


def _people(moment: Moment, conversation: Conversation) -> tuple[tuple[str, bool], ...]:
    """First names, the account itself as "me"; the whole name of who is alone in it."""
    me = moment.reader.gettext("me")
    alone = len(conversation.participants) == 1
    people = []
    for each in conversation.participants[:NAMES]:
        name = (each.name or each.address or moment.nobody)[:SENDER_LONGEST]
        people.append((me if each.own else name if alone else given_name(name), each.unread))
    return tuple(people)


@dataclass(slots=True)
class Placed:
    """What a batch changes in one list."""

    shown: list[tuple[MessageRow, Conversation | None]] = field(default_factory=list)
    """Rows to put where they belong, newest first."""
    removed: list[int] = field(default_factory=list)
    """Messages that have no row of their own in it, or no longer."""


def shows(batch: Batch, row: MessageRow, folder: Folder, watched: Watched | None) -> bool:
    """Whether a folder's list shows a message, be it a search (`watched`) or not."""
    return row.id in watched.ids if watched else batch.in_view(row, folder.view)


def placed(batch: Batch, folder: Folder, watched: Watched | None) -> Placed:
    """Which rows of a folder's list a batch changes. In a list of conversations each is told by its newest message."""
    found = Placed()
    fronts: set[int] = set()
    where = scope(batch.mailboxes, folder.view)
    for message_id in batch.message_ids:
        stored = batch.rows.get(message_id)
        if stored is None or not folder.view.threaded or stored.thread_place == ALONE:
            if stored is not None and shows(batch, stored, folder, watched):
                found.shown.append((stored, None))
            else:
                found.removed.append(message_id)
            continue
        conversation = as_shown(batch.threads[stored.thread_id], where)
        front = None if conversation is None else batch.fronts.get(conversation.front)
        if front is not None and front.id not in fronts:
            fronts.add(front.id)
            found.shown.append((front, conversation))
        if front is None or front.id != message_id:
            found.removed.append(message_id)
    found.shown.sort(key=lambda each: each[0].id, reverse=True)
    return found


@dataclass(frozen=True, slots=True)
class Joined:
    """A message that came to a conversation, or left it, for who has it open."""

    thread_id: int
    message_id: int
    view_path: str


def joined(batch: Batch, folder: Folder, kinds: tuple[str, ...]) -> tuple[list[Joined], list[int]]:
    """Messages that changes of these kinds brought into open conversations, and those they took out."""
    if not folder.view.threaded:
        return [], []
    where = scope(batch.mailboxes, folder.view).conversation
    came, left = [], []
    for message_id in sorted({each.message_id for each in batch.changed or () if each.kind in kinds}):
        stored = batch.rows.get(message_id)
        if stored is None:
            left.append(message_id)
        elif stored.thread_place != ALONE:
            if stored.mailbox_id in where:
                came.append(Joined(stored.thread_id, message_id, folder.path))
            else:
                left.append(message_id)
    return came, left
