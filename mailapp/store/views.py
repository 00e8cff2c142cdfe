"""View links: what somebody without a session may see, until when and how often, and who opened it."""

import sqlite3
from collections.abc import Sequence
from typing import Any

from mailapp.store import codes, messages
from mailapp.store.codes import StoredCode
from mailapp.store.messages import MessageRow
from mailapp.values import dataclass

MESSAGE, ADDRESS, CODES = "message", "address", "codes"
KINDS = (MESSAGE, ADDRESS, CODES)
OPENS_KEPT = 1_000
"""Opens remembered of one link; whoever opened it before those has to press again."""
KEPT_MS = 30 * 86_400_000
"""How long a link that ended is still listed, with who opened it."""
AGENT_LONGEST = 300
PEER_LONGEST = 64


@dataclass(frozen=True, slots=True)
class ViewLink:
    """A link as it is stored; times in ms since 1970 UTC."""

    id: int
    account_id: int
    kind: str
    """One of KINDS."""
    message_id: int
    """Of kind MESSAGE, else 0."""
    address: str
    """Of the other kinds, folded: the envelope recipient, exactly so."""
    since_at: int
    """Mail that arrived before is not shown; of the other kinds than MESSAGE."""
    whole: bool
    """With HTML, pictures and attachments, or the text alone."""
    created_at: int
    expires_at: int
    revoked_at: int | None
    opens_most: int | None
    """None for no bound."""
    opens: int

    @property
    def is_used_up(self) -> bool:
        """Whether nobody new gets in."""
        return self.opens_most is not None and self.opens >= self.opens_most

    def stands(self, now_ms: int) -> bool:
        """Whether it was not revoked and has not expired."""
        return self.revoked_at is None and now_ms < self.expires_at


@dataclass(frozen=True, slots=True)
class ViewOpen:
    """Somebody pressed "open"."""

    opened_at: int
    """ms since 1970 UTC."""
    peer: str
    """The client's IP address."""
    user_agent: str


_COLUMNS = (
    "id, account_id, kind, message_id, address, since_at, whole, created_at, expires_at, revoked_at, opens_most, opens"
)
_PREFIXED = ", ".join(f"v.{name}" for name in _COLUMNS.split(", "))
_HIDDEN = "SELECT id FROM mailboxes WHERE account_id = ? AND role IN ('trash', 'junk')"
_COVERED = (
    " FROM message_addressees a CROSS JOIN messages m ON m.id = a.message_id"
    f" WHERE a.address = ? AND m.account_id = ? AND m.mailbox_id NOT IN ({_HIDDEN})"
)


def _link(row: Sequence[Any]) -> ViewLink:
    values = list(row)
    values[6] = bool(values[6])
    return ViewLink(*values)


def add(db: sqlite3.Connection, link: ViewLink, token_hash: bytes) -> int:
    """Write a link (its `id` does not count) and return its id."""
    found = db.execute(
        "INSERT INTO view_links (token_hash, account_id, kind, message_id, address, since_at, whole, created_at,"
        " expires_at, opens_most) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id",
        (
            token_hash,
            link.account_id,
            link.kind,
            link.message_id,
            link.address,
            link.since_at,
            int(link.whole),
            link.created_at,
            link.expires_at,
            link.opens_most,
        ),
    ).fetchone()
    return int(found[0])


def standing(db: sqlite3.Connection, token_hash: bytes, now_ms: int) -> ViewLink | None:
    """The link of a token while it stands: not revoked, not expired, of an active account, its message not deleted.

    It may be used up: who opened it before still sees it.
    """
    row = db.execute(
        f"SELECT {_PREFIXED} FROM view_links v JOIN accounts c ON c.id = v.account_id"
        " WHERE v.token_hash = ? AND c.state = 'active'",
        (token_hash,),
    ).fetchone()
    link = None if row is None else _link(row)
    if link is None or not link.stands(now_ms):
        return None
    return None if link.kind == MESSAGE and not covers(db, link, link.message_id) else link


def existed(db: sqlite3.Connection, token_hash: bytes) -> bool:
    """Whether a token is that of a link, ended or not."""
    return db.execute("SELECT 1 FROM view_links WHERE token_hash = ?", (token_hash,)).fetchone() is not None


def is_visit(db: sqlite3.Connection, link_id: int, visit_hash: bytes) -> bool:
    """Whether this visitor opened the link."""
    found = db.execute("SELECT 1 FROM view_opens WHERE link_id = ? AND visit_hash = ?", (link_id, visit_hash))
    return found.fetchone() is not None


def open_(db: sqlite3.Connection, link_id: int, visit_hash: bytes, opened: ViewOpen) -> bool:
    """Count an open and write down whose it is; False where the link does not stand any more or is used up.

    A visit that is written down already is not counted again.
    """
    if is_visit(db, link_id, visit_hash):
        return True
    counted = db.execute(
        "UPDATE view_links SET opens = opens + 1 WHERE id = ? AND revoked_at IS NULL AND expires_at > ?"
        " AND (opens_most IS NULL OR opens < opens_most)",
        (link_id, opened.opened_at),
    ).rowcount
    if not counted:
        return False
    db.execute(
        "INSERT INTO view_opens (link_id, visit_hash, opened_at, peer, user_agent) VALUES (?, ?, ?, ?, ?)",
        (link_id, visit_hash, opened.opened_at, opened.peer[:PEER_LONGEST], opened.user_agent[:AGENT_LONGEST]),
    )
    db.execute(
        "DELETE FROM view_opens WHERE id IN (SELECT id FROM view_opens WHERE link_id = ? ORDER BY id DESC"
        " LIMIT -1 OFFSET ?)",
        (link_id, OPENS_KEPT),
    )
    return True


def revoke(db: sqlite3.Connection, account_id: int, link_id: int, now_ms: int) -> bool:
    """End a link of the account; False where there is none that stands."""
    changed = db.execute(
        "UPDATE view_links SET revoked_at = ? WHERE id = ? AND account_id = ? AND revoked_at IS NULL",
        (now_ms, link_id, account_id),
    ).rowcount
    return changed > 0


def get(db: sqlite3.Connection, account_id: int, link_id: int) -> ViewLink | None:
    """One link of the account, ended or not."""
    row = db.execute(
        f"SELECT {_COLUMNS} FROM view_links WHERE id = ? AND account_id = ?", (link_id, account_id)
    ).fetchone()
    return None if row is None else _link(row)


def of_account(db: sqlite3.Connection, account_id: int, limit: int) -> list[ViewLink]:
    """The account's links, ended ones too, newest first."""
    rows = db.execute(
        f"SELECT {_COLUMNS} FROM view_links WHERE account_id = ? ORDER BY id DESC LIMIT ?", (account_id, limit)
    )
    return [_link(row) for row in rows.fetchall()]


def count_standing(db: sqlite3.Connection, account_id: int, now_ms: int) -> int:
    """How many of the account's links were neither revoked nor have expired."""
    found = db.execute(
        "SELECT count(*) FROM view_links WHERE account_id = ? AND revoked_at IS NULL AND expires_at > ?",
        (account_id, now_ms),
    ).fetchone()
    return int(found[0])


def opens_of(db: sqlite3.Connection, link_id: int, limit: int) -> list[ViewOpen]:
    """Who opened a link, the last first."""
    rows = db.execute(
        "SELECT opened_at, peer, user_agent FROM view_opens WHERE link_id = ? ORDER BY id DESC LIMIT ?",
        (link_id, limit),
    )
    return [ViewOpen(*row) for row in rows.fetchall()]


def remove_ended(db: sqlite3.Connection, now_ms: int) -> None:
    """Forget links that ended long ago, with who opened them."""
    db.execute(
        "DELETE FROM view_links WHERE min(expires_at, coalesce(revoked_at, expires_at)) < ?", (now_ms - KEPT_MS,)
    )


def covers(db: sqlite3.Connection, link: ViewLink, message_id: int) -> bool:
    """Whether the link shows this message: no deleted one, and of an address no junk."""
    if link.kind == MESSAGE:
        found = db.execute(
            "SELECT 1 FROM messages m JOIN mailboxes b ON b.id = m.mailbox_id WHERE m.id = ? AND m.account_id = ?"
            " AND m.draft = 0 AND coalesce(b.role, '') <> 'trash'",
            (link.message_id, link.account_id),
        )
        return message_id == link.message_id and found.fetchone() is not None
    if link.kind != ADDRESS or message_id < link.since_at << 12:
        return False
    found = db.execute(
        f"SELECT 1{_COVERED} AND a.message_id = ?", (link.address, link.account_id, link.account_id, message_id)
    )
    return found.fetchone() is not None


def newest(db: sqlite3.Connection, link: ViewLink, limit: int) -> list[MessageRow]:
    """The newest messages a link of kind ADDRESS shows, newest first."""
    found = db.execute(
        f"SELECT m.id{_COVERED} AND a.message_id >= ? ORDER BY a.message_id DESC LIMIT ?",
        (link.address, link.account_id, link.account_id, link.since_at << 12, limit),
    )
    ids = [row[0] for row in found.fetchall()]
    return messages.rows(db, link.account_id, ids) if ids else []


def newest_codes(db: sqlite3.Connection, link: ViewLink, limit: int) -> list[StoredCode]:
    """The newest codes a link of kind CODES shows, newest first."""
    found = db.execute(  # walks the account's codes: there are fewer of them than messages at an address
        "SELECT c.message_id FROM codes c"
        " CROSS JOIN message_addressees a ON a.address = ? AND a.message_id = c.message_id"
        " CROSS JOIN messages m ON m.id = c.message_id WHERE c.account_id = ? AND c.message_id >= ?"
        f" AND c.dismissed_at IS NULL AND m.mailbox_id NOT IN ({_HIDDEN}) ORDER BY c.message_id DESC LIMIT ?",
        (link.address, link.account_id, link.since_at << 12, link.account_id, limit),
    )
    ids = [row[0] for row in found.fetchall()]
    held = codes.of_messages(db, link.account_id, ids) if ids else {}
    return [held[each] for each in ids if each in held]
