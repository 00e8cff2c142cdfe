"""Moving over from the original project, by the real program."""

import sqlite3
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from werkzeug.security import generate_password_hash

from mailapp.cli import main
from mailapp.store import accounts, contents, domains
from mailapp.store.database import connect
from tests.originals import EARLY, original

NEW_YEAR = "2025-01-01 08:30:00"
LETTERS = [
    (
        "ana@yuanye.example",
        "no-reply@shop.example",
        "您的验证码",
        "<p>验证码 <b>482913</b></p>",
        "text/html",
        NEW_YEAR,
        1,
    ),
    ("ANA@yuanye.example,wei@yuanye.example", "a@b.example", "to two", "plain\nlines", "text/plain", NEW_YEAR, 0),
    ("whoever@elsewhere.example", "a@b.example", "nobody's", "x", "text/plain", "2025-01-02 00:00:00", 0),
    ("", "", "", None, None, "not a time", 0),
    ("wei@yuanye.example", "Ana <ana@yuanye.example>", "Re: to two", "answer", "text/plain", "2025-01-03 00:00:00", 0),
]


@pytest.fixture
def db(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> sqlite3.Connection:
    monkeypatch.setenv("MAILAPP_DATA_DIR", str(tmp_path / "data"))
    made = CliRunner().invoke(
        main, ["account", "add", "lin@yuanye.example", "--admin", "--password-stdin"], input="a long enough one\n"
    )
    assert made.exit_code == 0, made.output
    return connect(tmp_path / "data" / "emails.db")


def moved(path: Path) -> Result:
    return CliRunner().invoke(main, ["import-original", str(path)])


def mail_of(db: sqlite3.Connection, address: str) -> list[tuple[str, str, int, int]]:
    return db.execute(
        "SELECT m.subject, m.delivered_to, m.seen, m.id >> 12 FROM messages m JOIN accounts a ON a.id = m.account_id"
        " WHERE a.address = ? ORDER BY m.id",
        (address,),
    ).fetchall()


def test_users_and_mail_come_over_and_doing_it_again_adds_nothing(db: sqlite3.Connection, tmp_path: Path) -> None:
    hashed = generate_password_hash("ana123", method="pbkdf2:sha256:1000")
    path = original(
        tmp_path / "emails.db",
        [("admin", hashed), ("Ana@Yuanye.example", hashed), ("wei@yuanye.example", "x")],
        LETTERS,
    )
    before = path.read_bytes()
    first = moved(path)
    assert first.exit_code == 0, first.output
    assert "Users: 2 new, 0 there already" in first.output
    assert "Letters: 5 new, 0 there already; 2 of the new ones" in first.output
    assert "no address: admin" in first.output
    assert "wei@yuanye.example needs a new password" in first.output
    at = int(datetime(2025, 1, 1, 8, 30, tzinfo=UTC).timestamp() * 1000)
    assert mail_of(db, "ana@yuanye.example") == [
        ("您的验证码", "ana@yuanye.example", 1, at),
        ("to two", "ana@yuanye.example", 0, at),
    ]
    assert [each[0] for each in mail_of(db, "wei@yuanye.example")] == ["to two", "Re: to two"]
    assert {each[0] for each in mail_of(db, "lin@yuanye.example")} == {"nobody's", ""}
    ana = accounts.by_address(db, "ana@yuanye.example")
    lin = accounts.by_address(db, "lin@yuanye.example")
    assert ana is not None
    assert lin is not None
    assert (ana.password_hash, ana.role) == (hashed, accounts.MEMBER)
    assert domains.by_name(db, "yuanye.example").catch_all_account_id == lin.id  # type: ignore[union-attr]
    again = moved(path)
    assert "Users: 0 new, 2 there already" in again.output
    assert "Letters: 0 new, 5 there already" in again.output
    assert len(mail_of(db, "ana@yuanye.example")) == 2
    assert path.read_bytes() == before


def test_counters_and_conversations_hold_afterwards(db: sqlite3.Connection, tmp_path: Path) -> None:
    path = original(tmp_path / "emails.db", [("wei@yuanye.example", "x")], LETTERS)
    assert moved(path).exit_code == 0
    counted = db.execute(
        "SELECT b.total, b.unread, count(m.id), count(m.id) - sum(m.seen) FROM mailboxes b JOIN messages m"
        " ON m.mailbox_id = b.id GROUP BY b.id"
    ).fetchall()
    assert counted
    assert all(total == held and unread == unseen for total, unread, held, unseen in counted)
    fronts = db.execute(
        "SELECT count(*) FROM messages WHERE thread_place = 1 GROUP BY thread_id, mailbox_id"
    ).fetchall()
    assert fronts == [(1,)]


def test_a_letter_is_as_it_was_and_can_be_found(db: sqlite3.Connection, tmp_path: Path) -> None:
    path = original(tmp_path / "emails.db", [("ana@yuanye.example", "x")], LETTERS[:1])
    assert moved(path).exit_code == 0
    content_id, size, preview = db.execute(
        "SELECT m.content_id, m.size, m.preview FROM messages m JOIN accounts a ON a.id = m.account_id"
        " WHERE a.address = 'ana@yuanye.example'"
    ).fetchone()
    source = contents.read(db, content_id, 0, size)
    assert b"From: no-reply@shop.example\r\nTo: ana@yuanye.example\r\n" in source
    assert b"Date: Wed, 01 Jan 2025 08:30:00 +0000\r\n" in source
    assert preview == "验证码 482913"


def test_the_first_releases_without_read_marks_come_over_too(db: sqlite3.Connection, tmp_path: Path) -> None:
    path = original(tmp_path / "emails.db", [], [each[:6] for each in LETTERS], table=EARLY)
    assert "Letters: 5 new" in moved(path).output


def test_new_mail_stays_on_top_of_what_is_older(db: sqlite3.Connection, tmp_path: Path) -> None:
    late = original(
        tmp_path / "late.db", [], [("x@y.example", "a@b.example", "late", "x", "", "2025-05-01 00:00:00", 0)]
    )
    early = original(tmp_path / "early.db", [], [("x@y.example", "a@b.example", "early", "x", "", NEW_YEAR, 0)])
    for path in (late, early):
        assert moved(path).exit_code == 0
    assert [each[0] for each in mail_of(db, "lin@yuanye.example")] == ["early", "late"]


@pytest.mark.parametrize("content", [b"", b"no database at all, but long enough to look like one" * 40])
def test_what_is_no_database_of_the_original_is_said_in_one_line(
    db: sqlite3.Connection, tmp_path: Path, content: bytes
) -> None:
    path = tmp_path / "emails.db"
    path.write_bytes(content)
    result = moved(path)
    assert result.exit_code == 1
    assert "is no emails.db of the original project" in result.output


def test_without_an_admin_nothing_is_imported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAILAPP_DATA_DIR", str(tmp_path / "data"))
    result = moved(original(tmp_path / "emails.db", [], LETTERS))
    assert result.exit_code == 1
    assert "no admin yet" in result.output
