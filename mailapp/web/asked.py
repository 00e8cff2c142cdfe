"""Which messages a form is about: named one by one, or everything the list on screen shows."""

import sqlite3
from collections.abc import Sequence

from quart import abort
from werkzeug.datastructures import MultiDict

from mailapp.flow.filing import IDS_LIMIT
from mailapp.flow.selections import Everything, Many, Selection
from mailapp.store import labels, mailboxes
from mailapp.store.conversations import ids_of_conversations
from mailapp.values import dataclass
from mailapp.web.context import context
from mailapp.web.folders import INBOX, Folder, folders, key_of
from mailapp.web.forms import message_ids, positive_id
from mailapp.web.fragments import local_path
from mailapp.web.reader import Reader, current_reader
from mailapp.web.searching import folder_at


@dataclass(frozen=True, slots=True)
class Asked:
    """What a form names: fields message=<id> (repeated), or all=1 and newest=<id>; and view, the list on screen."""

    ids: tuple[int, ...]
    """() where everything is meant; of a list of conversations all their messages in it."""
    named: tuple[int, ...]
    """Those the form names."""
    all: bool
    newest: int
    """The newest message the reader saw in the list; later ones are left alone."""
    view: str
    """Path of the list."""
    folders: dict[str, Folder]
    """The account's, by key."""
    folder: Folder
    """The list's, which may be a search; the inbox where the account has no such list."""

    @property
    def selection(self) -> Sequence[int] | Selection:
        """What an act is done to."""
        if self.all:
            return Everything(self.folder.view, self.newest)
        return self.ids if len(self.ids) <= IDS_LIMIT else Many(self.ids)


async def asked_of(form: MultiDict[str, str]) -> Asked:
    """What a form names. Aborts with 400 for nonsense, 404 for everything of a list the account does not have."""
    view = local_path(form.get("view", INBOX), INBOX)
    view = view if view.startswith("/mail/") else INBOX
    found, folder = await context().database.read(_folders_at, current_reader(), key_of(view))
    everything = form.get("all") == "1"
    if everything and folder is None:
        abort(404)
    named = () if everything else tuple(message_ids(form))
    shown = folder or found["inbox"]
    ids = tuple(await context().database.read(ids_of_conversations, shown.view, named)) if named else ()
    newest = positive_id(form.get("newest", "")) if everything else 0
    return Asked(ids, named, everything, newest, view, found, shown)


async def account_folders() -> dict[str, Folder]:
    """The reader's folders and labels as they are now."""
    return (await context().database.read(_folders_at, current_reader(), ""))[0]


def _folders_at(db: sqlite3.Connection, reader: Reader, key: str) -> tuple[dict[str, Folder], Folder | None]:
    assert reader.account is not None
    account_id = reader.account.id
    found = folders(reader, mailboxes.of_account(db, account_id), labels.of_account(db, account_id))
    return found, folder_at(db, reader, found, key)
