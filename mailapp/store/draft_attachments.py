"""Attachments of drafts; each holds its content (contents.copies), which a trigger removes with the last one."""

import sqlite3

from mailapp.store import contents, quotas
from mailapp.values import dataclass


@dataclass(frozen=True, slots=True)
class DraftAttachment:
    id: int
    content_id: int
    name: str
    content_type: str
    size: int
    """Bytes."""
    cid: str
    """Content-ID of an inline image, without angle brackets; "" for a file."""


_COLUMNS = "id, content_id, name, content_type, size, cid"
_INSERT = (
    "INSERT INTO draft_attachments (draft_id, content_id, name, content_type, size, cid) VALUES (?, ?, ?, ?, ?, ?)"
)


def of_draft(db: sqlite3.Connection, draft_id: int) -> tuple[DraftAttachment, ...]:
    """In the order they were added."""
    rows = db.execute(f"SELECT {_COLUMNS} FROM draft_attachments WHERE draft_id = ? ORDER BY id", (draft_id,))
    return tuple(DraftAttachment(*row) for row in rows)


def add(
    db: sqlite3.Connection, draft_id: int, content_id: int, *, name: str, content_type: str, size: int, cid: str
) -> DraftAttachment:
    """Give content to a draft; content written ahead is complete from now on."""
    contents.complete(db, content_id, contents.NO_WORDS, 1)
    row = db.execute(_INSERT, (draft_id, content_id, name, content_type, size, cid))
    assert row.lastrowid is not None
    return DraftAttachment(row.lastrowid, content_id, name, content_type, size, cid)


def remove(db: sqlite3.Connection, draft_id: int, attachment_id: int) -> bool:
    """Remove one, and its content where no other draft holds it; False where the draft has no such attachment."""
    found = db.execute("DELETE FROM draft_attachments WHERE id = ? AND draft_id = ?", (attachment_id, draft_id))
    return found.rowcount > 0


def share(db: sqlite3.Connection, account_id: int, source: int, target: int) -> bool:
    """Give the draft `target` the attachments of `source` as well; both hold the same contents.

    False where the account's quota has no room for them twice: they cost the disk nothing now, but each draft that is
    sent makes a copy of them.
    """
    found = of_draft(db, source)
    if found and not quotas.fits(db, account_id, max(sum(one.size for one in found), 1)):
        return False
    for one in found:
        contents.keep(db, one.content_id)
        db.execute(_INSERT, (target, one.content_id, one.name, one.content_type, one.size, one.cid))
    return True


def totals(db: sqlite3.Connection, draft_id: int) -> tuple[int, int]:
    """(files, bytes of files and inline images together)."""
    files, size = db.execute(
        "SELECT count(*) FILTER (WHERE cid = ''), coalesce(sum(size), 0) FROM draft_attachments WHERE draft_id = ?",
        (draft_id,),
    ).fetchone()
    return files, size
