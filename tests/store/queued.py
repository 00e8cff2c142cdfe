"""Drafts and submitted messages as tests of the queue need them."""

import sqlite3
from dataclasses import dataclass

from mailapp.mail.draft import Draft
from mailapp.mail.draft_listing import listing
from mailapp.store import arrivals, drafts, queue
from mailapp.store.arrivals import MessageIds
from mailapp.store.database import Database
from mailapp.store.queue import NewItem
from tests.store.support import arrival, check_index

NOW = 1_795_000_000_000
LETTER = Draft(from_="lin@yuanye.example", to="周婧 <zhou@bei.example>", subject="周三见", text="三点可以吗？")


@dataclass(frozen=True)
class Sent:
    item_id: int
    message_id: int
    content_id: int
    draft_id: int
    seq: int


async def submit(
    database: Database,
    account_id: int,
    *recipients: str,
    at: int = NOW,
    hold_ms: int = 0,
    draft: Draft | None = None,
    key: str = "k",
    message_id: str = "1@yuanye.example",
    ids: MessageIds | None = None,
    reverse_path: str = "lin@yuanye.example",
) -> Sent:
    """A submission as flow makes it: the copy in Sent, the item, and the draft withdrawn where there is one."""
    ids = ids or MessageIds()

    def work(db: sqlite3.Connection) -> Sent:
        draft_id = 0
        if draft is not None:
            draft_id = drafts.save(db, ids, account_id, key, draft, listing(draft), None, at).draft_id
        letter = arrival(account_id, subject="周三见", references=(message_id,))
        copy = arrivals.add_sent(db, ids, letter, account_id, at, "周婧", len(recipients))
        new = NewItem(
            account_id=account_id,
            message_id=copy.message_id,
            content_id=copy.content_id,
            draft_id=draft_id,
            reverse_path=reverse_path,
            ref_hash=arrivals.reference_hash(message_id),
            subject="周三见",
            size=20,
            utf8=False,
            recipients=recipients or ("zhou@bei.example",),
            release_ms=at + hold_ms,
            scheduled=False,
        )
        item_id = queue.add(db, new, at)
        if draft_id:
            drafts.withdraw(db, account_id, draft_id)
        return Sent(item_id, copy.message_id, copy.content_id, draft_id, copy.seq)

    return await database.write(work)


async def next_due(database: Database) -> int | None:
    """When the next attempt is due; None where nothing is planned."""
    return min((lane.next_ms for lane in await database.read(queue.lanes)), default=None)


async def count(database: Database, table: str) -> int:
    return int(await database.read(lambda db: db.execute(f"SELECT count(*) FROM {table}").fetchone()[0]))


async def check_books(database: Database, account_id: int) -> None:
    """Counters, bytes, content and the full-text index agree with the messages there are."""

    def check(db: sqlite3.Connection) -> None:
        for mailbox_id, total, unread in db.execute("SELECT id, total, unread FROM mailboxes").fetchall():
            found = db.execute(
                "SELECT count(*), count(*) FILTER (WHERE seen = 0) FROM messages WHERE mailbox_id = ?", (mailbox_id,)
            ).fetchone()
            assert (total, unread) == found
        used, held = db.execute(
            "SELECT bytes_used, (SELECT coalesce(sum(size), 0) FROM messages WHERE account_id = accounts.id)"
            " FROM accounts WHERE id = ?",
            (account_id,),
        ).fetchone()
        assert used == held
        for content_id, copies in db.execute("SELECT id, copies FROM contents").fetchall():
            holders = db.execute(
                "SELECT (SELECT count(*) FROM messages WHERE content_id = :id)"
                " + (SELECT count(*) FROM queue_items WHERE content_id = :id)"
                " + (SELECT count(*) FROM draft_attachments WHERE content_id = :id)",
                {"id": content_id},
            ).fetchone()[0]
            assert copies == holders
        orphans = "SELECT count(*) FROM content_chunks WHERE key / 65536 NOT IN (SELECT id FROM contents)"
        assert db.execute(orphans).fetchone() == (0,)
        check_index(db)
        assert db.execute("PRAGMA foreign_key_check").fetchall() == []

    await database.write(check)
