"""Taking what is due out of the queue, and writing down what came of it.

A claimed recipient is never due (next_at is NEVER), and neither is a held one: so claiming reads only what it takes.
UPDATEs of results go by id: one that may reach several rows opens a statement transaction, at which FTS5 writes out the
index of every delivery that shares the commit. Claiming does so three times for all it takes: row by row, each of its
statements would wait for the interpreter, and a delivery for all of them.
"""

import sqlite3
from collections.abc import Collection, Iterable, Iterator, Sequence

from mailapp.store import changes, contents, drafts
from mailapp.store.queue_lanes import longest_due
from mailapp.store.queue_view import NEVER
from mailapp.values import dataclass

MAX_REASON = 500
"""Characters of a reply that are kept."""
PORTION = 500
"""Ids in one statement."""
_OPEN = "state IN ('pending', 'deferred')"  # as the partial index says it


@dataclass(frozen=True, slots=True)
class ClaimedRecipient:
    id: int
    address: str
    attempts: int
    """Attempts before this one."""
    in_doubt: bool
    doubled: bool
    """An attempt before this one broke off after the final dot."""


@dataclass(frozen=True, slots=True)
class Claim:
    """One item with its recipients of one lane that are due; nobody else gets them until they are settled."""

    item_id: int
    account_id: int
    message_id: int
    content_id: int
    reverse_path: str
    size: int
    utf8: bool
    created_ms: int
    subject: str
    recipients: tuple[ClaimedRecipient, ...]
    release_ms: int = 0
    """When it was free to go: waiting and giving up count from here."""
    warned: bool = False
    """The sender was told of the delay."""
    lane: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one recipient's attempt."""

    recipient_id: int
    state: str
    """sent, delivered, deferred or failed."""
    code: int = 0
    """0 where no reply came."""
    status: str = ""
    reason: str = ""
    relay: str = ""
    took_ms: int = 0
    next_ms: int = 0
    """The next attempt, where deferred."""
    attempted: bool = True
    """Whether it counts as an attempt."""
    broke_off: bool = False
    """The final dot left and no answer came: the next attempt is possibly a second copy."""


@dataclass(frozen=True, slots=True)
class Settled:
    seqs: dict[int, int]
    """The last change of each account."""
    message_ids: dict[int, tuple[int, ...]]
    """Messages whose status changed, by account."""
    finished: tuple[int, ...]
    """Items with nothing left to send."""
    failed: tuple[int, ...]
    """Recipients that failed now."""
    doubled: tuple[int, ...]
    """Recipients whose next attempt is possibly a second copy: this one broke off after the final dot."""


@dataclass(frozen=True, slots=True)
class Doubled:
    """A recipient a crash left in doubt."""

    recipient_id: int
    item_id: int
    account_id: int
    message_id: int
    address: str


def due(db: sqlite3.Connection, now_ms: int, limit: int, full: Collection[str] = ()) -> list[Claim]:
    """Claim items with a recipient that is due, the longest due of each lane first, at most `limit` of them.

    Every lane gets its share, but those that are `full`. An item comes with all its due recipients of that lane.
    What was waiting can be recalled no more: its draft goes.
    """
    wanted = longest_due(db, now_ms, limit, full)
    if not wanted:
        return []
    recipients = _due_of(db, wanted, now_ms)
    item_ids = list(dict.fromkeys(item_id for _, item_id in wanted))
    claims: dict[tuple[str, int], Claim] = {}
    begun = []
    for id_, account, message, content, path, size, utf8, created, subject, release, warned, state, draft in db.execute(
        "SELECT id, account_id, message_id, content_id, reverse_path, size, utf8, created_at, subject, release_at,"
        f" warned, state, draft_id FROM queue_items WHERE id IN ({', '.join('?' * len(item_ids))})"
        " AND +state IN ('waiting', 'active') AND content_id IS NOT NULL",
        item_ids,
    ).fetchall():
        for lane in [lane for lane, item_id in wanted if item_id == id_]:
            claims[lane, id_] = Claim(
                id_, account, message, content, path, size, bool(utf8), created, subject, tuple(recipients[lane, id_]),
                release, bool(warned), lane,
            )  # fmt: skip
        if state == "waiting":
            begun.append((id_, draft))
    # one that cannot be sent is put out of the way as well, or it would come up again and again
    for claimed in (True, False):
        ids = [one.id for which, held in recipients.items() if (which in claims) is claimed for one in held]
        for some in _portions(ids):
            db.execute(
                f"UPDATE queue_recipients SET claimed = ?, next_at = ? WHERE id IN ({', '.join('?' * len(some))})",
                (claimed, NEVER, *some),
            )
    _activate(db, begun)
    return [claims[which] for which in wanted if which in claims]


def _due_of(
    db: sqlite3.Connection, wanted: Sequence[tuple[str, int]], now_ms: int
) -> dict[tuple[str, int], list[ClaimedRecipient]]:
    """Recipients that are due, by lane and item."""
    found: dict[tuple[str, int], list[ClaimedRecipient]] = {which: [] for which in wanted}
    marks = ", ".join("?" * len(wanted))
    for lane, item_id, recipient_id, address, attempts, in_doubt, doubled in db.execute(
        "SELECT lane, item_id, id, address, attempts, in_doubt, doubled FROM queue_recipients"
        f" WHERE item_id IN ({marks}) AND +state IN ('pending', 'deferred') AND +next_at <= ? ORDER BY id",
        (*(item_id for _, item_id in wanted), now_ms),
    ):
        if (lane, item_id) in found:
            one = ClaimedRecipient(recipient_id, address, attempts, bool(in_doubt), bool(doubled))
            found[lane, item_id].append(one)
    return found


def _activate(db: sqlite3.Connection, items: Sequence[tuple[int, int]]) -> None:
    """Begin with items (id, draft id): from now on they cannot be recalled."""
    if items:
        marks = ", ".join("?" * len(items))
        db.execute(
            f"UPDATE queue_items SET state = 'active', draft_id = 0 WHERE id IN ({marks})",
            [item_id for item_id, _ in items],
        )
        drafts.drop(db, *(draft_id for _, draft_id in items if draft_id))


def _portions(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    """What fits into one statement."""
    for start in range(0, len(ids), PORTION):
        yield ids[start : start + PORTION]


def unclaim_all(db: sqlite3.Connection) -> list[Doubled]:
    """Make due again what an ended process had claimed; return those it left in doubt. Before the first claim only."""
    rows = db.execute(
        "SELECT r.id, r.item_id, i.account_id, i.message_id, r.address, r.in_doubt, i.state"
        " FROM queue_recipients r JOIN queue_items i ON i.id = r.item_id"
        f" WHERE r.{_OPEN} AND r.next_at = ? AND r.claimed = 1 ORDER BY r.id",
        (NEVER,),
    ).fetchall()
    next_at = {"held": NEVER}
    db.executemany(
        "UPDATE queue_recipients SET claimed = 0, in_doubt = 0, doubled = max(doubled, ?), next_at = ?,"
        " state = CASE WHEN ? = 'cancelled' THEN 'cancelled' ELSE state END WHERE id = ?",
        [(row[5], next_at.get(row[6], 0), row[6], row[0]) for row in rows],
    )
    close(db, {row[1] for row in rows if row[6] == "cancelled"})
    return [Doubled(*row[:5]) for row in rows if row[5]]


def mark_in_doubt(db: sqlite3.Connection, recipient_ids: Iterable[int], now_ms: int) -> None:
    """Write down, before the final dot, that it may go out: what follows might never be stored."""
    db.executemany(
        "UPDATE queue_recipients SET in_doubt = 1, changed_at = ? WHERE id = ?",
        [(now_ms, recipient_id) for recipient_id in recipient_ids],
    )


def settle(db: sqlite3.Connection, results: Sequence[Outcome], now_ms: int) -> Settled:
    """Write down what came of claimed recipients. Those that are gone or over are passed by."""
    marks = ", ".join("?" * len(results))
    held = {
        row[0]: row[1:]
        for row in db.execute(
            "SELECT r.id, r.item_id, r.doubled, i.state, i.account_id, i.message_id FROM queue_recipients r"
            f" JOIN queue_items i ON i.id = r.item_id WHERE r.id IN ({marks}) AND +r.state IN ('pending', 'deferred')",
            [one.recipient_id for one in results],
        )
    }
    updates, doubled, failed = [], [], []
    items: dict[int, tuple[int, int]] = {}
    failed_items: set[int] = set()
    for one in results:
        if one.recipient_id not in held:
            continue
        item_id, was_doubled, item_state, account_id, message_id = held[one.recipient_id]
        items[item_id] = (account_id, message_id)
        state, next_at = _after(one, item_state)
        if one.broke_off:
            doubled.append(one.recipient_id)
        if state == "failed":
            failed.append(one.recipient_id)
            failed_items.add(item_id)
        updates.append(
            (
                state, next_at, int(one.attempted), int(was_doubled or one.broke_off), one.code, one.status,
                one.reason[:MAX_REASON], one.relay, one.relay, one.took_ms, now_ms, one.recipient_id,
            )
        )  # fmt: skip
    db.executemany(
        "UPDATE queue_recipients SET state = ?, next_at = ?, attempts = attempts + ?, claimed = 0, in_doubt = 0,"
        " doubled = ?, code = ?, status = ?, reason = ?, relay = ?,"
        " relay_id = coalesce((SELECT id FROM relays WHERE name = ?), 0), took_ms = ?, changed_at = ? WHERE id = ?",
        updates,
    )
    db.executemany("UPDATE queue_items SET noticed = 0 WHERE id = ?", [(item_id,) for item_id in failed_items])
    finished = close(db, items)
    seqs, messages = tell(db, items.values())
    return Settled(seqs, messages, tuple(finished), tuple(failed), tuple(doubled))


def _after(outcome: Outcome, item_state: str) -> tuple[str, int]:
    """(state, next_at) of a recipient; its item may have been cancelled or held while the attempt was under way."""
    if outcome.state != "deferred":
        return outcome.state, 0
    if item_state == "cancelled":
        return "cancelled", 0
    return "deferred", NEVER if item_state == "held" else outcome.next_ms


def close(db: sqlite3.Connection, item_ids: Iterable[int]) -> list[int]:
    """End those of the items that have nothing left to send: they hold their content no longer. Their ids."""
    wanted = list(item_ids)
    marks = ", ".join("?" * len(wanted))
    rows = db.execute(
        f"SELECT id, content_id FROM queue_items i WHERE id IN ({marks}) AND content_id IS NOT NULL AND NOT EXISTS"
        " (SELECT 1 FROM queue_recipients r WHERE r.item_id = i.id AND +r.state IN ('pending', 'deferred'))",
        wanted,
    ).fetchall()
    db.executemany(
        "UPDATE queue_items SET state = CASE state WHEN 'cancelled' THEN state ELSE 'done' END, content_id = NULL"
        " WHERE id = ?",
        [(item_id,) for item_id, _ in rows],
    )
    for _, content_id in rows:
        contents.release(db, content_id)
    return [item_id for item_id, _ in rows]


def tell(db: sqlite3.Connection, items: Iterable[tuple[int, int]]) -> tuple[dict[int, int], dict[int, tuple[int, ...]]]:
    """Write a change for each (account, message); return the last seq and the messages of each account."""
    seqs: dict[int, int] = {}
    messages: dict[int, tuple[int, ...]] = {}
    for account_id, message_id in items:
        seqs[account_id] = changes.add(db, account_id, changes.QUEUE, message_id)
        messages[account_id] = (*messages.get(account_id, ()), message_id)
    return seqs, messages
