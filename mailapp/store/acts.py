"""Acts on messages in one transaction of bounded size, and taking them back.

An act on more than BATCH messages is many transactions (flow/bulk.py): each names the undo of the first, and the
journal says once that lists have to be loaded anew instead of naming every message.
"""

import sqlite3
from collections.abc import Sequence

from mailapp.store import changes, filings, labels, mailboxes, undos
from mailapp.store.undos import Undo
from mailapp.values import dataclass

BATCH = 500
"""Messages of one transaction."""
ERASED = 50
"""Messages erased in one: each takes its words out of the full text."""


@dataclass(frozen=True, slots=True)
class Act:
    """What is done to messages."""

    kind: str
    """move, restore, seen, flagged, label or erase."""
    target: int = 0
    """The mailbox moved to, the label put on or taken off."""
    on: bool = True
    """What is set: read, starred, labelled."""

    @property
    def batch(self) -> int:
        """Messages one transaction takes."""
        return ERASED if self.kind == "erase" else BATCH


@dataclass(frozen=True, slots=True)
class Done:
    """What one transaction did."""

    ids: tuple[int, ...]
    """Messages it changed."""
    undo_id: int | None
    """What takes the act back; None where nothing does."""
    seq: int
    """Of the newest change, 0 where nothing changed."""


def check(db: sqlite3.Connection, account_id: int, act: Act) -> None:
    """Raises LookupError where an act's mailbox or label is not the account's."""
    if act.kind == "move":
        mailboxes.role_of(db, account_id, act.target)
    elif act.kind == "label":
        labels.get(db, account_id, act.target)


def carry_out(
    db: sqlite3.Connection,
    account_id: int,
    act: Act,
    ids: Sequence[int],
    now_ms: int,
    *,
    undo_id: int | None = None,
    many: bool = False,
) -> Done:
    """Do an act to the account's messages among up to `act.batch` ids. Raises LookupError as `check` does.

    `undo_id` is the undo it goes on with; `many` leaves telling to `tell`.
    """
    check(db, account_id, act)
    if act.kind in ("move", "restore"):
        came = _moved(db, account_id, act, ids, now_ms, many)
    else:
        changed = _changed(db, account_id, act, ids, many)
        came = {0: changed} if changed else {}
    found = [each for held in came.values() for each in held]
    if found and act.kind != "erase":
        if undo_id is None:
            kind = "move" if act.kind == "restore" else act.kind
            undo_id = undos.add(db, account_id, Undo(kind, act.target, act.on), now_ms)
        for mailbox_id, held in came.items():
            undos.append(db, undo_id, mailbox_id, held, now_ms)
    return done(db, found, undo_id=undo_id)


def done(db: sqlite3.Connection, ids: Sequence[int], structure: bool = False, *, undo_id: int | None = None) -> Done:
    """What a transaction did that changed these messages, or folders and labels themselves."""
    return Done(tuple(ids), undo_id, changes.latest(db) if ids or structure else 0)


def _moved(
    db: sqlite3.Connection, account_id: int, act: Act, ids: Sequence[int], now_ms: int, many: bool
) -> dict[int, list[int]]:
    """Ids that moved, by the mailbox they came from."""
    targets = {act.target: list(ids)} if act.kind == "move" else filings.homes(db, account_id, ids)
    came: dict[int, list[int]] = {}
    for mailbox_id, held in targets.items():
        for old, moved in filings.relocate(db, account_id, held, mailbox_id, now_ms, told=not many).items():
            came.setdefault(old, []).extend(moved)
    return came


def _changed(db: sqlite3.Connection, account_id: int, act: Act, ids: Sequence[int], many: bool) -> list[int]:
    if act.kind == "seen":
        return filings.set_seen(db, account_id, ids, act.on, told=not many)
    if act.kind == "flagged":
        return filings.set_flagged(db, account_id, ids, act.on, told=not many)
    if act.kind == "label":
        held = [each[0] for each in filings.held(db, account_id, ids)]
        changed = labels.put_on(db, act.target, held) if act.on else labels.put_off(db, act.target, held)
        kind = changes.FLAGS
    else:
        changed = filings.erase_from_trash(db, account_id, ids)
        kind = changes.REMOVED
    if not many:
        changes.add_each(db, account_id, kind, changed)
    return changed


def tell(db: sqlite3.Connection, account_id: int, undo_id: int | None, now_ms: int) -> int:
    """Say in the journal that much happened; the undo's time runs from now on. Returns the seq."""
    if undo_id is not None:
        undos.touch(db, undo_id, now_ms)
    return changes.add(db, account_id, changes.MANY)


def begin_undo(db: sqlite3.Connection, account_id: int, undo_id: int, now_ms: int) -> Undo | None:
    """Make folders and labels again that the act deleted; what is to be undone, None where it is too late."""
    undo = undos.get(db, account_id, undo_id, now_ms)
    if undo is None:
        return None
    for lost in undo.mailboxes:
        mailboxes.bring_back(db, account_id, lost.id, lost.name, lost.parent_id)
    for lost in undo.labels:
        if all(each.id != lost.id for each in labels.of_account(db, account_id)):
            labels.add(db, account_id, lost.name, lost.id)
    return undo


def undo_batch(
    db: sqlite3.Connection, account_id: int, undo_id: int, undo: Undo, now_ms: int, *, many: bool
) -> Done | None:
    """Take one batch of an act back; None where nothing is left of it. After `begin_undo`."""
    taken = undos.take(db, undo_id)
    if taken is None:
        return None
    mailbox_id, ids = taken
    if undo.kind == "move":
        came = filings.relocate(db, account_id, ids, _still_there(db, account_id, mailbox_id), now_ms, told=not many)
        found = [each for held in came.values() for each in held]
    else:
        try:
            check(db, account_id, Act(undo.kind, undo.target))
        except LookupError:
            return Done((), None, 0)
        found = _changed(db, account_id, Act(undo.kind, undo.target, not undo.on), ids, many)
    return done(db, found)


def _still_there(db: sqlite3.Connection, account_id: int, mailbox_id: int) -> int:
    try:
        mailboxes.role_of(db, account_id, mailbox_id)
    except LookupError:
        return mailboxes.by_role(db, account_id, "inbox")
    return mailbox_id
