"""Folders on screen: the paths under /mail, their names, the side bar."""

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import parse_qs, quote, urlsplit

from mailapp.mail.query_tree import Query
from mailapp.store.mailboxes import Mailbox
from mailapp.store.messages import View
from mailapp.web.reader import Reader

INBOX = "/mail/inbox"
STARRED = "starred"
ALL = "all"
ORDER = ("inbox", STARRED, "drafts", "sent", "archive", "junk", "trash")
COUNTS_TOTAL = ("drafts",)
COUNTS_NOTHING = ("sent", "trash", STARRED, ALL)


@dataclass(frozen=True, slots=True)
class Folder:
    """One list of messages a page can show."""

    key: str
    """What follows /mail/: a role, starred, all, or the id of a folder of the account's own; a search adds ?q=."""
    role: str
    """Role of its mailbox; starred or all for lists across mailboxes; "" for the account's own."""
    name: str
    view: View
    count: int
    """The number beside its name: unread, in drafts all."""
    unread: int
    query: Query | None = None
    """What is searched for, where the list is a search."""

    @property
    def path(self) -> str:
        return f"/mail/{self.key}"


@dataclass(frozen=True, slots=True)
class SidebarItem:
    key: str
    href: str
    name: str
    count: int
    current: bool


@dataclass(frozen=True, slots=True)
class Sidebar:
    items: tuple[SidebarItem, ...]
    account_name: str
    account_address: str
    unnoticed: int
    """The number at the bell: sent messages that failed and that nobody has looked at since."""
    admin: bool
    """Whether the way to the admin pages is shown."""
    searches: tuple[SidebarItem, ...] = ()
    """Searches the account keeps; their key is their id."""


def folder_names(reader: Reader) -> dict[str, str]:
    """Role -> the reader's word for it."""
    _ = reader.gettext
    return {
        "inbox": _("Inbox"),
        STARRED: _("Starred"),
        "drafts": _("Drafts"),
        "sent": _("Sent"),
        "archive": _("Archive"),
        "junk": _("Junk"),
        "trash": _("Trash"),
        ALL: _("All mail"),
    }


def folders(reader: Reader, mailboxes: Sequence[Mailbox]) -> dict[str, Folder]:
    """Every folder of the reader's account by key, in the order of the side bar."""
    assert reader.account is not None
    account_id = reader.account.id
    names = folder_names(reader)
    found = {
        STARRED: Folder(STARRED, STARRED, names[STARRED], View(account_id, flagged=True), 0, 0),
        ALL: Folder(ALL, ALL, names[ALL], View(account_id), 0, 0),
    }
    for mailbox in mailboxes:
        key = mailbox.role or str(mailbox.id)
        count = mailbox.total if key in COUNTS_TOTAL else 0 if key in COUNTS_NOTHING else mailbox.unread
        name = names.get(key, mailbox.name)
        found[key] = Folder(key, mailbox.role or "", name, View(account_id, mailbox.id), count, mailbox.unread)
    own = [key for key in found if key not in ORDER and key != ALL]
    return {key: found[key] for key in (*ORDER, *own, ALL) if key in found}


def sidebar(reader: Reader, found: dict[str, Folder], current: str, unnoticed: int = 0) -> Sidebar:
    """The side bar with `current` (a folder's key, or "") marked."""
    assert reader.account is not None
    return Sidebar(
        items=tuple(
            SidebarItem(each.key, each.path, each.name, each.count, each.key == current)
            for each in found.values()
            if each.key != ALL
        ),
        account_name=reader.account.name or reader.account.address.partition("@")[0],
        account_address=reader.account.address,
        unnoticed=unnoticed,
        admin=reader.account.is_admin,
    )


def key_of(view: str) -> str:
    """The folder's key in a `view` parameter such as /mail/inbox?q=; the inbox for anything else."""
    parts = urlsplit(view)
    key = parts.path.removeprefix("/mail/") if parts.path.startswith("/mail/") else "inbox"
    return search_key(key, parse_qs(parts.query, max_num_fields=20).get("q", [""])[0])


def search_key(key: str, text: str) -> str:
    """The key of a search in a folder; the folder's own where there is nothing to search for."""
    return f"{key}?q={quote(text, safe='')}" if text.strip() else key
