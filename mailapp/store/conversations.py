"""Conversations as lists and the reading pane show them: who takes part, how many messages, which ones.

A conversation is a thread without what lies in the trash, in junk or in drafts, unless that is where one looks.
"""

import sqlite3
from collections.abc import Iterable, Mapping, Sequence

from mailapp.store import mailboxes, messages
from mailapp.store.messages import MessageRow, View
from mailapp.store.threads import ALONE, FRONT
from mailapp.values import dataclass

COUNTED = 300
"""Messages of a thread that are counted; of a longer one this many of each mailbox are looked at."""
NAMED = 30
"""Newest messages whose senders a list names."""
EXPANDED = 10_000
"""Messages one act on conversations reaches."""
HIDDEN_ROLES = ("trash", "junk", "drafts")


@dataclass(slots=True)
class Member:
    """One message of a thread, from the index alone."""

    mailbox_id: int
    id: int
    seen: int
    flagged: int
    attachment_count: int


@dataclass(slots=True)
class Thread:
    """What is known of a thread, enough to say how any list shows it."""

    id: int
    members: list[Member]
    """Newest first."""
    whole: bool
    """False: there are more than COUNTED, and the oldest are missing."""
    senders: dict[int, tuple[str, str, bool]]
    """(name, address, own) of the newest messages, by message id."""


@dataclass(frozen=True, slots=True)
class Participant:
    name: str
    address: str
    own: bool
    """Whether these are messages the account sent itself, whatever they claim."""
    unread: bool


@dataclass(frozen=True, slots=True)
class Conversation:
    """A thread as one list shows it."""

    thread_id: int
    front: int
    """Id of its newest message in the list's view."""
    count: int
    more: bool
    """Whether there are more than `count`."""
    participants: tuple[Participant, ...]
    """Those of the newest messages, each once, the latest first."""
    unread: bool
    """Whether a message of it in the view is unread; starred and attachments likewise."""
    flagged: bool
    attachments: bool


@dataclass(frozen=True, slots=True)
class Scope:
    """Which mailboxes count for a list: those of its view, and those whose messages belong to its conversations."""

    view: frozenset[int]
    conversation: frozenset[int]


def scope(held: Iterable[mailboxes.Mailbox], view: View) -> Scope:
    """The scope of a view, of the account's mailboxes."""
    open_ = {each.id for each in held if each.role not in HIDDEN_ROLES}
    if view.mailbox_id is None:
        return Scope(frozenset(open_), frozenset(open_))
    return Scope(frozenset((view.mailbox_id,)), frozenset(open_ | {view.mailbox_id}))


def threads(db: sqlite3.Connection, thread_ids: Iterable[int]) -> dict[int, Thread]:
    """Threads of more than one message by id; inside a read function. A few milliseconds for fifty of any length."""
    found = {each: _members(db, each) for each in dict.fromkeys(thread_ids)}
    wanted = [member.id for thread in found.values() for member in thread.members[:NAMED]]
    senders = _senders(db, wanted)
    for thread in found.values():
        thread.senders = {each.id: senders[each.id] for each in thread.members[:NAMED] if each.id in senders}
    return found


def _members(db: sqlite3.Connection, thread_id: int) -> Thread:
    rows = db.execute(
        "SELECT mailbox_id, id, seen, flagged, attachment_count FROM messages"
        " WHERE thread_id = ? AND thread_place > 0 LIMIT ?",
        (thread_id, COUNTED + 1),
    ).fetchall()
    whole = len(rows) <= COUNTED
    if not whole:
        rows = _newest(db, thread_id)
    members = [Member(*row) for row in rows]
    members.sort(key=lambda each: each.id, reverse=True)
    return Thread(thread_id, members, whole, {})


_MAILBOXES = (
    "WITH RECURSIVE held(mailbox_id) AS ("
    "SELECT min(mailbox_id) FROM messages WHERE thread_id = :thread AND thread_place > 0"
    " UNION ALL SELECT (SELECT min(mailbox_id) FROM messages WHERE thread_id = :thread AND thread_place > 0"
    " AND mailbox_id > held.mailbox_id) FROM held WHERE mailbox_id IS NOT NULL)"
)
"""The mailboxes a thread has messages in, each by one step into the index: it may have ten thousand in one."""


def _newest(db: sqlite3.Connection, thread_id: int) -> list[tuple[int, ...]]:
    """The newest members of a long thread, of each mailbox."""
    rows: list[tuple[int, ...]] = []
    held = db.execute(f"{_MAILBOXES} SELECT mailbox_id FROM held WHERE mailbox_id IS NOT NULL", {"thread": thread_id})
    for (mailbox_id,) in held.fetchall():
        rows += db.execute(
            "SELECT mailbox_id, id, seen, flagged, attachment_count FROM messages WHERE thread_id = ?"
            " AND mailbox_id = ? AND thread_place > 0 ORDER BY id DESC LIMIT ?",
            (thread_id, mailbox_id, COUNTED),
        ).fetchall()
    return rows


def _senders(db: sqlite3.Connection, ids: Sequence[int]) -> dict[int, tuple[str, str, bool]]:
    found: dict[int, tuple[str, str, bool]] = {}
    for start in range(0, len(ids), 500):
        some = ids[start : start + 500]
        marks = ", ".join("?" * len(some))
        for message_id, name, address, to_count in db.execute(
            f"SELECT id, from_name, from_address, to_count FROM messages WHERE id IN ({marks})", some
        ):
            found[message_id] = name, address, to_count > 0
    return found


def as_shown(thread: Thread, where: Scope) -> Conversation | None:
    """A thread as a list of this scope shows it; None where it has no message there."""
    inside = [each for each in thread.members if each.mailbox_id in where.view]
    if not inside:
        return None
    shown = [each for each in thread.members if each.mailbox_id in where.conversation]
    return Conversation(
        thread_id=thread.id,
        front=inside[0].id,
        count=min(len(shown), COUNTED),
        more=not thread.whole and len(shown) >= COUNTED,
        participants=_participants(thread, shown, where),
        unread=any(not each.seen for each in inside),
        flagged=any(each.flagged for each in inside),
        attachments=any(each.attachment_count for each in inside),
    )


def _participants(thread: Thread, shown: Sequence[Member], where: Scope) -> tuple[Participant, ...]:
    people: dict[str, Participant] = {}
    for member in shown:
        sender = thread.senders.get(member.id)
        if sender is None:
            continue
        name, address, own = sender
        key = "" if own else address.lower() or name
        before = people.get(key)
        unread = (not member.seen and member.mailbox_id in where.view) or (before is not None and before.unread)
        people[key] = Participant(before.name if before and before.name else name, address, own, unread)
    return tuple(people.values())


def of_rows(
    db: sqlite3.Connection, held: Iterable[mailboxes.Mailbox], view: View, rows: Iterable[MessageRow]
) -> Mapping[int, Conversation]:
    """The conversations of a list's rows by the rows' ids; rows that are alone, or lists without, have none."""
    if not view.threaded:
        return {}
    ids = [each.thread_id for each in rows if each.thread_place != ALONE]
    if not ids:
        return {}
    where = scope(held, view)
    shown = (as_shown(each, where) for each in threads(db, ids).values())
    return {each.front: each for each in shown if each is not None}


def of_message(db: sqlite3.Connection, view: View, message_id: int) -> list[Member]:
    """The messages of a message's conversation, oldest first; [] where it is alone or the account has it not.

    The message itself is among them, wherever it lies. Of a very long one, the newest of each mailbox (COUNTED).
    """
    own = db.execute(
        "SELECT thread_id, thread_place FROM messages WHERE id = ? AND account_id = ?", (message_id, view.account_id)
    ).fetchone()
    if own is None or own[1] == ALONE:
        return []
    where = scope(mailboxes.of_account(db, view.account_id), view)
    thread = _members(db, own[0])
    shown = [each for each in thread.members if each.mailbox_id in where.conversation or each.id == message_id]
    return shown[::-1] if len(shown) > 1 else []


def ids_of_conversations(db: sqlite3.Connection, view: View, ids: Sequence[int]) -> list[int]:
    """What an act on rows of a list reaches: in a list of conversations all their messages in the view, newest first.

    Ids of messages that are alone, or lie elsewhere, stay as they are; other accounts' are left out. At most EXPANDED.
    """
    if not view.threaded:
        return list(ids)
    where = scope(mailboxes.of_account(db, view.account_id), view).view
    reached: dict[int, None] = {}
    for row in messages.rows(db, view.account_id, ids):
        reached[row.id] = None
        if row.thread_place == ALONE or row.mailbox_id not in where:
            continue
        for mailbox_id in where:
            found = db.execute(
                "SELECT id FROM messages WHERE thread_id = ? AND mailbox_id = ? AND thread_place > 0"
                " ORDER BY id DESC LIMIT ?",
                (row.thread_id, mailbox_id, EXPANDED),
            )
            reached.update(dict.fromkeys(each for (each,) in found))
    return sorted(reached, reverse=True)[:EXPANDED]


def fronts(db: sqlite3.Connection, account_id: int, thread_ids: Sequence[int]) -> list[MessageRow]:
    """The newest message of each thread in each mailbox it has messages in."""
    ids: list[int] = []
    for thread_id in thread_ids:
        found = db.execute(
            f"{_MAILBOXES} SELECT (SELECT max(id) FROM messages WHERE thread_id = :thread"
            " AND mailbox_id = held.mailbox_id AND thread_place > 0) FROM held WHERE mailbox_id IS NOT NULL",
            {"thread": thread_id},
        )
        ids += [one for (one,) in found]
    return [each for each in messages.rows(db, account_id, ids) if each.thread_place == FRONT]


def listed(db: sqlite3.Connection, view: View, row: MessageRow) -> tuple[MessageRow, Conversation | None]:
    """The row that stands for a message in a list, with its conversation: the message's own where it is alone in it."""
    return listed_rows(db, view, [row])[row.id]


def listed_rows(
    db: sqlite3.Connection, view: View, rows: Iterable[MessageRow]
) -> dict[int, tuple[MessageRow, Conversation | None]]:
    """The same for several, by message id."""
    found: dict[int, tuple[MessageRow, Conversation | None]] = {each.id: (each, None) for each in rows}
    together = [each for each, _ in found.values() if view.threaded and each.thread_place != ALONE]
    if not together:
        return found
    where = scope(mailboxes.of_account(db, view.account_id), view)
    held = threads(db, [each.thread_id for each in together])
    shown = {each: as_shown(thread, where) for each, thread in held.items()}
    wanted = [each.front for each in shown.values() if each is not None]
    front_rows = {each.id: each for each in messages.rows(db, view.account_id, wanted)}
    for each in together:
        conversation = shown[each.thread_id]
        if conversation is not None and conversation.front in front_rows:
            found[each.id] = front_rows[conversation.front], conversation
    return found
