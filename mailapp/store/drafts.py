"""Drafts: what a compose page holds, and its row in the account's Drafts.

A draft is withdrawn (no row in Drafts, message_id NULL) while its submission can be recalled, and dropped for good once
the queue has begun with it.
"""

import sqlite3

from mailapp.mail.draft import Draft, from_json, to_json
from mailapp.mail.draft_listing import DraftListing
from mailapp.store import changes, contents, draft_attachments, filings, mailboxes, search_index
from mailapp.store.arrivals import MessageIds
from mailapp.store.draft_attachments import DraftAttachment
from mailapp.values import dataclass

PLACEHOLDER = b"\r\n"
"""Content of a row in Drafts: the draft itself is in `fields`."""


class DraftSubmitted(Exception):
    """The draft is submitted and can only be recalled: a save that comes late must not make it a second time."""


@dataclass(frozen=True, slots=True)
class StoredDraft:
    id: int
    account_id: int
    message_id: int | None
    """Its row in Drafts; None while it is submitted and can be recalled."""
    key: str
    revision: int
    draft: Draft
    updated_ms: int
    attachments: tuple[DraftAttachment, ...]


@dataclass(frozen=True, slots=True)
class Saved:
    draft_id: int
    message_id: int
    revision: int
    """What the next save has to name."""
    forked: bool
    """Somebody else saved meanwhile, so that this became a draft of its own."""
    seq: int
    """Of the change; 0 where nothing changed."""
    key: str
    """The key asked for, another one where it forked."""
    without_files: bool = False
    """It forked, and its files stayed with the other draft: the account's quota has no room for them twice."""


def save(
    db: sqlite3.Connection,
    ids: MessageIds,
    account_id: int,
    key: str,
    draft: Draft,
    listing: DraftListing,
    revision: int | None,
    now_ms: int,
) -> Saved:
    """Keep a draft. `listing` is its own, `revision` the one its page saw last, None where it saw none.

    A new key makes a draft. A known one is overwritten by who saw its last revision; what others write becomes a draft
    of its own, so that nothing is lost, attachments included where the account's quota has room for them twice. The
    same once more changes nothing. Raises DraftSubmitted, and LookupError where the account is gone.
    """
    draft = from_json(to_json(draft))  # as it will be read again
    held = db.execute(
        "SELECT id, message_id, revision, fields FROM drafts WHERE account_id = ? AND key = ?", (account_id, key)
    ).fetchone()
    if held is None:
        return _create(db, ids, account_id, key, draft, listing, now_ms, None)
    draft_id, message_id, current, fields = held
    if message_id is None:
        raise DraftSubmitted(draft_id)
    if fields == to_json(draft):
        return Saved(draft_id, message_id, current, False, 0, key)
    if (revision or 1) != current:
        return _fork(db, ids, account_id, key, draft, listing, now_ms, draft_id)
    db.execute(
        "UPDATE drafts SET fields = ?, revision = ?, updated_at = ? WHERE id = ?",
        (to_json(draft), current + 1, now_ms, draft_id),
    )
    _show(db, account_id, message_id, listing, now_ms)
    _weigh(db, account_id, draft_id, message_id)
    seq = _return_from_trash(db, account_id, message_id, now_ms) or changes.add(
        db, account_id, changes.FLAGS, message_id
    )
    return Saved(draft_id, message_id, current + 1, False, seq, key)


def _create(
    db: sqlite3.Connection,
    ids: MessageIds,
    account_id: int,
    key: str,
    draft: Draft,
    listing: DraftListing,
    now_ms: int,
    forked_from: int | None,
) -> Saved:
    row = db.execute(
        "INSERT INTO drafts (account_id, key, fields, updated_at) VALUES (?, ?, ?, ?)",
        (account_id, key, to_json(draft), now_ms),
    )
    draft_id = row.lastrowid
    assert draft_id is not None
    without = forked_from is not None and not draft_attachments.share(db, account_id, forked_from, draft_id)
    message_id, seq = _list(db, ids, account_id, draft_id, listing, now_ms)
    return Saved(draft_id, message_id, 1, forked_from is not None, seq, key, without)


def _fork(
    db: sqlite3.Connection,
    ids: MessageIds,
    account_id: int,
    key: str,
    draft: Draft,
    listing: DraftListing,
    now_ms: int,
    draft_id: int,
) -> Saved:
    """Keep what was written without a look at the last revision beside it; the same once more makes no second one."""
    forks = {
        row[0]: row[1:]
        for row in db.execute(
            "SELECT key, id, message_id, revision, fields = ? FROM drafts"
            " WHERE account_id = ? AND substr(key, 1, ?) = ?",
            (to_json(draft), account_id, len(key) + 1, f"{key}~"),
        )
    }
    for fork, (fork_id, message_id, revision, same) in forks.items():
        if same and message_id is not None:
            return Saved(fork_id, message_id, revision, True, 0, fork)
    number = 1
    while f"{key}~{number}" in forks:
        number += 1
    return _create(db, ids, account_id, f"{key}~{number}", draft, listing, now_ms, draft_id)


def _list(
    db: sqlite3.Connection, ids: MessageIds, account_id: int, draft_id: int, listing: DraftListing, now_ms: int
) -> tuple[int, int]:
    """Give a draft its row in Drafts; return (message id, seq)."""
    mailbox_id = mailboxes.by_role(db, account_id, "drafts")
    message_id = ids.next(db, now_ms)
    content_id = contents.add(db, PLACEHOLDER, contents.NO_WORDS, 1)
    db.execute(
        "INSERT INTO messages (id, account_id, mailbox_id, content_id, thread_id, size, from_name, from_address,"
        " subject, preview, delivered_to, seen, draft) VALUES (?, ?, ?, ?, ?, ?, '', '', '', '', '', 1, 1)",
        (message_id, account_id, mailbox_id, content_id, message_id, len(PLACEHOLDER)),
    )
    # erasing takes this row out again, as it does for every message
    search_index.add(db, message_id, 0, search_index.account_words(account_id, 0, (), 0, 0), contents.NO_WORDS)
    mailboxes.add_counts(db, mailbox_id, 1, 0)
    db.execute("UPDATE accounts SET bytes_used = bytes_used + ? WHERE id = ?", (len(PLACEHOLDER), account_id))
    db.execute("UPDATE drafts SET message_id = ? WHERE id = ?", (message_id, draft_id))
    _show(db, account_id, message_id, listing, now_ms)
    _weigh(db, account_id, draft_id, message_id)
    return message_id, changes.add(db, account_id, changes.DELIVERED, message_id)


def _show(db: sqlite3.Connection, account_id: int, message_id: int, listing: DraftListing, now_ms: int) -> None:
    """Bring what lists show of a draft up to date."""
    name = db.execute("SELECT name FROM accounts WHERE id = ?", (account_id,)).fetchone()[0]
    db.execute(
        "UPDATE messages SET date_ms = ?, from_name = ?, from_address = ?, reverse_path = ?, subject = ?, preview = ?,"
        " to_names = ?, to_count = ? WHERE id = ?",
        (
            now_ms,
            name,
            listing.from_,
            listing.from_,
            listing.subject,
            listing.preview,
            listing.to_names,
            listing.to_count,
            message_id,
        ),
    )


def _weigh(db: sqlite3.Connection, account_id: int, draft_id: int, message_id: int) -> None:
    """Bring a draft's size, the account's bytes and the paper clip up to date with its text and attachments."""
    files, size = draft_attachments.totals(db, draft_id)
    before, written = db.execute(
        "SELECT m.size, length(CAST(d.fields AS BLOB)) FROM messages m, drafts d WHERE m.id = ? AND d.id = ?",
        (message_id, draft_id),
    ).fetchone()
    size += len(PLACEHOLDER) + written
    db.execute("UPDATE messages SET attachment_count = ?, size = ? WHERE id = ?", (files, size, message_id))
    db.execute("UPDATE accounts SET bytes_used = bytes_used + ? WHERE id = ?", (size - before, account_id))


def _return_from_trash(db: sqlite3.Connection, account_id: int, message_id: int, now_ms: int) -> int:
    """A draft that somebody still writes lies in Drafts; the seq, 0 where it lay there."""
    mailbox_id = mailboxes.by_role(db, account_id, "drafts")
    moved = filings.relocate(db, account_id, [message_id], mailbox_id, now_ms)
    return changes.latest(db) if moved else 0


_COLUMNS = "id, account_id, message_id, key, revision, fields, updated_at"


def get(db: sqlite3.Connection, account_id: int, draft_id: int) -> StoredDraft | None:
    return _one(db, "id = ? AND account_id = ?", (draft_id, account_id))


def by_message(db: sqlite3.Connection, account_id: int, message_id: int) -> StoredDraft | None:
    """The draft behind a row in Drafts."""
    return _one(db, "message_id = ? AND account_id = ?", (message_id, account_id))


def by_key(db: sqlite3.Connection, account_id: int, key: str) -> StoredDraft | None:
    return _one(db, "account_id = ? AND key = ?", (account_id, key))


def _one(db: sqlite3.Connection, where: str, parameters: tuple[int | str, ...]) -> StoredDraft | None:
    row = db.execute(f"SELECT {_COLUMNS} FROM drafts WHERE {where}", parameters).fetchone()
    if row is None:
        return None
    draft_id, account_id, message_id, key, revision, fields, updated_ms = row
    attachments = draft_attachments.of_draft(db, draft_id)
    return StoredDraft(draft_id, account_id, message_id, key, revision, from_json(fields), updated_ms, attachments)


def add_attachment(
    db: sqlite3.Connection,
    account_id: int,
    draft_id: int,
    content_id: int,
    name: str,
    content_type: str,
    size: int,
    cid: str = "",
) -> DraftAttachment:
    """Attach stored content, written ahead (`contents.expect`) or whole; from now on it goes with the draft.

    Raises LookupError where the account has no such draft, or it is submitted; the content is the caller's then.
    """
    message_id = _listed(db, account_id, draft_id)
    if message_id is None:
        raise LookupError(draft_id)
    added = draft_attachments.add(db, draft_id, content_id, name=name, content_type=content_type, size=size, cid=cid)
    _weigh(db, account_id, draft_id, message_id)
    changes.add(db, account_id, changes.FLAGS, message_id)
    return added


def remove_attachment(db: sqlite3.Connection, account_id: int, draft_id: int, attachment_id: int) -> int:
    """Take an attachment off with its content; the seq, 0 where there is no such attachment."""
    message_id = _listed(db, account_id, draft_id)
    if message_id is None or not draft_attachments.remove(db, draft_id, attachment_id):
        return 0
    _weigh(db, account_id, draft_id, message_id)
    return changes.add(db, account_id, changes.FLAGS, message_id)


def discard(db: sqlite3.Connection, account_id: int, draft_id: int) -> int:
    """Remove a draft, its row and its attachments; the seq, 0 where there is none or it is submitted."""
    message_id = _listed(db, account_id, draft_id)
    if message_id is None:
        return 0
    filings.erase(db, account_id, message_id)  # the draft goes with its row
    return changes.add(db, account_id, changes.REMOVED, message_id)


def _listed(db: sqlite3.Connection, account_id: int, draft_id: int) -> int | None:
    """The row in Drafts of a draft that is not submitted."""
    row = db.execute("SELECT message_id FROM drafts WHERE id = ? AND account_id = ?", (draft_id, account_id)).fetchone()
    return None if row is None else row[0]


def withdraw(db: sqlite3.Connection, account_id: int, draft_id: int) -> int:
    """Take a draft that is being submitted out of Drafts, kept for a recall. Raises LookupError; returns the seq."""
    message_id = _listed(db, account_id, draft_id)
    if message_id is None:
        raise LookupError(draft_id)
    db.execute("UPDATE drafts SET message_id = NULL WHERE id = ?", (draft_id,))  # or it would go with its row
    filings.erase(db, account_id, message_id)
    return changes.add(db, account_id, changes.REMOVED, message_id)


def bring_back(
    db: sqlite3.Connection, ids: MessageIds, account_id: int, draft_id: int, listing: DraftListing, now_ms: int
) -> int:
    """Put a withdrawn draft back into Drafts, as `listing` shows it; its new message id. Raises LookupError."""
    held = get(db, account_id, draft_id)
    if held is None or held.message_id is not None:
        raise LookupError(draft_id)
    return _list(db, ids, account_id, draft_id, listing, now_ms)[0]


def drop(db: sqlite3.Connection, *draft_ids: int) -> None:
    """Forget withdrawn drafts and their attachments: their submissions can be recalled no more."""
    marks = ", ".join("?" * len(draft_ids))
    db.execute(f"DELETE FROM drafts WHERE id IN ({marks}) AND message_id IS NULL", draft_ids)
