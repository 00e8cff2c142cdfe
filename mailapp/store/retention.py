"""Retention: what is kept of a folder, by count and by age.

Whatever counts here counts within one folder, which is one account's: a rule for every account's inbox keeps so many
messages of each of them, and never looks at two together.
"""

import sqlite3
from collections.abc import Sequence
from dataclasses import replace

from mailapp.store import changes, filings, mailboxes
from mailapp.values import dataclass

ROLES = ("inbox", "sent", "archive")
"""Folders a rule for every account is about."""
NEVER = ("drafts", *mailboxes.HIDDEN)
"""Folders no rule is about: drafts are being written, trash and junk empty themselves."""
MOST_COUNT = 1_000_000
MOST_DAYS = 36_500
LOOKED_AT = 200_000
"""Messages a preview goes through."""
DAY_MS = 86_400_000
_SHIFT = 4_096
"""Message ids in a millisecond."""
_GOES = (
    "flagged = 0 AND NOT EXISTS (SELECT 1 FROM queue_items q WHERE q.message_id = messages.id AND q.message_id <> 0"
    " AND q.state IN ('waiting', 'active', 'held'))"
)
"""Starred mail stays, and what is not sent yet: its copy in Sent is where its sender sees it and calls it back."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What is kept; 0 is no limit. A message goes that lies beyond either."""

    count: int = 0
    days: int = 0

    @property
    def are_good(self) -> bool:
        return 0 <= self.count <= MOST_COUNT and 0 <= self.days <= MOST_DAYS and bool(self.count or self.days)


@dataclass(frozen=True, slots=True)
class Rule:
    id: int
    mailbox_id: int | None
    """None: every account's folder of `role`."""
    role: str | None
    by_admin: bool
    limits: Limits
    account_id: int | None = None
    """Whose folder it is."""
    address: str = ""
    folder: str = ""
    """The folder's role or name."""


@dataclass(frozen=True, slots=True)
class Target:
    """One folder that one rule is about."""

    rule_id: int
    mailbox_id: int
    account_id: int
    limits: Limits
    """As they were when the folder's turn was planned; where they change meanwhile it is left for the next night."""


@dataclass(frozen=True, slots=True)
class Preview:
    """What would go."""

    messages: int = 0
    size: int = 0
    oldest_ms: int = 0
    is_least: bool = False
    """There are more: LOOKED_AT were looked at."""


_SELECT = (
    "SELECT r.id, r.mailbox_id, r.role, r.by_admin, r.keep_count, r.keep_days, b.account_id, ifnull(a.address, ''),"
    " ifnull(b.role, ifnull(b.name, ''))"
    " FROM retention_rules r LEFT JOIN mailboxes b ON b.id = r.mailbox_id LEFT JOIN accounts a ON a.id = b.account_id"
)


def page(db: sqlite3.Connection, limit: int) -> list[Rule]:
    """Rules of every account, those for all first, then by address."""
    rows = db.execute(f"{_SELECT} ORDER BY r.role IS NULL, a.address, r.mailbox_id, r.id LIMIT ?", (limit,))
    return [_rule(row) for row in rows.fetchall()]


def of_account(db: sqlite3.Connection, account_id: int) -> list[Rule]:
    """Rules that are about an account's folders, those for all first."""
    rows = db.execute(
        f"{_SELECT} WHERE r.role IS NOT NULL OR b.account_id = ? ORDER BY r.role IS NULL, r.id", (account_id,)
    )
    return [_rule(row) for row in rows.fetchall()]


def of_folder(db: sqlite3.Connection, mailbox_id: int) -> Limits:
    """What is kept of a folder by all its rules together: the tightest of them; no limits where it has none."""
    count, days = db.execute(
        "SELECT ifnull(min(nullif(keep_count, 0)), 0), ifnull(min(nullif(keep_days, 0)), 0) FROM retention_rules"
        " WHERE mailbox_id = ?1 OR role = (SELECT role FROM mailboxes WHERE id = ?1)",
        (mailbox_id,),
    ).fetchone()
    return Limits(count, days)


def get(db: sqlite3.Connection, rule_id: int) -> Rule | None:
    row = db.execute(f"{_SELECT} WHERE r.id = ?", (rule_id,)).fetchone()
    return None if row is None else _rule(row)


def _rule(row: tuple[int, int | None, str | None, int, int, int, int | None, str, str]) -> Rule:
    return Rule(row[0], row[1], row[2], bool(row[3]), Limits(row[4], row[5]), *row[6:])


def put(db: sqlite3.Connection, mailbox_id: int, limits: Limits, *, by_admin: bool) -> Rule:
    """Make a folder's rule, or change it: the administrator's and the owner's stand side by side.

    Returns the rule as it was; without limits where it is new.
    """
    return _put(db, "mailbox_id = ? AND by_admin = ?", "mailbox_id, by_admin", (mailbox_id, int(by_admin)), limits)


def put_for_all(db: sqlite3.Connection, role: str, limits: Limits) -> Rule:
    """The same for every account's folder of a role."""
    return _put(db, "role = ? AND by_admin = ?", "role, by_admin", (role, 1), limits)


def _put(db: sqlite3.Connection, which: str, columns: str, values: tuple[object, object], limits: Limits) -> Rule:
    row = db.execute(f"SELECT id FROM retention_rules WHERE {which}", values).fetchone()
    if row is None:
        row = db.execute(
            f"INSERT INTO retention_rules ({columns}, keep_count, keep_days) VALUES (?, ?, ?, ?) RETURNING id",
            (*values, limits.count, limits.days),
        ).fetchone()
        made = get(db, row[0])
        assert made is not None
        return replace(made, limits=Limits())
    held = get(db, row[0])
    assert held is not None
    db.execute(
        "UPDATE retention_rules SET keep_count = ?, keep_days = ? WHERE id = ?", (limits.count, limits.days, row[0])
    )
    return held


def remove(db: sqlite3.Connection, rule_id: int, owner: int | None = None) -> bool:
    """Forget a rule; with an `owner`, only one of that account's own. Whether there was one."""
    which = (
        "" if owner is None else " AND by_admin = 0 AND mailbox_id IN (SELECT id FROM mailboxes WHERE account_id = ?)"
    )
    values = (rule_id,) if owner is None else (rule_id, owner)
    return db.execute(f"DELETE FROM retention_rules WHERE id = ?{which}", values).rowcount > 0


def may_have_rule(db: sqlite3.Connection, account_id: int, mailbox_id: int) -> bool:
    """Whether this is a folder of the account that a rule can be about."""
    try:
        return mailboxes.role_of(db, account_id, mailbox_id) not in NEVER
    except LookupError:
        return False


def folders_of_role(db: sqlite3.Connection, role: str) -> list[int]:
    return [row[0] for row in db.execute("SELECT id FROM mailboxes WHERE role = ?", (role,))]


def targets(db: sqlite3.Connection) -> list[Target]:
    """Every folder with every rule that is about it. Accounts that are being erased are left alone."""
    rows = db.execute(
        "SELECT r.id, b.id, b.account_id, r.keep_count, r.keep_days FROM retention_rules r"
        " JOIN mailboxes b ON b.id = r.mailbox_id OR b.role = r.role"
        " WHERE ifnull(b.role, '') NOT IN ('drafts', 'trash', 'junk') AND b.total > 0"
        " AND b.account_id NOT IN (SELECT account_id FROM account_erasures) ORDER BY b.account_id, b.id, r.id"
    )
    return [
        Target(rule, mailbox, account, Limits(count, days)) for rule, mailbox, account, count, days in rows.fetchall()
    ]


def edge(db: sqlite3.Connection, mailbox_id: int, limits: Limits, now_ms: int) -> int:
    """The message id below which everything of a folder goes."""
    by_age = max(0, now_ms - limits.days * DAY_MS) * _SHIFT if limits.days else 0
    if not limits.count:
        return by_age
    oldest_kept = db.execute(
        "SELECT id FROM messages INDEXED BY messages_by_mailbox WHERE mailbox_id = ? ORDER BY id DESC LIMIT 1 OFFSET ?",
        (mailbox_id, limits.count - 1),
    ).fetchone()
    return max(by_age, oldest_kept[0] if oldest_kept else 0)


def preview(db: sqlite3.Connection, mailbox_ids: Sequence[int], limits: Limits, now_ms: int) -> Preview:
    """What would go of these folders, each by itself. Reads every such message: for a connection apart."""
    number, size, oldest = 0, 0, 0
    for mailbox_id in mailbox_ids:
        row = db.execute(
            "SELECT count(*), ifnull(sum(size), 0), min(id) FROM (SELECT id, size FROM messages"
            f" INDEXED BY messages_by_mailbox WHERE mailbox_id = ? AND id < ? AND {_GOES} ORDER BY id LIMIT ?)",
            (mailbox_id, edge(db, mailbox_id, limits, now_ms), LOOKED_AT + 1 - number),
        ).fetchone()
        number, size = number + row[0], size + row[1]
        oldest = min(filter(None, (oldest, row[2])), default=0)
        if number > LOOKED_AT:
            break
    return Preview(min(number, LOOKED_AT), size, oldest // _SHIFT, number > LOOKED_AT)


def due(db: sqlite3.Connection, target: Target, after: int, now_ms: int, limit: int) -> list[int]:
    """The next messages above `after` that go from a folder, oldest first; none where the rule is gone or another."""
    row = db.execute("SELECT keep_count, keep_days FROM retention_rules WHERE id = ?", (target.rule_id,)).fetchone()
    if row is None or Limits(*row) != target.limits:
        return []
    found = db.execute(
        "SELECT id FROM messages INDEXED BY messages_by_mailbox"
        f" WHERE mailbox_id = ? AND id > ? AND id < ? AND {_GOES} ORDER BY id LIMIT ?",
        (target.mailbox_id, after, edge(db, target.mailbox_id, Limits(*row), now_ms), limit),
    )
    return [each[0] for each in found.fetchall()]


def newest_ms(db: sqlite3.Connection) -> int:
    """When the newest message of all came."""
    return int(db.execute("SELECT ifnull(max(id), 0) FROM messages").fetchone()[0]) // _SHIFT


def erase(db: sqlite3.Connection, target: Target, ids: Sequence[int], *, many: bool) -> tuple[int, int]:
    """Erase those of the messages that still lie in the folder, unstarred, where its rule still stands as it was:
    (how many, seq of the change).

    `many` tells that lists have to be loaded anew, instead of naming each.
    """
    marks = ", ".join("?" * len(ids))
    rows = db.execute(
        f"SELECT id FROM messages WHERE id IN ({marks}) AND account_id = ? AND mailbox_id = ? AND {_GOES}"
        " AND EXISTS (SELECT 1 FROM retention_rules WHERE id = ? AND keep_count = ? AND keep_days = ?)",
        (*ids, target.account_id, target.mailbox_id, target.rule_id, target.limits.count, target.limits.days),
    ).fetchall()
    going = [row[0] for row in rows]
    for message_id in going:
        filings.erase(db, target.account_id, message_id)
    if not going:
        return 0, 0
    if many:
        return len(going), changes.add(db, target.account_id, changes.MANY)
    changes.add_each(db, target.account_id, changes.REMOVED, going)
    return len(going), changes.latest(db)
