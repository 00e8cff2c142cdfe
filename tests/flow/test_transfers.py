"""An account's mail as a file and back: bytes, folders, flags, labels, threads, counters; hostile files end early."""

import io
import mailbox
import zipfile
from collections.abc import Iterator
from contextlib import closing
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from mailapp.events import Bus
from mailapp.flow.delivery import Delivery
from mailapp.flow.exporting import MAILDIR, MBOX, export
from mailapp.flow.import_sources import Found, NotMail, Sources
from mailapp.flow.importing import Tally, import_all
from mailapp.mail.content import MemoryContent
from mailapp.mail.envelope import Envelope
from mailapp.mail.zips import BadZip
from mailapp.store import filings, labels, mailboxes, messages, quotas, transfers
from mailapp.store.contents import StoredContent
from mailapp.store.database import Database, connect, transact
from mailapp.store.messages import View
from tests.conftest import DOMAIN, make_account

LIN, ANN = f"lin@{DOMAIN}", f"ann@{DOMAIN}"
MIB = 1_048_576


class Parts:
    """Two accounts, and what the command line does with them."""

    def __init__(self, database: Database, bus: Bus, lin: int, ann: int, spool: Path) -> None:
        self.delivery = Delivery(database, bus, "mail.yuanye.example")
        self.database, self.lin, self.ann = database, lin, ann
        self.db = connect(database.path)
        self.sources = Sources(spool, 35 * MIB)

    def write(self, function: Any, *args: Any) -> Any:
        return transact(self.db, function, *args)

    def read(self, function: Any, *args: Any) -> Any:
        return function(self.db, *args)

    async def deliver(self, subject: str, text: str = "x", to: str = LIN, **fields: str) -> int:
        letter = EmailMessage()
        letter["From"], letter["To"], letter["Subject"] = "周婧 <zhou@sanlian.example>", to, subject
        letter["Message-ID"] = f"<{subject}@sanlian.example>"
        for name, value in fields.items():
            letter[name.replace("_", "-")] = value
        letter.set_content(text)
        content = MemoryContent(letter.as_bytes().replace(b"\n", b"\r\n"))
        envelope = Envelope("zhou@sanlian.example", (to,), "203.0.113.9", "mx.sanlian.example")
        return int(await self.delivery.deliver(envelope, content), 16)

    def export(self, format_: str, account_id: int = 0) -> bytes:
        return b"".join(export(self.read, account_id or self.lin, format_))

    def take(self, data: bytes, account_id: int = 0, name: str = "x") -> Tally:
        tally = Tally()
        found = self.sources.messages(MemoryContent(data), name)
        import_all(self.write, self.read, account_id or self.ann, found, tally, rest=False)
        return tally

    def held(self, account_id: int) -> list[tuple[Any, ...]]:
        """What an account has, oldest first, but for ids; content without its trace."""
        names = {each.id: each.role or each.name for each in mailboxes.of_account(self.db, account_id)}
        rows = messages.page(self.db, View(account_id), None, 500)
        every = [
            *rows,
            *(
                row
                for role in ("junk", "trash")
                for row in messages.page(self.db, self._view(account_id, role), None, 99)
            ),
        ]
        return [
            (names[row.mailbox_id], row.subject, row.seen, row.flagged, row.answered, row.received_ms // 1000)
            for row in sorted(every, key=lambda row: (row.received_ms // 1000, row.subject))
        ]

    def _view(self, account_id: int, role: str) -> View:
        return View(account_id, mailboxes.by_role(self.db, account_id, role))

    def content(self, account_id: int, subject: str) -> bytes:
        row = next(each for each in messages.page(self.db, View(account_id), None, 500) if each.subject == subject)
        stored = messages.get(self.db, account_id, row.id)
        assert stored is not None
        content = StoredContent(self.db, stored.content_id)
        return stored.trace + content.read(0, content.size)


@pytest.fixture
async def parts(database: Database, bus: Bus, tmp_path: Path) -> Any:
    lin, ann = await make_account(database, LIN), await make_account(database, ANN)
    spool = tmp_path / "spool"
    spool.mkdir()
    parts = Parts(database, bus, lin, ann, spool)
    with closing(parts.db):
        yield parts
    parts.delivery.close()


async def _fill(parts: Parts) -> None:
    ids = {name: await parts.deliver(name) for name in ("inbox", "seen", "starred", "junk", "own", "labelled")}
    await parts.deliver("answer", References="<seen@sanlian.example>")
    await parts.deliver("large", "From here on\n" + "From x 10:00\n" * 120_000)

    def mark(db: Any) -> None:
        filings.set_seen(db, parts.lin, [ids["seen"]], True)
        filings.set_flagged(db, parts.lin, [ids["starred"]], True)
        filings.relocate(db, parts.lin, [ids["junk"]], mailboxes.by_role(db, parts.lin, "junk"), 1)
        filings.relocate(db, parts.lin, [ids["own"]], mailboxes.add(db, parts.lin, ["项目", "校样"]), 1)
        label = labels.add(db, parts.lin, "标签")
        db.execute("INSERT INTO message_labels (message_id, label_id) VALUES (?, ?)", (ids["labelled"], label))

    parts.write(mark)


@pytest.mark.parametrize("format_", [MBOX, MAILDIR])
async def test_an_account_comes_out_of_its_own_export_as_it_was(
    parts: Parts, format_: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transfers, "PAST_MS", 0)  # the mail is as old as the test
    await _fill(parts)
    data = parts.export(format_)
    tally = parts.take(data)
    assert (tally.new, tally.there, tally.refused) == (8, 0, 0)
    assert parts.held(parts.ann) == parts.held(parts.lin)
    assert parts.content(parts.ann, "large") == parts.content(parts.lin, "large")
    assert [each.name for each in labels.of_account(parts.db, parts.ann)] == ["标签"]
    counts = [[(each.role, each.name, each.total, each.unread) for each in mailboxes.of_account(parts.db, one)]
              for one in (parts.lin, parts.ann)]  # fmt: skip
    assert counts[0] == counts[1]
    again = parts.take(data)
    assert (again.new, again.there) == (0, 8)
    assert len(parts.export(format_, parts.ann)) > 0
    assert parts.db.execute("PRAGMA integrity_check").fetchone() == ("ok",)


async def test_importing_into_the_account_it_came_from_doubles_nothing(parts: Parts) -> None:
    await _fill(parts)
    assert parts.take(parts.export(MBOX), parts.lin).new == 0


async def test_another_message_under_the_same_message_id_is_kept_and_the_same_is_not_doubled(parts: Parts) -> None:
    one = b"Message-ID: <1@x>\nFrom: a@x.example\nSubject: s\n\n%s\n"
    both = b"".join(b"From a Mon Feb 19 21:07:26 2024\n" + one % text + b"\n" for text in (b"one", b"two", b"one"))
    tally = parts.take(both)
    assert (tally.new, tally.there) == (2, 1)
    again = parts.take(both)
    assert (again.new, again.there) == (0, 3)
    large = b"Message-ID: <2@x>\n\n" + b"x" * 70 * 40_000
    assert [parts.take(each).new for each in (large, large + b"y", large, large + b"y\n\n")] == [1, 1, 0, 0]


async def test_a_forged_message_id_keeps_nobody_out(parts: Parts) -> None:
    await parts.deliver("real", "what the archive says", to=ANN)
    archive = parts.export(MBOX, parts.ann)
    for row in messages.page(parts.db, View(parts.ann), None, 9):
        parts.write(filings.erase, parts.ann, row.id)
    await parts.deliver("real", "somebody else's, with the same id", to=ANN)
    assert parts.take(archive).new == 1


async def test_what_a_quota_has_no_room_for_is_left_out_and_counted(parts: Parts) -> None:
    def letters(*sizes: int) -> bytes:
        return b"".join(
            b"From a Mon Feb 19 21:07:26 2024\nMessage-ID: <%d@x>\n\n%s\n\n"
            % (size, (b"x" * 70 + b"\n") * (size // 71))
            for size in sizes
        )

    parts.write(quotas.set_, parts.ann, 2_000_000)
    tally = parts.take(letters(1_000_000, 3_000_000, 900_000, 400_000, 1_000))
    assert (tally.new, tally.full, tally.there) == (3, 2, 0)
    assert 1_900_000 < parts.read(quotas.of, parts.ann).used <= 2_000_000
    parts.write(quotas.set_, parts.ann, 0)
    tally = parts.take(letters(1_000_000, 3_000_000, 900_000, 400_000, 1_000))
    assert (tally.new, tally.full, tally.there) == (2, 0, 3)
    assert parts.db.execute("SELECT count(*) FROM contents WHERE state = 'expected'").fetchone() == (0,)


async def test_threads_are_joined_by_what_is_older_and_by_what_is_newer(parts: Parts) -> None:
    old = b"From a@b Mon Feb 19 21:07:26 2024\nMessage-ID: <a@x>\nSubject: old\n\nx\n\n"
    new = b"From a@b Tue Feb 20 21:07:26 2024\nMessage-ID: <b@x>\nReferences: <a@x>\nSubject: new\n\nx\n\n"
    for account_id, first, second in ((parts.lin, old, new), (parts.ann, new, old)):
        parts.take(first, account_id)
        parts.take(second, account_id)
        rows = messages.page(parts.db, View(account_id), None, 9)
        assert [row.subject for row in rows] == ["new", "old"]
        assert [row.thread_place for row in rows] == [1, 2]
        assert len({row.thread_id for row in rows}) == 1
        shown = messages.page(parts.db, View(account_id, threaded=True), None, 9)
        assert [row.subject for row in shown] == ["new"]


async def test_imported_mail_is_found_by_searching_and_keeps_its_place(parts: Parts) -> None:
    await parts.deliver("today", to=ANN)
    parts.take(
        "Subject: 旧信\nDate: Mon, 19 Feb 2024 21:07:26 +0000\nFrom: a@b.example\n\n一封旧信\n".encode(), name="x.eml"
    )
    rows = messages.page(parts.db, View(parts.ann), None, 9)
    assert [row.subject for row in rows] == ["today", "旧信"]
    assert rows[1].received_ms // 1000 == 1_708_376_846
    found = parts.db.execute("SELECT rowid FROM search WHERE search MATCH ?", (f'"a{parts.ann}"',)).fetchall()
    assert (rows[1].id,) in found


async def test_takeout_and_the_mbox_of_other_programs(parts: Parts, tmp_path: Path) -> None:
    box = mailbox.mbox(tmp_path / "All mail.mbox")
    letter = mailbox.mboxMessage(b"Subject: one\nMessage-ID: <1@x>\n\nFrom here\n")
    letter.set_flags("RF")
    box.add(letter)
    box.add(b"X-GM-THRID: 1\nX-Gmail-Labels: Inbox,Unread,Work\nSubject: two\nMessage-ID: <2@x>\n\nx\n")
    box.flush()
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.write(tmp_path / "All mail.mbox", "Takeout/Mail/All mail.mbox")
        archive.writestr("Takeout/index.html", "<p>")
        archive.writestr("../../etc/x.eml", b"Subject: three\r\n\r\nx")
    assert parts.take(packed.getvalue()).new == 3
    held = {row[1]: row[:5] for row in parts.held(parts.ann)}
    assert held["one"] == ("archive", "one", True, True, False)
    assert held["two"] == ("inbox", "two", False, False, False)
    assert "three" in held
    assert b"From here\r\n" in parts.content(parts.ann, "one")


async def test_a_maildir_directory_is_walked_and_links_are_not(parts: Parts, tmp_path: Path) -> None:
    root = tmp_path / "Maildir"
    for name, file in (("cur", "1.x:2,S"), ("new", "2.x"), (".Sent/cur", "3.x:2,S")):
        (root / name).mkdir(parents=True, exist_ok=True)
        (root / name / file).write_bytes(f"Subject: {file[0]}\n\nx\n".encode())
    (root / "cur" / "4.x").symlink_to("/etc/hostname")
    (root / ".Sent" / "loop").symlink_to(root)
    tally = Tally()
    import_all(parts.write, parts.read, parts.ann, parts.sources.directory(root), tally, rest=False)
    assert [row[:3] for row in parts.held(parts.ann)] == [
        ("inbox", "1", True),
        ("inbox", "2", False),
        ("sent", "3", True),
    ]


async def test_bombs_and_nonsense_end_early_and_good_mail_beside_them_is_taken(
    parts: Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("cur/bomb", b"Subject: x\n\n" + bytes(60 * MIB))
        archive.writestr("cur/nonsense", b"\x00\x01\x02")
        archive.writestr("cur/good:2,S", b"Subject: good\n\nx\n")
        archive.writestr("a/" * 50 + "cur/deep", b"Subject: deep\n\nx\n")
    tally = parts.take(packed.getvalue())
    assert (tally.new, tally.refused) == (1, 2)
    monkeypatch.setattr("mailapp.flow.import_sources.INFLATED_FREE", 1_000)
    monkeypatch.setattr("mailapp.flow.import_sources.INFLATED_MOST", 0)
    many = io.BytesIO()
    with zipfile.ZipFile(many, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(9):
            archive.writestr(f"cur/{number}", f"Subject: {number}\n\n{'x' * 300}\n")
    with pytest.raises(BadZip):
        parts.take(many.getvalue())
    for nonsense in (b"", b"\x89PNG", b"PK\x03\x04rubbish", b"From nowhere\n", b"hello\n"):
        with pytest.raises((NotMail, BadZip)):
            parts.take(nonsense)


async def test_names_nobody_may_have_become_ones_that_can_be_had(parts: Parts) -> None:
    folder = "/".join(["x" * 200, "\u202eevil", "", *"abcdefgh"])
    head = f"From a@b Mon Feb 19 21:07:26 2024\nX-Folder: {folder}\nSubject: x\n\nx\n\n"
    assert parts.take(head.encode()).new == 1
    own = [each.name for each in mailboxes.of_account(parts.db, parts.ann) if each.role is None]
    assert len(own) == mailboxes.DEPTH
    assert "x" * 60 in own


async def test_memory_does_not_grow_with_the_number_of_messages(parts: Parts) -> None:
    def many() -> Iterator[Found]:
        for number in range(2_000):
            data = b"From a@b Mon Feb 19 21:07:26 2024\nSubject: %d\n\nx\n\n" % number
            yield from parts.sources.messages(MemoryContent(data), "x")

    tally = Tally()
    import_all(parts.write, parts.read, parts.ann, many(), tally, rest=False)
    assert tally.new == 2_000
    longest = max(len(piece) for piece in export(parts.read, parts.ann, MAILDIR))
    assert longest < MIB
