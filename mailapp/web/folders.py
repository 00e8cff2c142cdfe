"""Folders on screen: the paths under /mail, their names, the side bar."""

from collections.abc import Sequence
from urllib.parse import parse_qs, quote, urlsplit

from mailapp.mail.query_tree import Query
from mailapp.store.labels import Label
from mailapp.store.mailboxes import Mailbox, tree
from mailapp.store.messages import View
from mailapp.values import dataclass
from mailapp.web.reader import Reader

INBOX = "/mail/inbox"
STARRED = "starred"
ALL = "all"
ORDER = ("inbox", STARRED, "drafts", "sent", "archive", "junk", "trash", ALL)
COUNTS_TOTAL = ("drafts",)
UNTHREADED = ("drafts", "sent")
"""Mailboxes listed message by message: drafts are apart, and every sent message tells how it fares."""
COUNTS_NOTHING = ("sent", "trash", STARRED, ALL)
LABEL = "label"
"""Role of a label's list; its key is label-<id>."""
TAKES = ("inbox", "archive", "junk", "trash")
"""Roles of the folders messages are moved to by hand; Sent and Drafts hold what was written here."""


@dataclass(frozen=True, slots=True)
class Folder:
    """One list of messages a page can show."""

    key: str
    """What follows /mail/: a role, starred, all, the id of a folder of the account's own, or label-<id>; a search adds
    ?q=."""
    role: str
    """Role of its mailbox; starred, all or label for lists across mailboxes; "" for the account's own."""
    name: str
    """Of a folder in another one with the names of those: 项目/校样."""
    view: View
    count: int
    """The number beside its name: unread, in drafts all."""
    unread: int
    query: Query | None = None
    """What is searched for, where the list is a search."""
    total: int = 0
    """Messages in it; 0 where nobody counts (starred, all)."""
    depth: int = 0
    """How many folders it lies in."""

    @property
    def path(self) -> str:
        return f"/mail/{self.key}"

    @property
    def short_name(self) -> str:
        """Its name alone, for where it stands below the one it lies in."""
        return self.name.rpartition("/")[2] if self.depth else self.name

    @property
    def takes(self) -> bool:
        """Whether messages can be moved here by hand."""
        return self.role in TAKES or not self.role


@dataclass(frozen=True, slots=True)
class SidebarItem:
    key: str
    href: str
    name: str
    count: int
    current: bool
    depth: int = 0
    drop: str = ""
    """What dropping messages on it does: move, label, star, or "" for nothing."""


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
    own: tuple[SidebarItem, ...] = ()
    """The account's own folders, each behind the one it lies in."""
    labels: tuple[SidebarItem, ...] = ()


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


def folders(reader: Reader, mailboxes: Sequence[Mailbox], labels: Sequence[Label] = ()) -> dict[str, Folder]:
    """Every list of the reader's account by key, in the order of the side bar."""
    assert reader.account is not None
    account_id, threaded = reader.account.id, bool(reader.account.conversations)
    names = folder_names(reader)
    found = {STARRED: Folder(STARRED, STARRED, names[STARRED], View(account_id, flagged=True), 0, 0)}
    for mailbox in mailboxes:
        if mailbox.role:
            name = names.get(mailbox.role, mailbox.name)
            found[mailbox.role] = _folder(account_id, mailbox, mailbox.role, name, threaded=threaded)
    found[ALL] = Folder(ALL, ALL, names[ALL], View(account_id, threaded=threaded), 0, 0)
    found = {key: found[key] for key in ORDER if key in found}
    path: list[str] = []
    for depth, mailbox in tree(mailboxes):
        path = [*path[:depth], mailbox.name]
        key = str(mailbox.id)
        found[key] = _folder(account_id, mailbox, key, "/".join(path), depth, threaded=threaded)
    for label in labels:
        key, view = f"{LABEL}-{label.id}", View(account_id, label_id=label.id)
        found[key] = Folder(key, LABEL, label.name, view, label.unread, label.unread, total=label.total)
    return found


def _folder(account_id: int, mailbox: Mailbox, key: str, name: str, depth: int = 0, *, threaded: bool) -> Folder:
    count = mailbox.total if key in COUNTS_TOTAL else 0 if key in COUNTS_NOTHING else mailbox.unread
    view = View(account_id, mailbox.id, threaded=threaded and key not in UNTHREADED)
    return Folder(key, mailbox.role or "", name, view, count, mailbox.unread, total=mailbox.total, depth=depth)


def sidebar(reader: Reader, found: dict[str, Folder], current: str, unnoticed: int = 0) -> Sidebar:
    """The side bar with `current` (a folder's key, or "") marked."""
    assert reader.account is not None
    items, own, labels = side_items(found, current)
    return Sidebar(
        items=items,
        account_name=reader.account.name or reader.account.address.partition("@")[0],
        account_address=reader.account.address,
        unnoticed=unnoticed,
        admin=reader.account.is_admin,
        own=own,
        labels=labels,
    )


def side_items(
    found: dict[str, Folder], current: str = ""
) -> tuple[tuple[SidebarItem, ...], tuple[SidebarItem, ...], tuple[SidebarItem, ...]]:
    """What the side bar lists: folders with a role, the account's own, labels."""
    groups: tuple[list[SidebarItem], list[SidebarItem], list[SidebarItem]] = ([], [], [])
    for each in found.values():
        drop = "label" if each.role == LABEL else "star" if each.role == STARRED else "move" if each.takes else ""
        item = SidebarItem(each.key, each.path, each.short_name, each.count, each.key == current, each.depth, drop)
        groups[2 if each.role == LABEL else 0 if each.role else 1].append(item)
    return tuple(groups[0]), tuple(groups[1]), tuple(groups[2])


def key_of(view: str) -> str:
    """The folder's key in a `view` parameter such as /mail/inbox?q=; the inbox for anything else."""
    parts = urlsplit(view)
    key = parts.path.removeprefix("/mail/") if parts.path.startswith("/mail/") else "inbox"
    return search_key(key, parse_qs(parts.query, max_num_fields=20).get("q", [""])[0])


def search_key(key: str, text: str) -> str:
    """The key of a search in a folder; the folder's own where there is nothing to search for."""
    return f"{key}?q={quote(text, safe='')}" if text.strip() else key
