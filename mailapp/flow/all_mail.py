"""All mail, for the administrator where a setting allows it: searching every account's mail, deleting, taking it back.

Each use is remembered, and every account is told when its mail was searched.
"""

import asyncio
import itertools
import sqlite3
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import field
from functools import partial

from mailapp import maillog
from mailapp.flow.bulk import PATIENCE_S, Busy, Work
from mailapp.flow.filing import Filed, Filing
from mailapp.flow.selections import Everything, Selection
from mailapp.store import all_mail, undos
from mailapp.store.all_mail import Hits, Parse, Use
from mailapp.store.database import Database
from mailapp.store.messages import View
from mailapp.values import dataclass

KEPT = 64
"""Deletions remembered, so that they can be taken back."""
SAME_S = 3_600.0
"""How long further pages of a search belong to it."""
AGAIN_S = 0.5
"""Until an account with much under way is asked again."""


class NotAllowed(Exception):
    """The setting does not let anybody look through all mail."""


@dataclass(slots=True)
class Deletion:
    """Messages of several accounts on their way to the trash, or back."""

    id: int
    admin: str
    done: int = 0
    ended: bool = False
    undone: bool = False
    """It was taken back, or is about to be."""
    failed: bool = False
    parts: list[tuple[int, int]] = field(default_factory=list)
    """(account, undo) of what was deleted."""


class AllMail:
    """One per process."""

    def __init__(self, database: Database, filing: Filing, clock: Callable[[], float] = time.time) -> None:
        self._database = database
        self._filing = filing
        self._clock = clock
        self._numbers = itertools.count(1)
        self._kept: OrderedDict[int, Deletion] = OrderedDict()
        self._searched: OrderedDict[tuple[str, str, int | None], float] = OrderedDict()
        """When each search was written down last: who looked, for what, and where."""
        self._tasks: set[asyncio.Task[None]] = set()

    async def allow(self, admin: str, on: bool) -> None:
        """Let administrators look through all mail, or forbid it."""

        def change(db: sqlite3.Connection) -> None:
            all_mail.allow(db, on)
            all_mail.note(db, self._use(admin, "allowed" if on else "forbidden"))

        await self._database.write(change)
        maillog.administered(admin, "all mail allowed" if on else "all mail forbidden", "")

    async def search(
        self,
        admin: str,
        text: str,
        parse: Parse,
        account_id: int | None,
        before: int | None,
        limit: int,
        *,
        noted: bool = True,
    ) -> Hits:
        """A page of hits; the first page is remembered, before anything is shown, unless it is the same once more.

        So is any other page, where it does not go on with what was written down lately. Raises NotAllowed.
        """
        await self._check()
        hits = await self._database.apart(all_mail.page, parse, account_id, before, limit)
        asked, now = (admin, text, account_id), self._clock()
        if (before is None and noted) or now - self._searched.get(asked, 0.0) > SAME_S:
            await self._note(admin, "searched", text, hits.count)
            self._searched.pop(asked, None)
            self._searched[asked] = now
            while len(self._searched) > KEPT:
                self._searched.popitem(last=False)
        return hits

    async def delete(self, admin: str, ids: Sequence[int]) -> Deletion:
        """Move messages of any accounts into their trash. Raises NotAllowed."""
        await self._check()
        return await self._delete(admin, "", await self._database.read(all_mail.accounts_of, ids))

    async def delete_found(self, admin: str, text: str, parse: Parse, account_id: int | None, newest: int) -> Deletion:
        """The same with all that a search finds, up to the message `newest`. Raises NotAllowed."""
        await self._check()
        wanted, _ = await self._database.apart(all_mail.searches, parse, account_id)
        found = {each: Everything(View(each, search=one), newest) for each, one in wanted.items()}
        return await self._delete(admin, text, found)

    async def undo(self, admin: str, deletion_id: int) -> Deletion | None:
        """Put everything back; None where it is too late, or was done before."""
        deletion = self.get(admin, deletion_id)
        if deletion is None or not deletion.ended or not deletion.parts:
            return None
        parts, deletion.parts = deletion.parts, []
        deletion.done, deletion.ended, deletion.undone = 0, False, True

        async def put_back() -> None:
            for account_id, undo_id in parts:
                filed = await self._filed(partial(self._filing.undo, account_id, undo_id))
                deletion.done += filed.number
            await self._note(admin, "restored", "", deletion.done)

        return await self._run(deletion, put_back)

    def get(self, admin: str, deletion_id: int) -> Deletion | None:
        """A deletion of this administrator's, under way or ended lately."""
        deletion = self._kept.get(deletion_id)
        return deletion if deletion is not None and deletion.admin == admin else None

    async def _delete(self, admin: str, text: str, found: Mapping[int, Sequence[int] | Selection]) -> Deletion:
        deletion = Deletion(next(self._numbers), admin)
        self._kept[deletion.id] = deletion
        while len(self._kept) > KEPT:
            self._kept.popitem(last=False)

        async def move() -> None:
            for account_id, which in found.items():
                filed = await self._filed(partial(self._filing.delete, account_id, which))
                deletion.done += filed.number
                undo_id = filed.work.undo_id if filed.work else filed.undo_id
                if undo_id:
                    deletion.parts.append((account_id, undo_id))
                    await self._database.write(self._touch, list(deletion.parts))
            await self._note(admin, "deleted", text, deletion.done)

        return await self._run(deletion, move)

    async def _filed(self, act: Callable[[], Awaitable[Filed]]) -> Filed:
        """What an act came to, once it has ended."""
        while True:
            try:
                filed = await act()
                break
            except Busy:
                await asyncio.sleep(AGAIN_S)
        if filed.work is not None:
            await _end_of(filed.work)
        return filed

    async def _run(self, deletion: Deletion, steps: Callable[[], Awaitable[None]]) -> Deletion:
        async def run() -> None:
            try:
                await steps()
            except Exception:
                deletion.failed = True
                maillog.unforeseen("deleting in all mail")
            deletion.ended = True

        task = asyncio.create_task(run())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        await asyncio.wait({task}, timeout=PATIENCE_S)
        return deletion

    def _touch(self, db: sqlite3.Connection, parts: Sequence[tuple[int, int]]) -> None:
        """The time in which the first account's part can be taken back runs from the last one's."""
        for _, undo_id in parts:
            undos.touch(db, undo_id, time.time_ns() // 1_000_000)

    async def _check(self) -> None:
        if not await self._database.read(all_mail.is_allowed):
            raise NotAllowed

    async def _note(self, admin: str, act: str, text: str, number: int) -> None:
        """Remember a use; the query stands in the store, never in the log."""
        await self._database.write(all_mail.note, self._use(admin, act, text, number))
        maillog.administered(admin, f"all mail {act}", f"{number} messages")

    def _use(self, admin: str, act: str, text: str = "", number: int = 0) -> Use:
        return Use(int(self._clock() * 1000), admin, act, text, number)


async def _end_of(work: Work) -> None:
    await work.finished.wait()
