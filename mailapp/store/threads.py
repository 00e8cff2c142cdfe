"""Threads at delivery: which one a message joins, and threads that turn out to be one.

A thread bears the id of its first message. `messages.thread_place` says how each message stands in it (MessageRow);
moving and removing keep it true by triggers (migration of conversations), joining and merging do it here.
"""

import sqlite3
from collections.abc import Sequence

from mailapp.mail import threads as subjects
from mailapp.mail import words
from mailapp.mail.address import fold
from mailapp.store import changes, search_rows

ALONE, FRONT, BEHIND = 0, 1, 2
"""Values of thread_place: no company ever, the newest of its thread in its mailbox, one behind that."""
MERGED_LIMIT = 500
"""Messages one delivery may move into another thread; longer threads stay apart."""
LATEST_MS = 30 * 86_400_000
"""How far back an answer that names no message is compared by subject."""
LOOKED_AT = 20
"""Messages of a subject it is compared with."""
SUBJECT_LOOKED_FOR = 200
"""Characters of a subject that are searched for."""


def thread_of(db: sqlite3.Connection, account_id: int, hashes: Sequence[int]) -> int | None:
    """The thread of the messages known by one of these hashes (arrivals.reference_hash); None for none.

    Where they belong to several threads, those become one.
    """
    if not hashes:
        return None
    if len(hashes) == 1:
        found = db.execute(
            "SELECT m.thread_id FROM message_refs r JOIN messages m ON m.id = r.message_id"
            " WHERE r.account_id = ? AND r.hash = ? LIMIT 1",
            (account_id, hashes[0]),
        ).fetchone()
        return None if found is None else int(found[0])
    # one message for each hash will do: all that name the same hash are in one thread
    marks = ", ".join(["(?)"] * len(hashes))
    rows = db.execute(
        f"WITH named(hash) AS (VALUES {marks}) SELECT m.thread_id FROM named CROSS JOIN messages m"
        " ON m.id = (SELECT message_id FROM message_refs r WHERE r.account_id = ? AND r.hash = named.hash LIMIT 1)",
        (*hashes, account_id),
    ).fetchall()
    known = dict.fromkeys(int(row[0]) for row in rows)
    return merge(db, account_id, list(known)) if len(known) > 1 else next(iter(known), None)


def may_answer(subject: str) -> bool:
    """Whether a subject has the prefix of an answer, so that `answered_thread` may find something."""
    # most subjects have no colon, and every delivery asks
    return (":" in subject or "：" in subject) and subjects.take_apart(subject).answers


def answered_thread(db: sqlite3.Connection, account_id: int, subject: str, sender: str, now_ms: int) -> int | None:
    """The thread an answer belongs to that names no message we know (RFC 5256's idea, with people and time).

    Only a subject with the prefix of an answer, to a recent message of somebody else that has the same subject and
    names `sender` among its people: so bills of one sender never come together, whatever their subjects.
    """
    if not may_answer(subject):
        return None
    about = subjects.take_apart(subject)
    author = fold(sender)
    if not about.base or not author:
        return None
    phrase, person = _phrase(about.base[:SUBJECT_LOOKED_FOR]), _phrase(author)
    if not phrase or not person:
        return None
    asked = f"account : a{account_id} AND subject : {phrase} AND people : {person}"
    for thread_id, other_subject, other_author, people in _asked(db, account_id, asked, (now_ms - LATEST_MS) << 12):
        same = subjects.take_apart(other_subject).base == about.base
        if same and fold(other_author) != author and author in people.lower().split():
            return int(thread_id)
    return None


def _asked(db: sqlite3.Connection, account_id: int, asked: str, after: int) -> list[tuple[int, str, str, str]]:
    """(thread, subject, author, words of its people) of messages above an id the full text answers, newest first."""
    found = []
    for table in (search_rows.DENSE, search_rows.BY_ID):
        low, high = after, 1 << 62
        if table is search_rows.DENSE:
            low, high = search_rows.first_from(db, account_id, after), search_rows.number_of(account_id + 1, 0)
        found += db.execute(
            f"SELECT m.id, m.thread_id, m.subject, m.from_address, c.words_people FROM {table.name} s{table.joined}"
            f" CROSS JOIN messages m ON m.id = {table.id} CROSS JOIN contents c ON c.id = m.content_id"
            f" WHERE s.{table.name} MATCH ? AND s.rowid >= ? AND s.rowid < ?{table.also} AND m.account_id = ?"
            " ORDER BY s.rowid DESC LIMIT ?",
            (asked, low, high, *[account_id] * bool(table.also), account_id, LOOKED_AT),
        ).fetchall()
    return [row[1:] for row in sorted(found, reverse=True)[:LOOKED_AT]]


def _phrase(text: str) -> str:
    """A phrase of the full text, whole words only; "" where there is no word."""
    return words.query_phrase(text, exact=True)


def join(db: sqlite3.Connection, thread_id: int, mailbox_id: int) -> int:
    """Make room for a message that is about to join a thread and is newer than all of it; return its thread_place."""
    first = db.execute("SELECT mailbox_id, thread_place FROM messages WHERE id = ?", (thread_id,)).fetchone()
    if first is not None and first[1] == ALONE:
        place = BEHIND if first[0] == mailbox_id else FRONT
        db.execute("UPDATE messages SET thread_place = ? WHERE id = ?", (place, thread_id))
        return FRONT
    front = _front(db, thread_id, mailbox_id)
    if front is not None:
        db.execute("UPDATE messages SET thread_place = ? WHERE id = ?", (BEHIND, front))
    return FRONT


def join_older(db: sqlite3.Connection, thread_id: int, mailbox_id: int, message_id: int) -> int:
    """`join` for a message that may be older than what is there already; return its thread_place."""
    first = db.execute("SELECT mailbox_id, thread_place FROM messages WHERE id = ?", (thread_id,)).fetchone()
    if first is not None and first[1] == ALONE:
        newest = thread_id if first[0] == mailbox_id else None
        place = BEHIND if newest is not None and message_id > newest else FRONT
        db.execute("UPDATE messages SET thread_place = ? WHERE id = ?", (place, thread_id))
    else:
        newest = _front(db, thread_id, mailbox_id)
        if newest is not None and message_id > newest:
            db.execute("UPDATE messages SET thread_place = ? WHERE id = ?", (BEHIND, newest))
    return BEHIND if newest is not None and message_id < newest else FRONT


def merge(db: sqlite3.Connection, account_id: int, thread_ids: Sequence[int]) -> int:
    """Make one thread of several as far as MERGED_LIMIT allows; return the one that is left, the longest."""
    sized = sorted(((_size(db, each), -each) for each in thread_ids), reverse=True)
    target = -sized[0][1]
    room = MERGED_LIMIT
    for size, negative in sized[1:]:
        if size <= room:
            room -= size
            _move(db, account_id, -negative, target)
    return target


def _size(db: sqlite3.Connection, thread_id: int) -> int:
    """How many messages a thread has, as far as it matters."""
    found: int = db.execute(
        "SELECT count(*) FROM (SELECT 1 FROM messages WHERE thread_id = ? AND thread_place > 0 LIMIT ?)",
        (thread_id, MERGED_LIMIT + 1),
    ).fetchone()[0]
    return found or 1


def _move(db: sqlite3.Connection, account_id: int, source: int, target: int) -> None:
    """Move the messages of a short thread into another and tell the journal of those lists showed."""
    db.execute("UPDATE messages SET thread_place = ? WHERE id = ? AND thread_place = ?", (FRONT, target, ALONE))
    db.execute("UPDATE messages SET thread_place = ? WHERE id = ? AND thread_place = ?", (FRONT, source, ALONE))
    moved = db.execute(
        "SELECT id, mailbox_id, thread_place FROM messages WHERE thread_id = ? AND thread_place > 0", (source,)
    ).fetchall()
    mailboxes = {mailbox_id for _, mailbox_id, _ in moved}
    before = {each: _front(db, target, each) for each in mailboxes}
    db.executemany(
        "UPDATE messages SET thread_id = ?, thread_place = ? WHERE id = ?",
        [(target, BEHIND, message_id) for message_id, _, _ in moved],
    )
    for mailbox_id, old in before.items():
        if old is not None:
            db.execute("UPDATE messages SET thread_place = ? WHERE id = ?", (BEHIND, old))
        front = _front(db, target, mailbox_id)
        db.execute("UPDATE messages SET thread_place = ? WHERE id = ?", (FRONT, front))
    for message_id, _, place in moved:
        if place == FRONT:
            changes.add(db, account_id, changes.THREADS, message_id)


def _front(db: sqlite3.Connection, thread_id: int, mailbox_id: int) -> int | None:
    found: int | None = db.execute(
        "SELECT max(id) FROM messages WHERE thread_id = ? AND mailbox_id = ? AND thread_place > 0",
        (thread_id, mailbox_id),
    ).fetchone()[0]
    return found


def set_in_order(db: sqlite3.Connection, message_ids: Sequence[int]) -> None:
    """Put the threads of these messages right, which joined them though they are not their newest."""
    for message_id in message_ids:
        row = db.execute("SELECT thread_id, thread_place FROM messages WHERE id = ?", (message_id,)).fetchone()
        if row is not None and row[1] != ALONE:
            db.execute(
                "UPDATE messages SET thread_place = CASE WHEN EXISTS (SELECT 1 FROM messages n WHERE"
                " n.thread_id = messages.thread_id AND n.mailbox_id = messages.mailbox_id AND n.thread_place > 0"
                f" AND n.id > messages.id) THEN {BEHIND} ELSE {FRONT} END WHERE thread_id = ? AND thread_place > 0",
                (row[0],),
            )
