"""Changing where messages lie and how they are flagged; counters and changes in the same transaction.

Every function takes the account and leaves messages of others alone.
"""

import sqlite3
from collections.abc import Sequence

from mailapp.store import changes, contents, mailboxes, messages, references, search_index


def held(db: sqlite3.Connection, account_id: int, ids: Sequence[int]) -> list[tuple[int, int, int, int, int]]:
    """(id, mailbox, seen, flagged, draft) of the account's messages among `ids`."""
    marks = ", ".join("?" * len(ids))
    return db.execute(
        f"SELECT id, mailbox_id, seen, flagged, draft FROM messages WHERE id IN ({marks}) AND account_id = ?",
        (*ids, account_id),
    ).fetchall()


def set_seen(
    db: sqlite3.Connection, account_id: int, ids: Sequence[int], seen: bool, *, told: bool = True
) -> list[int]:
    """Mark messages read or unread; return the ids that changed. `told`: in the journal, each by itself."""
    changed, counts = [], dict[int, int]()
    for message_id, mailbox_id, was_seen, _, _ in held(db, account_id, ids):
        if bool(was_seen) != seen:
            counts[mailbox_id] = counts.get(mailbox_id, 0) + (-1 if seen else 1)
            changed.append(message_id)
    _set(db, "seen", seen, changed)
    for mailbox_id, unread in counts.items():
        mailboxes.add_counts(db, mailbox_id, 0, unread)
    if told:
        changes.add_each(db, account_id, changes.FLAGS, changed)
    return changed


def set_flagged(
    db: sqlite3.Connection, account_id: int, ids: Sequence[int], flagged: bool, *, told: bool = True
) -> list[int]:
    """Give or take the star; return the ids that changed."""
    changed = [one[0] for one in held(db, account_id, ids) if bool(one[3]) != flagged]
    _set(db, "flagged", flagged, changed)
    if told:
        changes.add_each(db, account_id, changes.FLAGS, changed)
    return changed


def _set(db: sqlite3.Connection, column: str, value: bool, ids: Sequence[int]) -> None:
    if ids:
        db.execute(f"UPDATE messages SET {column} = ? WHERE id IN ({', '.join('?' * len(ids))})", (value, *ids))


def set_answered(db: sqlite3.Connection, account_id: int, message_id: int) -> int:
    """Mark a message as replied to; return the change's sequence number, 0 where nothing changed."""
    row = db.execute(
        "SELECT answered FROM messages WHERE id = ? AND account_id = ?", (message_id, account_id)
    ).fetchone()
    if row is None or row[0]:
        return 0
    db.execute("UPDATE messages SET answered = 1 WHERE id = ?", (message_id,))
    return changes.add(db, account_id, changes.FLAGS, message_id)


def relocate(
    db: sqlite3.Connection, account_id: int, ids: Sequence[int], mailbox_id: int, now_ms: int, *, told: bool = True
) -> dict[int, list[int]]:
    """Move messages; return those that moved, by the mailbox they came from. Raises LookupError for a foreign one.

    A draft lies in Drafts or in the trash and is passed over for any other place; nothing else goes into Drafts.
    """
    role = mailboxes.role_of(db, account_id, mailbox_id)
    came: dict[int, list[int]] = {}
    unread: dict[int, int] = {}
    for message_id, old, seen, _, draft in held(db, account_id, ids):
        if old == mailbox_id or (role not in ("drafts", "trash") if draft else role == "drafts"):
            continue
        came.setdefault(old, []).append(message_id)
        unread[old] = unread.get(old, 0) + (0 if seen else 1)
    moved = [each for found in came.values() for each in found]
    if moved:
        marks = ", ".join("?" * len(moved))
        filed_at = now_ms if role in mailboxes.HIDDEN else 0
        db.execute(
            f"UPDATE messages SET mailbox_id = ?, filed_at = ? WHERE id IN ({marks})", (mailbox_id, filed_at, *moved)
        )
    for old, found in came.items():
        mailboxes.add_counts(db, old, -len(found), -unread[old])
    mailboxes.add_counts(db, mailbox_id, len(moved), sum(unread.values()))
    if told:
        changes.add_each(db, account_id, changes.MOVED, moved)
    return came


def homes(db: sqlite3.Connection, account_id: int, ids: Sequence[int]) -> dict[int, list[int]]:
    """Where messages taken out of the trash belong, by mailbox: drafts to Drafts, own ones to Sent, others here."""
    roles: dict[str, list[int]] = {}
    marks = ", ".join("?" * len(ids))
    for message_id, draft, to_count in db.execute(
        f"SELECT id, draft, to_count FROM messages WHERE id IN ({marks}) AND account_id = ?", (*ids, account_id)
    ):
        roles.setdefault("drafts" if draft else "sent" if to_count else "inbox", []).append(message_id)
    return {mailboxes.by_role(db, account_id, role): found for role, found in roles.items()}


def erase_from_trash(db: sqlite3.Connection, account_id: int, ids: Sequence[int]) -> list[int]:
    """Remove those of the messages for good that lie in the trash or in junk; return their ids."""
    places = {mailboxes.by_role(db, account_id, role) for role in mailboxes.HIDDEN}
    gone = [one[0] for one in held(db, account_id, ids) if one[1] in places]
    for message_id in gone:
        erase(db, account_id, message_id)
    return gone


def due(db: sqlite3.Connection, role: str, before_ms: int, limit: int) -> list[tuple[int, int]]:
    """(id, account) of messages that came to any account's mailbox of this role before a time."""
    return db.execute(
        "SELECT m.id, m.account_id FROM mailboxes b CROSS JOIN messages m INDEXED BY messages_filed"
        " ON m.mailbox_id = b.id WHERE b.role = ? AND m.filed_at > 0 AND m.filed_at < ? LIMIT ?",
        (role, before_ms, limit),
    ).fetchall()


def erase(db: sqlite3.Connection, account_id: int, message_id: int) -> None:
    """Remove a message for good, with its search row, and its content where it was the last copy."""
    row = db.execute(
        "SELECT mailbox_id, content_id, size, seen, delivered_to, also_delivered_to, refs, attachment_count,"
        " search_number"
        " FROM messages WHERE id = ? AND account_id = ?",
        (message_id, account_id),
    ).fetchone()
    if row is None:
        return
    mailbox_id, content_id, size, seen, delivered_to, also, refs, files, number = row
    addressees = messages.addressees(delivered_to, also)
    words = contents.words(db, content_id)
    held_by = search_index.account_words(account_id, words.version, addressees, size, files)
    search_index.remove(db, message_id, number, held_by, words)
    db.executemany(
        "DELETE FROM message_addressees WHERE address = ? AND message_id = ?",
        [(address, message_id) for address in addressees],
    )
    db.executemany(
        "DELETE FROM message_refs WHERE account_id = ? AND hash = ? AND message_id = ?",
        [(account_id, value, message_id) for value in references.unpack(refs)],
    )
    db.execute("DELETE FROM messages WHERE id = ?", (message_id,))
    mailboxes.add_counts(db, mailbox_id, -1, 0 if seen else -1)
    db.execute("UPDATE accounts SET bytes_used = bytes_used - ? WHERE id = ?", (size, account_id))
    contents.release(db, content_id)


def erase_some(db: sqlite3.Connection, account_id: int, limit: int) -> int:
    """Erase up to `limit` of an account's messages, oldest first; return how many: for removing an account."""
    ids = db.execute("SELECT id FROM messages WHERE account_id = ? ORDER BY id LIMIT ?", (account_id, limit)).fetchall()
    for (message_id,) in ids:
        erase(db, account_id, message_id)
    return len(ids)
