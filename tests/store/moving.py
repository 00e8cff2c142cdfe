"""Accounts whose mail the release before indexed, and this one as well."""

import sqlite3
from pathlib import Path

from mailapp.mail.query_tree import Text
from mailapp.store import arrivals, contents, filings, mailboxes, search, search_index
from mailapp.store.migrate import apply, scripts
from mailapp.store.search import Search
from tests.store.support import arrival

NOW = 1_800_000_000_000
BEFORE = 9
"""The migration of the release before."""


class Box:
    """An account of a database, as the release before and as this one writes to it."""

    def __init__(self, db: sqlite3.Connection, account_id: int) -> None:
        self.db = db
        self.id = account_id
        self.address = f"{account_id}@x.example"
        self.ids = arrivals.MessageIds()
        self.held: list[int] = []
        db.execute(
            "INSERT INTO accounts (id, address, password_hash, created_at) VALUES (?, ?, '', 0)",
            (account_id, self.address),
        )
        for role in ("inbox", "drafts", "sent", "junk", "trash"):
            db.execute("INSERT INTO mailboxes (account_id, role) VALUES (?, ?)", (account_id, role))

    @property
    def inbox(self) -> int:
        return mailboxes.by_role(self.db, self.id, "inbox")

    def old(self, at: int) -> int:
        """A message in the tables of the release before: the rows of today without what 0010 brought."""
        one = arrival(self.id, address=self.address)
        assert isinstance(one.content, bytes)
        content_id = contents.add(self.db, one.content, one.words, 1)
        number = self.ids.next(self.db, NOW + at)
        self.db.execute(
            "INSERT INTO messages (id, account_id, mailbox_id, content_id, thread_id, size, from_name, from_address,"
            " subject, preview, delivered_to) VALUES (?, ?, ?, ?, ?, ?, '', '', '', '', ?)",
            (number, self.id, self.inbox, content_id, number, one.size, self.address),
        )
        account = search_index.account_words(self.id, one.words.version, (self.address,), one.size, 0)
        self.db.execute(
            "INSERT INTO search (rowid, account, subject, people, body, files) VALUES (?, ?, ?, ?, ?, ?)",
            (number, account, *one.words.columns),
        )
        self.db.execute("UPDATE mailboxes SET total = total + 1, unread = unread + 1 WHERE id = ?", (self.inbox,))
        self.held.append(number)
        return number

    def new(self, at: int) -> int:
        (made,) = arrivals.add(self.db, self.ids, arrival(self.id, address=self.address), NOW + at)
        self.held.append(made.message_id)
        return made.message_id

    def erase(self, number: int) -> None:
        filings.erase(self.db, self.id, number)
        self.held.remove(number)

    def check(self) -> None:
        """Everything is found, once and newest first, in pages of any size, upwards and one by one."""
        wanted = Search(self.id, Text("", "验证"))
        expected = sorted(self.held, reverse=True)
        assert search.page(self.db, wanted, None, 1_000, patient=True).ids == expected
        seen, before = list[int](), None
        while True:
            found = search.page(self.db, wanted, before, 3)
            seen += found.ids
            if not found.resume:
                break
            before = found.resume
        assert seen == expected
        assert search.matching(self.db, wanted, self.held) == set(self.held)
        if not expected:
            return
        middle = expected[len(expected) // 2]
        at = expected.index(middle)
        older = expected[at + 1] if at + 1 < len(expected) else None
        assert search.neighbours(self.db, wanted, middle) == (expected[at - 1] if at else None, older)

    def numbered(self) -> int:
        count = "SELECT count(*) FROM messages WHERE search_number > 0 AND account_id = ?"
        return int(self.db.execute(count, (self.id,)).fetchone()[0])


def database_before(path: Path) -> None:
    """Make a database of the release before."""
    db = sqlite3.connect(path, isolation_level=None)
    apply(db, scripts()[:BEFORE])
    db.close()
