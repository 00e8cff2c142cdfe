"""Filing: move, restore, flag, label, delete, undo; then the event."""

import sqlite3
import time
from collections.abc import Sequence

from mailapp.events import Bus, Changed
from mailapp.flow.bulk import Busy, Work, Works
from mailapp.flow.selections import TOP, Chosen, Many, Selection
from mailapp.store import acts, filings, image_consents, mailboxes, undos
from mailapp.store.acts import Act, Done
from mailapp.store.database import Database
from mailapp.values import dataclass

__all__ = ["Act", "Busy", "Filed", "Filing", "Work"]

IDS_LIMIT = 500
"""Messages one act may name one by one."""


@dataclass(frozen=True, slots=True)
class Filed:
    """What an act did: the messages it changed, and what undoes it (None: nothing does)."""

    ids: tuple[int, ...]
    """() for a work on many."""
    undo_id: int | None = None
    work: Work | None = None
    """An act on many: how far it is, or how it ended."""

    @property
    def number(self) -> int:
        """Messages changed, so far."""
        return self.work.done if self.work else len(self.ids)


class Filing:
    """Changes to messages that are stored already. Ids of other accounts are passed over in silence."""

    def __init__(self, database: Database, bus: Bus) -> None:
        self.database = database
        self.bus = bus
        self.works = Works(database, bus)

    async def act(self, account_id: int, act: Act, selection: Sequence[int] | Selection) -> Filed:
        """Do one thing to messages: up to IDS_LIMIT named ones at once, a selection in batches.

        Raises LookupError where the account has no such mailbox or label, Busy where much is under way.
        """
        if isinstance(selection, Chosen) and not isinstance(selection, Many):
            selection = selection.ids
        if isinstance(selection, Sequence):
            return await self._act_at_once(account_id, act, selection[:IDS_LIMIT])
        await self.database.read(acts.check, account_id, act)

        async def steps(work: Work) -> None:
            await self.act_on_all(work, act, selection)

        work = await self.works.start(account_id, steps)
        return Filed((), work.undo_id, work)

    async def _act_at_once(self, account_id: int, act: Act, ids: Sequence[int]) -> Filed:
        changed: list[int] = []
        undo_id = None
        for start in range(0, len(ids), act.batch):
            part = ids[start : start + act.batch]
            done = await self.database.write(acts.carry_out, account_id, act, part, _now_ms(), undo_id=undo_id)
            undo_id = done.undo_id
            changed += done.ids
            self._publish(account_id, done)
        return Filed(tuple(changed), undo_id)

    async def act_on_all(self, work: Work, act: Act, selection: Selection) -> None:
        """Do an act to a whole selection, as steps of a work."""
        below = TOP
        while below:
            ids, below = await self.database.read(selection.batch, below, act.batch)
            if not ids:
                continue
            done = await self.database.write(
                acts.carry_out, work.account_id, act, ids, _now_ms(), undo_id=work.undo_id, many=True
            )
            await self.works.advanced(work, len(done.ids), done.undo_id)

    async def set_seen(self, account_id: int, ids: Sequence[int], seen: bool) -> Filed:
        """Mark read without a way back: what opening a message does."""
        if not ids:
            return Filed(())
        changed = await self.database.write(_set_seen, account_id, ids[:IDS_LIMIT], seen)
        self._publish(account_id, changed)
        return Filed(changed.ids)

    async def set_flagged(self, account_id: int, ids: Sequence[int], flagged: bool) -> Filed:
        return await self.act(account_id, Act("flagged", on=flagged), ids)

    async def move(self, account_id: int, ids: Sequence[int], mailbox_id: int) -> Filed:
        """Raises LookupError where the account has no such mailbox."""
        return await self.act(account_id, Act("move", mailbox_id), ids)

    async def delete(self, account_id: int, selection: Sequence[int] | Selection) -> Filed:
        """To the trash."""
        trash = await self.database.read(mailboxes.by_role, account_id, "trash")
        return await self.act(account_id, Act("move", trash), selection)

    async def erase(self, account_id: int, selection: Sequence[int] | Selection) -> Filed:
        """Remove for good what lies in the trash or in junk; other messages stay, and nothing undoes it."""
        return await self.act(account_id, Act("erase"), selection)

    async def undo(self, account_id: int, undo_id: int) -> Filed:
        """Put everything back; no ids and no work where it is too late or was done before. Raises Busy."""
        size = await self.database.read(undos.size, account_id, undo_id, _now_ms())
        if size is None:
            return Filed(())
        if size <= IDS_LIMIT:
            done = await self.database.write(_undo_at_once, account_id, undo_id, _now_ms())
            self._publish(account_id, done)
            return Filed(done.ids)

        async def steps(work: Work) -> None:
            undo = await self.database.write(acts.begin_undo, account_id, undo_id, _now_ms())
            while undo is not None:
                now_ms = _now_ms()
                done = await self.database.write(acts.undo_batch, account_id, undo_id, undo, now_ms, many=True)
                if done is None:
                    return
                await self.works.advanced(work, len(done.ids))

        return Filed((), None, await self.works.start(account_id, steps))

    async def consent_to_images(self, account_id: int, address: str) -> None:
        """Show remote images of mail from this folded address without asking, from now on."""
        await self.database.write(image_consents.add, account_id, address)

    def _publish(self, account_id: int, done: Done) -> None:
        if done.seq:
            self.bus.publish(Changed(account_id, done.seq, done.ids))


def _set_seen(db: sqlite3.Connection, account_id: int, ids: Sequence[int], seen: bool) -> Done:
    changed = filings.set_seen(db, account_id, ids, seen)
    return acts.done(db, changed)


def _undo_at_once(db: sqlite3.Connection, account_id: int, undo_id: int, now_ms: int) -> Done:
    """All of a small undo in one transaction."""
    undo = acts.begin_undo(db, account_id, undo_id, now_ms)
    back: list[int] = []
    structure = undo is not None and bool(undo.mailboxes or undo.labels)
    while undo is not None:
        done = acts.undo_batch(db, account_id, undo_id, undo, now_ms, many=False)
        if done is None:
            break
        back += done.ids
    if structure:
        acts.tell(db, account_id, None, now_ms)
    return acts.done(db, back, structure)


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
