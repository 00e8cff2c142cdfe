"""Folders of one's own and labels: making, renaming, deleting them; then the event."""

import sqlite3
import time
import unicodedata
from collections.abc import Callable
from typing import TypeVar

from mailapp.events import Changed
from mailapp.flow.bulk import Work
from mailapp.flow.filing import Act, Filed, Filing
from mailapp.flow.selections import Everything
from mailapp.store import acts, changes, labels, mailboxes, undos
from mailapp.store.acts import BATCH
from mailapp.store.messages import View
from mailapp.store.undos import Lost, Undo

T = TypeVar("T")
NAME_LONGEST = 60
"""Characters of a folder's or label's name."""
SEPARATORS = "/／"
"""What stands between a folder's name and that of the one it lies in; an input method writes the second."""


class BadName(Exception):
    """Not a name: empty, or too long."""


def clean(name: str) -> str:
    """A name as it is kept: NFC, one space between words, no controls or marks of direction. Raises BadName."""
    kept = "".join(each for each in unicodedata.normalize("NFC", name) if each.isprintable() or each.isspace())
    kept = " ".join(kept.split())
    if not kept or len(kept) > NAME_LONGEST:
        raise BadName(kept)
    return kept


def path_of(name: str) -> list[str]:
    """The names of a folder and those it lies in, outermost first: 项目/校样. Raises BadName."""
    for each in SEPARATORS[1:]:
        name = name.replace(each, SEPARATORS[0])
    return [clean(each) for each in name.split(SEPARATORS[0])]


class Folders:
    """Makes, renames and deletes them. Each raises LookupError for what is not the account's, BadName, and the
    refusals of store/names.py."""

    def __init__(self, filing: Filing) -> None:
        self._filing = filing
        self._database = filing.database

    async def add(self, account_id: int, name: str) -> int:
        """Make a folder, and the ones its name says it lies in; return its id."""
        return await self._write(account_id, _add_folder, path_of(name))

    async def rename(self, account_id: int, mailbox_id: int, name: str) -> None:
        """Give a folder another name, and place where the name says so."""
        await self._write(account_id, _rename_folder, mailbox_id, path_of(name))

    async def remove(self, account_id: int, mailbox_id: int) -> Filed:
        """Delete a folder and those in it; the mail goes to the archive. Undone as a whole. Raises Busy."""
        branch = await self._database.read(mailboxes.branch, account_id, mailbox_id)
        archive = await self._database.read(mailboxes.by_role, account_id, "archive")
        lost = Undo("move", mailboxes=tuple(Lost(each.id, each.name, each.parent_id) for each in branch))

        async def steps(work: Work) -> None:
            work.undo_id = await self._database.write(undos.add, account_id, lost, _now_ms())
            for each in branch:
                await self._filing.act_on_all(work, Act("move", archive), Everything(View(account_id, each.id)))
            await self._told(account_id, await self._database.write(_forget_folders, account_id, branch))

        work = await self._filing.works.start(account_id, steps)
        return Filed((), work.undo_id, work)

    async def add_label(self, account_id: int, name: str) -> int:
        """Make a label; return its id."""
        return await self._write(account_id, _add_label, clean(name))

    async def rename_label(self, account_id: int, label_id: int, name: str) -> None:
        await self._write(account_id, _rename_label, label_id, clean(name))

    async def remove_label(self, account_id: int, label_id: int) -> Filed:
        """Delete a label and take it off every message. Undone as a whole. Raises Busy."""
        label = await self._database.read(labels.get, account_id, label_id)
        lost = Undo("label", label_id, on=False, labels=(Lost(label.id, label.name),))

        async def steps(work: Work) -> None:
            work.undo_id = await self._database.write(undos.add, account_id, lost, _now_ms())
            while ids := await self._database.read(labels.bearing, label_id, BATCH):
                act = Act("label", label_id, on=False)
                done = await self._database.write(
                    acts.carry_out, account_id, act, ids, _now_ms(), undo_id=work.undo_id, many=True
                )
                await self._filing.works.advanced(work, len(done.ids))
            await self._told(account_id, await self._database.write(_forget_label, account_id, label_id))

        work = await self._filing.works.start(account_id, steps)
        return Filed((), work.undo_id, work)

    async def _write(self, account_id: int, function: Callable[..., tuple[T, int]], *values: object) -> T:
        result, seq = await self._database.write(function, account_id, *values)
        await self._told(account_id, seq)
        return result

    async def _told(self, account_id: int, seq: int) -> None:
        self._filing.bus.publish(Changed(account_id, seq))


def _add_folder(db: sqlite3.Connection, account_id: int, path: list[str]) -> tuple[int, int]:
    return mailboxes.add(db, account_id, path), changes.add(db, account_id, changes.MAILBOXES)


def _rename_folder(db: sqlite3.Connection, account_id: int, mailbox_id: int, path: list[str]) -> tuple[None, int]:
    mailboxes.rename(db, account_id, mailbox_id, path)
    return None, changes.add(db, account_id, changes.MANY)


def _forget_folders(db: sqlite3.Connection, account_id: int, branch: list[mailboxes.Mailbox]) -> int:
    for each in reversed(branch):
        mailboxes.remove(db, account_id, each.id)
    return changes.add(db, account_id, changes.MANY)


def _add_label(db: sqlite3.Connection, account_id: int, name: str) -> tuple[int, int]:
    return labels.add(db, account_id, name), changes.add(db, account_id, changes.MAILBOXES)


def _rename_label(db: sqlite3.Connection, account_id: int, label_id: int, name: str) -> tuple[None, int]:
    labels.rename(db, account_id, label_id, name)
    return None, changes.add(db, account_id, changes.MANY)


def _forget_label(db: sqlite3.Connection, account_id: int, label_id: int) -> int:
    labels.remove(db, account_id, label_id)
    return changes.add(db, account_id, changes.MANY)


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
