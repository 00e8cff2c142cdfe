"""Migrations are applied once, in order, whole or not at all."""

import sqlite3
from pathlib import Path

import pytest

from mailapp.store import migrate


def _version(path: Path) -> int:
    with sqlite3.connect(path) as db:
        return int(db.execute("PRAGMA user_version").fetchone()[0])


def test_a_new_file_gets_every_migration(tmp_path: Path) -> None:
    migrate.prepare(tmp_path / "emails.db")
    assert _version(tmp_path / "emails.db") == len(migrate.scripts())


def test_preparing_again_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "emails.db"
    migrate.prepare(path)
    with sqlite3.connect(path) as db:
        db.execute("INSERT INTO settings VALUES ('a', '1')")
    migrate.prepare(path)
    with sqlite3.connect(path) as db:
        assert db.execute("SELECT value FROM settings").fetchone() == ("1",)


def test_a_migration_that_fails_leaves_the_database_as_it_was(tmp_path: Path) -> None:
    script = tmp_path / "0001_bad.sql"
    script.write_text("CREATE TABLE good (a);\nCREATE TABLE good (a);\n", encoding="utf-8")
    db = sqlite3.connect(tmp_path / "emails.db", isolation_level=None)
    with pytest.raises(migrate.MigrationError, match="0001_bad"):
        migrate.apply(db, [(1, script)])
    assert db.execute("SELECT count(*) FROM sqlite_master").fetchone() == (0,)
    assert db.execute("PRAGMA user_version").fetchone() == (0,)
    db.close()


def test_a_database_of_a_newer_release_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "emails.db"
    migrate.prepare(path)
    with sqlite3.connect(path) as db:
        db.execute("PRAGMA user_version = 99")
    migrate.prepare(path)
    assert _version(path) == 99


def test_what_was_queued_before_there_were_lanes_gets_one_and_the_id_of_its_relay(tmp_path: Path) -> None:
    db = sqlite3.connect(tmp_path / "emails.db", isolation_level=None)
    before = [(number, path) for number, path in migrate.scripts() if not path.name.endswith("_relaying.sql")]
    lanes = [each for each in migrate.scripts() if each[1].name.endswith("_relaying.sql")]
    migrate.apply(db, [each for each in before if each[0] < lanes[0][0]])
    db.execute(
        "INSERT INTO accounts (id, address, name, password_hash, created_at) VALUES (1, 'a@b.example', '', '', 1)"
    )
    db.execute(
        "INSERT INTO relays (id, name, host, port, security, created_at) VALUES (7, 'sendgrid', 'h', 587, 'tls', 1)"
    )
    for item_id, reverse_path in ((1, "Lin@Yuanye.example"), (2, "")):
        db.execute(
            "INSERT INTO queue_items (id, account_id, reverse_path, created_at, release_at) VALUES (?, 1, ?, 1, 1)",
            (item_id, reverse_path),
        )
        db.execute(
            "INSERT INTO queue_recipients (item_id, address, relay, next_at, changed_at) VALUES (?, 'x@y.cn', ?, 1, 1)",
            (item_id, "sendgrid" if item_id == 1 else "local"),
        )
    migrate.apply(db, lanes)
    found = db.execute("SELECT lane, relay_id FROM queue_recipients ORDER BY id").fetchall()
    assert found == [("yuanye.example", 7), ("", 0)]
    db.close()
