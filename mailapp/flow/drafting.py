"""Drafting: what a compose page holds, kept while it is written; then the event."""

import asyncio
import sqlite3
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path

from mailapp.events import Bus, Changed
from mailapp.flow import attaching
from mailapp.flow.attaching import DraftRefused, DraftTooLarge, File, files_of, received, room_of
from mailapp.flow.outgoing import TEXT_ON_LOOP, listing_of, message_id_of
from mailapp.flow.writing import write_ahead
from mailapp.mail.draft import Draft, from_json, to_json, too_long
from mailapp.mail.draft_listing import DraftListing
from mailapp.mail.html_text import html_to_text
from mailapp.store import contents, drafts, quotas, submissions
from mailapp.store.arrivals import MessageIds, reference_hash
from mailapp.store.database import Database
from mailapp.store.draft_attachments import DraftAttachment
from mailapp.store.drafts import Saved, StoredDraft
from mailapp.store.submissions import Submitted

__all__ = ["AlreadySubmitted", "DraftRefused", "DraftTooLarge", "Drafting"]

DRAFTS_LIMIT = 1_000
"""Drafts of one account."""
UPLOADS_LIMIT = 6
"""Attachments of one account that may be on their way at once: as many connections as a browser opens."""
KEY_LIMIT = 100
"""Characters of a draft's key."""
FORKS_LOOKED_AT = 20
"""Other drafts of one key that a repeated save is compared with."""


class AlreadySubmitted(Exception):
    """The draft is on its way; `submitted` tells as what. A save that comes late makes no second one."""

    def __init__(self, submitted: Submitted) -> None:
        super().__init__(submitted.item_id)
        self.submitted = submitted


class Drafting:
    """Keeps drafts and their attachments. One per process, on the event loop."""

    def __init__(
        self,
        database: Database,
        bus: Bus,
        ids: MessageIds,
        *,
        hostname: str,
        spool_dir: Path,
        max_message_size: int,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """`ids` is the one delivery uses, `hostname` the one submission does; `max_message_size` is in bytes."""
        self._database = database
        self._bus = bus
        self._ids = ids
        self._hostname = hostname
        self._spool_dir = spool_dir
        self._max_message_size = max_message_size
        self._clock = clock
        self._uploads: Counter[int] = Counter()

    async def save(self, account_id: int, key: str, draft: Draft, revision: int | None) -> Saved:
        """Keep a draft; on disk when this returns. `revision` is the one its page saw last, None where it saw none.

        The key is random, made by the page, and names one message for ever. The same save once more changes nothing;
        one over somebody else's becomes a draft of its own (`Saved.forked`, with `Saved.key`), where the account is
        full without files (`Saved.without_files`). Text is made of the HTML where there is some.

        Raises DraftRefused, AlreadySubmitted, StoreError, LookupError where the account is gone.
        """
        if not 0 < len(key) <= KEY_LIMIT or not key.isascii() or not key.isprintable():
            raise DraftRefused("wrong_key")
        name = too_long(draft)
        if name:
            raise DraftRefused("too_long", name=name)
        draft = await _with_text(draft)
        # shield: a browser that goes away must not come between the commit and the event
        return await asyncio.shield(self._save(account_id, key, draft, revision))

    async def attach(
        self,
        account_id: int,
        draft_id: int,
        name: str,
        content_type: str,
        chunks: AsyncIterator[bytes],
        cid: str = "",
        *,
        expected: int = 0,
    ) -> DraftAttachment:
        """Add a file as it comes in, or an inline image with a Content-ID (`cid`, without angle brackets).

        `expected`: its size in bytes where it is known, so that too large a file is refused before it came.

        Raises DraftTooLarge as soon as that is known, DraftRefused, StoreError, LookupError where the account has no
        such draft or it is submitted. Nothing is kept then.
        """
        room = room_of(await self._draft(account_id, draft_id), self._max_message_size)
        room.after(expected)
        await self._database.read(attaching.check_file, account_id, expected)
        if self._uploads[account_id] >= UPLOADS_LIMIT:
            raise DraftRefused("too_many_uploads", limit=UPLOADS_LIMIT)
        self._uploads[account_id] += 1
        try:
            file = File(name, content_type, await received(chunks, room, self._spool_dir), cid)
            return await asyncio.shield(self._attach(account_id, draft_id, file))
        finally:
            self._uploads[account_id] -= 1
            if not self._uploads[account_id]:
                del self._uploads[account_id]

    async def copy_attachments(self, account_id: int, message_id: int, draft_id: int) -> list[DraftAttachment]:
        """Add the attachments of a stored message, for a forward. What the draft's HTML shows (cid:) stays inline.

        Raises as `attach`; what was added before stays. LookupError also where the account has no such message.
        """
        stored = await self._draft(account_id, draft_id)
        room = room_of(stored, self._max_message_size)
        files = await self._database.apart(files_of, account_id, message_id, stored.draft.html, room, self._spool_dir)
        return await asyncio.shield(self._attach_all(account_id, draft_id, files))

    async def detach(self, account_id: int, draft_id: int, attachment_id: int) -> bool:
        """Remove an attachment; False where the draft has no such one or is submitted."""
        return await asyncio.shield(self._tell(account_id, drafts.remove_attachment, draft_id, attachment_id))

    async def discard(self, account_id: int, draft_id: int) -> bool:
        """Remove a draft for good; False where the account has no such one or it is submitted."""
        return await asyncio.shield(self._tell(account_id, drafts.discard, draft_id))

    async def _save(self, account_id: int, key: str, draft: Draft, revision: int | None) -> Saved:
        now_ms = int(self._clock() * 1000)
        listing = await listing_of(draft)
        saved = await self._database.write(
            _save, self._ids, self._hostname, account_id, key, draft, listing, revision, now_ms
        )
        if saved.seq:
            self._bus.publish(Changed(account_id, saved.seq, (saved.message_id,)))
        return saved

    async def _tell(self, account_id: int, function: Callable[..., int], *arguments: int) -> bool:
        """Run a function of store/drafts.py that returns a seq, 0 where it did nothing."""
        seq = await self._database.write(function, account_id, *arguments)
        if seq:
            self._bus.publish(Changed(account_id, seq))
        return bool(seq)

    async def _draft(self, account_id: int, draft_id: int) -> StoredDraft:
        """A draft that can be attached to. Raises LookupError."""
        stored = await self._database.read(drafts.get, account_id, draft_id)
        if stored is None or stored.message_id is None:
            raise LookupError(draft_id)
        return stored

    async def _attach_all(self, account_id: int, draft_id: int, files: list[File]) -> list[DraftAttachment]:
        try:
            return [await self._attach(account_id, draft_id, file) for file in files]
        finally:
            for file in files:
                file.close()

    async def _attach(self, account_id: int, draft_id: int, file: File) -> DraftAttachment:
        """Store what came and give it to the draft; the content is closed after."""
        content = file.content
        try:
            large = content.size > contents.CHUNK
            held = await write_ahead(self._database, content) if large else content.read(0, content.size)
            try:
                added, seq = await self._database.write(
                    attaching.add, account_id, draft_id, held, file, self._max_message_size
                )
            except Exception:
                if isinstance(held, int):
                    await self._database.write(contents.remove, held)
                raise
        finally:
            file.close()
        self._bus.publish(Changed(account_id, seq))
        return added


def _save(
    db: sqlite3.Connection,
    ids: MessageIds,
    hostname: str,
    account_id: int,
    key: str,
    draft: Draft,
    listing: DraftListing,
    revision: int | None,
    now_ms: int,
) -> Saved:
    held = drafts.by_key(db, account_id, key)
    if held is None or held.message_id is None:
        _refuse_submitted(db, account_id, key, hostname)
    elif held.revision != (revision or 1) and held.draft != draft:
        fork = _same_fork(db, account_id, key, from_json(to_json(draft)))
        if fork is not None and fork.message_id is not None:
            return Saved(fork.id, fork.message_id, fork.revision, True, 0, fork.key)
        if fork is not None:
            _refuse_submitted(db, account_id, fork.key, hostname)
    before = quotas.of(db, account_id).used
    saved = drafts.save(db, ids, account_id, key, draft, listing, revision, now_ms)
    attaching.check_written(db, account_id, before)
    if (saved.forked or held is None) and submissions.drafts_of(db, account_id) > DRAFTS_LIMIT:
        raise DraftRefused("too_many_drafts", limit=DRAFTS_LIMIT)  # what was written is rolled back
    return saved


def _refuse_submitted(db: sqlite3.Connection, account_id: int, key: str, hostname: str) -> None:
    before = submissions.of_ref(db, account_id, reference_hash(message_id_of(account_id, key, hostname)))
    if before is not None:
        raise AlreadySubmitted(before)


def _same_fork(db: sqlite3.Connection, account_id: int, key: str, draft: Draft) -> StoredDraft | None:
    """The draft that this save became before, when its answer was lost."""
    for number in range(1, FORKS_LOOKED_AT + 1):
        fork = drafts.by_key(db, account_id, f"{key}~{number}")
        if fork is None or fork.draft == draft:
            return fork
    return None


async def _with_text(draft: Draft) -> Draft:
    """The draft with its text made of its HTML: so both say the same, and the writer's thread need not do it."""
    if not draft.html.strip():
        return draft
    small = len(draft.html) <= TEXT_ON_LOOP
    text = html_to_text(draft.html) if small else await asyncio.to_thread(html_to_text, draft.html)
    return replace(draft, text=text)
