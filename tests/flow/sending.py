"""A desk to write at: drafting, submission and queueing over one database and one fake clock."""

import sqlite3
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

from mailapp.events import Bus
from mailapp.flow.drafting import Drafting
from mailapp.flow.queueing import Queueing
from mailapp.flow.submission import Submission, Submitted
from mailapp.mail.content import MemoryContent
from mailapp.mail.draft import Draft
from mailapp.mail.message import Message
from mailapp.mail.parser import decoded, parse
from mailapp.store import accounts, drafts, mailboxes, messages, queue, settings
from mailapp.store.accounts import Account
from mailapp.store.arrivals import MessageIds
from mailapp.store.contents import StoredContent
from mailapp.store.database import Database
from mailapp.store.drafts import StoredDraft
from tests.conftest import make_account

HOSTNAME = "mail.yuanye.example"
NOW_S = 1_790_000_000.0
"""Monday 21 September 2026, 14:13:20 UTC."""
LETTER = Draft(to="周婧 <zhou@sanlian.example>", subject="第二版校样", text="周老师好：\n\n校样看完了。\n")


class Clock:
    def __init__(self) -> None:
        self.now = NOW_S

    def __call__(self) -> float:
        return self.now


class Desk:
    """Lin's desk."""

    def __init__(self, database: Database, bus: Bus, spool_dir: Path, max_message_size: int = 35 * 1024 * 1024) -> None:
        self.database = database
        self.bus = bus
        self.clock = Clock()
        self.account_id = 0
        self.ids = ids = MessageIds()
        self.drafting = Drafting(
            database,
            bus,
            ids,
            hostname=HOSTNAME,
            spool_dir=spool_dir,
            max_message_size=max_message_size,
            clock=self.clock,
        )
        self.submission = Submission(
            database,
            bus,
            ids,
            hostname=HOSTNAME,
            spool_dir=spool_dir,
            max_message_size=max_message_size,
            clock=self.clock,
        )
        self.queueing = Queueing(database, bus, self.clock)

    async def account(self) -> Account:
        found = await self.database.read(accounts.get, self.account_id)
        assert found is not None
        return found

    async def save(self, key: str = "k1", draft: Draft = LETTER, revision: int | None = None) -> drafts.Saved:
        return await self.drafting.save(self.account_id, key, draft, revision)

    async def draft(self, draft_id: int) -> StoredDraft | None:
        return await self.database.read(drafts.get, self.account_id, draft_id)

    async def attach(
        self,
        draft_id: int,
        name: str,
        data: bytes,
        content_type: str = "application/pdf",
        cid: str = "",
        piece: int = 65_536,
    ) -> int:
        pieces = in_pieces(data, piece)
        return (await self.drafting.attach(self.account_id, draft_id, name, content_type, pieces, cid)).id

    async def submit(self, draft_id: int, at_ms: int | None = None) -> Submitted:
        return await self.submission.submit(await self.account(), draft_id, at_ms)

    async def send(self, key: str = "k1", **fields: str | int) -> Submitted:
        """Write and submit at once."""
        draft = replace(LETTER, **fields)  # type: ignore[arg-type]
        return await self.submit((await self.save(key, draft)).draft_id)

    async def item(self, item_id: int) -> queue.Item:
        found = await self.database.read(queue.get, None, item_id)
        assert found is not None
        return found

    async def claim(self) -> list[queue.Claim]:
        """What the relay does first."""
        return await self.database.write(queue.due, int(self.clock.now * 1000), 100)

    async def set(self, name: str, value: str) -> None:
        await self.database.write(settings.set_, name, value)

    async def folder(self, role: str) -> list[messages.MessageRow]:
        def read(db: sqlite3.Connection) -> list[messages.MessageRow]:
            mailbox_id = mailboxes.by_role(db, self.account_id, role)
            return messages.page(db, messages.View(self.account_id, mailbox_id), None, 50)

        return await self.database.read(read)

    async def sent(self, message_id: int) -> bytes:
        """The copy in Sent, byte for byte."""

        def read(db: sqlite3.Connection) -> bytes:
            stored = messages.get(db, self.account_id, message_id)
            assert stored is not None
            content = StoredContent(db, stored.content_id)
            return content.read(0, content.size)

        return await self.database.read(read)

    async def sent_message(self, message_id: int) -> Message:
        return parse(MemoryContent(await self.sent(message_id)))

    async def sent_files(self, message_id: int) -> dict[str, bytes]:
        data = MemoryContent(await self.sent(message_id))
        return {part.name: b"".join(decoded(data, part)) for part in parse(data).attachments}

    async def contents(self) -> int:
        """How many contents the store holds, half-written ones included."""
        return await self.database.read(lambda db: db.execute("SELECT count(*) FROM contents").fetchone()[0])


async def desk_of(database: Database, bus: Bus, spool_dir: Path, max_message_size: int = 35 * 1024 * 1024) -> Desk:
    desk = Desk(database, bus, spool_dir, max_message_size)
    desk.account_id = await make_account(database)
    return desk


async def in_pieces(data: bytes, size: int = 65_536) -> AsyncIterator[bytes]:
    for start in range(0, len(data), size):
        yield data[start : start + size]
