"""Accounts: who logs in."""

import sqlite3

from mailapp.store import account_links, addresses, domains
from mailapp.values import dataclass

MEMBER = "member"
ADMIN = "admin"
ACTIVE = "active"
DISABLED = "disabled"
UNDO_SEND_MAX_S = 60
DENSITIES = ("", "compact")
PAGE_SIZES = (25, 50, 100)
REMOTE_IMAGES = ("ask", "show")
SYSTEM_MAILBOXES = ("inbox", "drafts", "sent", "archive", "junk", "trash")


class AccountExists(Exception):
    """The address belongs to an account or alias already."""


class LastAdmin(Exception):
    """Nobody could administer the system afterwards."""


@dataclass(frozen=True, slots=True)
class Account:
    id: int
    address: str
    """Folded; also an entry of `addresses`."""
    name: str
    password_hash: str
    role: str
    state: str
    language: str
    """zh-CN, en, or "" to follow the browser."""
    time_zone: str
    """IANA name, or "" to follow the browser."""
    theme: str
    """light, dark, or "" to follow the system."""
    bytes_used: int
    undo_send_s: int = 10
    """Seconds a submission is held so that it can be undone, 0 to UNDO_SEND_MAX_S."""
    density: str = ""
    """compact, or "" for rows with a preview."""
    page_size: int = 50
    """Rows of a list before the next page, one of PAGE_SIZES."""
    remote_images: str = "ask"
    """ask or show: what happens to remote images of people nobody decided about."""
    conversations: bool = True
    """Whether lists show conversations instead of single messages."""
    file_codes: bool = False
    """Whether mail with a code goes to the archive by itself."""
    quota: int = 0
    """Bytes it may hold, 0 for any number."""

    @property
    def is_admin(self) -> bool:
        return self.role == ADMIN

    @property
    def is_active(self) -> bool:
        return self.state == ACTIVE


_COLUMNS = (
    "id, address, name, password_hash, role, state, language, time_zone, theme, bytes_used, undo_send_s, density,"
    " page_size, remote_images, conversations, file_codes, quota"
)


def get(db: sqlite3.Connection, account_id: int) -> Account | None:
    row = db.execute(f"SELECT {_COLUMNS} FROM accounts WHERE id = ?", (account_id,)).fetchone()
    return None if row is None else Account(*row)


def by_address(db: sqlite3.Connection, address: str) -> Account | None:
    """The account that logs in with this folded address."""
    row = db.execute(f"SELECT {_COLUMNS} FROM accounts WHERE address = ?", (address,)).fetchone()
    return None if row is None else Account(*row)


def first_made(db: sqlite3.Connection) -> int:
    """When the oldest account there is was made, in ms; 0 where there is none."""
    return int(db.execute("SELECT min(created_at) FROM accounts").fetchone()[0] or 0)


def all_(db: sqlite3.Connection) -> list[Account]:
    return [Account(*row) for row in db.execute(f"SELECT {_COLUMNS} FROM accounts ORDER BY address")]


def count(db: sqlite3.Connection) -> int:
    return int(db.execute("SELECT count(*) FROM accounts").fetchone()[0])


def first_admin(db: sqlite3.Connection) -> int | None:
    """Id of the admin that postmaster@ and abuse@ reach."""
    row = db.execute("SELECT id FROM accounts WHERE role = 'admin' AND state = 'active' ORDER BY id LIMIT 1").fetchone()
    return None if row is None else int(row[0])


def add(db: sqlite3.Connection, *, address: str, name: str, password_hash: str, role: str, now_ms: int) -> int:
    """Make an account with its folders, its address and, where it is new, its domain. Raises AccountExists."""
    domain_id = domains.ensure(db, address.rpartition("@")[2], now_ms)
    if addresses.exists(db, address) or by_address(db, address) is not None:
        raise AccountExists(address)
    row = db.execute(
        "INSERT INTO accounts (address, name, password_hash, role, created_at) VALUES (?, ?, ?, ?, ?) RETURNING id",
        (address, name, password_hash, role, now_ms),
    ).fetchone()
    account_id = int(row[0])
    db.executemany(
        "INSERT INTO mailboxes (account_id, role) VALUES (?, ?)", [(account_id, role) for role in SYSTEM_MAILBOXES]
    )
    addresses.add(db, address, domain_id, [account_id], now_ms)
    return account_id


def set_password(db: sqlite3.Connection, account_id: int, password_hash: str) -> None:
    """Change a password; a link that would choose one no longer works."""
    account_links.remove(db, account_id)
    db.execute("UPDATE accounts SET password_hash = ? WHERE id = ?", (password_hash, account_id))


def set_state(db: sqlite3.Connection, account_id: int, state: str) -> None:
    """Raises LastAdmin."""
    if state == DISABLED:
        keep_an_admin(db, account_id)
    db.execute("UPDATE accounts SET state = ? WHERE id = ?", (state, account_id))


def set_name(db: sqlite3.Connection, account_id: int, name: str) -> None:
    db.execute("UPDATE accounts SET name = ? WHERE id = ?", (name, account_id))


def set_role(db: sqlite3.Connection, account_id: int, role: str) -> None:
    """Raises LastAdmin."""
    if role != ADMIN:
        keep_an_admin(db, account_id)
    db.execute("UPDATE accounts SET role = ? WHERE id = ?", (role, account_id))


def set_preferences(
    db: sqlite3.Connection, account_id: int, *, name: str, language: str, time_zone: str, theme: str
) -> None:
    db.execute(
        "UPDATE accounts SET name = ?, language = ?, time_zone = ?, theme = ? WHERE id = ?",
        (name, language, time_zone, theme, account_id),
    )


def set_display(
    db: sqlite3.Connection, account_id: int, *, density: str, page_size: int, remote_images: str, conversations: bool
) -> None:
    """How lists and letters are shown; the values are one of DENSITIES, PAGE_SIZES and REMOTE_IMAGES."""
    db.execute(
        "UPDATE accounts SET density = ?, page_size = ?, remote_images = ?, conversations = ? WHERE id = ?",
        (density, page_size, remote_images, conversations, account_id),
    )


def set_file_codes(db: sqlite3.Connection, account_id: int, on: bool) -> None:
    """Whether mail with a code goes to the archive by itself from now on."""
    db.execute("UPDATE accounts SET file_codes = ? WHERE id = ?", (int(on), account_id))


def set_undo_send(db: sqlite3.Connection, account_id: int, seconds: int) -> None:
    """How long submissions are held from now on; what lies outside 0 to UNDO_SEND_MAX_S is cut."""
    held = min(max(seconds, 0), UNDO_SEND_MAX_S)
    db.execute("UPDATE accounts SET undo_send_s = ? WHERE id = ?", (held, account_id))


def set_logged_in(db: sqlite3.Connection, account_id: int, now_ms: int) -> None:
    db.execute("UPDATE accounts SET last_login_at = ? WHERE id = ?", (now_ms, account_id))


def remove(db: sqlite3.Connection, account_id: int) -> None:
    """Remove an account whose messages and queue items are gone already, with addresses that reached nobody else.

    Raises LastAdmin.
    """
    keep_an_admin(db, account_id)
    db.execute("DELETE FROM accounts WHERE id = ?", (account_id,))
    addresses.remove_orphans(db)


def keep_an_admin(db: sqlite3.Connection, account_id: int) -> None:
    """Raise LastAdmin unless somebody else can administer the system: who has not chosen a password yet cannot."""
    others = db.execute(
        "SELECT 1 FROM accounts WHERE role = 'admin' AND state = 'active' AND id <> ?"
        " AND id NOT IN (SELECT account_id FROM account_links) LIMIT 1",
        (account_id,),
    ).fetchone()
    account = get(db, account_id)
    if account is not None and account.is_admin and others is None:
        raise LastAdmin(account.address)
