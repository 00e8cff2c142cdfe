"""Full-text rows of the release before move into the dense table while mail comes and goes, and nothing is missed."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from mailapp.store import arrivals, contents, search_index, search_moving, search_rows
from mailapp.store.database import connect
from mailapp.store.migrate import apply, prepare, scripts
from tests.store.moving import Box, database_before
from tests.store.support import check_index, indexed


@pytest.fixture
def box(tmp_path: Path) -> Iterator[Box]:
    """A database of the release before."""
    path = tmp_path / "emails.db"
    database_before(path)
    db = connect(path)
    yield Box(db, 1)
    db.close()


def migrate(box: Box) -> None:
    apply(box.db, scripts())


def test_everything_is_found_at_every_moment_of_the_move(box: Box) -> None:
    boxes = (box, Box(box.db, 2), Box(box.db, 3))
    for at in range(30):
        boxes[at % 2].old(at)
    migrate(box)
    boxes = (*boxes, Box(box.db, 4))
    for rounds in range(100):
        if not search_moving.step(box.db, 4):
            break
        if rounds in (1, 5):
            for at, one in enumerate(boxes):
                one.new(100 + rounds + at)
        if rounds in (2, 6):
            for one in boxes[:2]:
                one.erase(one.held[0])
                one.erase(one.held[10])
        for one in boxes:
            one.check()
        check_index(box.db)
    assert rounds < 99
    for one in boxes:
        assert one.numbered() == len(one.held)
    assert box.db.execute("SELECT count(*) FROM search_data WHERE id > 10").fetchone() == (0,)
    assert box.db.execute("SELECT count(*) FROM sqlite_schema WHERE name LIKE 'search_gone%'").fetchone() == (0,)
    box.new(200)
    box.erase(box.held[3])
    box.check()
    check_index(box.db)


def test_what_is_moved_can_be_erased_and_its_number_is_never_given_again(box: Box) -> None:
    for at in range(6):
        box.old(at)
    migrate(box)
    search_moving.step(box.db, 3)
    for number in box.held[1:4]:
        box.erase(number)
    while search_moving.step(box.db, 1):
        pass
    newest = box.new(10)
    given = box.db.execute("SELECT max(number) FROM search_numbers").fetchone()[0]
    box.erase(newest)
    box.new(11)
    assert box.db.execute("SELECT max(number) FROM search_numbers").fetchone()[0] == given + 1
    box.check()
    check_index(box.db)


def test_mail_with_older_times_that_comes_later_stays_by_its_id_and_is_found_in_its_place(box: Box) -> None:
    for at in range(8):
        box.old(at * 1_000)
    migrate(box)
    box.new(90_000)
    while search_moving.step(box.db, 5):
        pass
    box.ids = arrivals.MessageIds()
    day = arrivals.DAY_MS
    late = [box.new(-day * 3 + at) for at in (5, 1, 9, 1_500)]
    box.new(95_000)
    assert box.numbered() == len(box.held) - len(late)
    box.check()
    box.erase(late[1])
    box.check()
    check_index(box.db)


def test_what_stays_by_its_id_is_kept_when_the_old_table_goes(box: Box) -> None:
    for at in range(5):
        box.old(at)
    migrate(box)
    search_moving.step(box.db, 5)
    box.ids = arrivals.MessageIds()
    stays = box.new(-arrivals.DAY_MS * 2)
    while search_moving.step(box.db, 5):
        pass
    assert indexed(box.db, "account : a1") == sorted(box.held)
    assert box.db.execute("SELECT rowid FROM search WHERE search MATCH 'account : a1'").fetchall() == [(stays,)]
    box.check()
    box.erase(stays)
    check_index(box.db)


def test_with_too_much_that_stays_the_old_table_stays(box: Box, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search_moving, "KEPT", 1)
    for at in range(5):
        box.old(at)
    migrate(box)
    search_moving.step(box.db, 5)
    for at in range(2):
        box.ids = arrivals.MessageIds()
        box.new(-arrivals.DAY_MS * (2 + at))
    while search_moving.step(box.db, 5):
        pass
    box.check()
    assert not search_moving.waiting(box.db)


def test_the_release_before_can_erase_mail_of_this_one_which_is_then_gone_here_too(box: Box) -> None:
    for at in range(3):
        box.old(at)
    migrate(box)
    while search_moving.step(box.db, 5):
        pass
    box.new(10)
    for number in list(box.held[1:]):
        row = box.db.execute("SELECT content_id, size FROM messages WHERE id = ?", (number,)).fetchone()
        words = contents.words(box.db, row[0])
        account = search_index.account_words(1, words.version, (box.address,), row[1], 0)
        box.db.execute(
            "INSERT INTO search (search, rowid, account, subject, people, body, files)"
            " VALUES ('delete', ?, ?, ?, ?, ?, ?)",
            (number, account, *words.columns),
        )
        box.db.execute("DELETE FROM messages WHERE id = ?", (number,))
        box.held.remove(number)
    box.old(20)
    box.check()
    check_index(box.db)


def test_a_new_database_has_nothing_to_move(tmp_path: Path) -> None:
    prepare(tmp_path / "emails.db")
    db = connect(tmp_path / "emails.db")
    assert not search_moving.waiting(db)
    search_moving.step(db, 10)
    assert not search_moving.step(db, 10)
    db.close()


def test_a_number_parts_the_rows_at_an_id(box: Box) -> None:
    migrate(box)
    made = [box.new(at * 10) for at in range(9)]
    box.erase(made[4])
    start = search_rows.number_of(1, 0)
    for wanted in (0, *made, *[number + 1 for number in made]):
        at = search_rows.first_from(box.db, 1, wanted)
        rows = box.db.execute("SELECT number >= ?, message_id >= ? FROM search_numbers", (at, wanted)).fetchall()
        assert len(rows) == 8
        assert all(number == message for number, message in rows)
    first = box.db.execute("SELECT min(number) FROM search_numbers").fetchone()[0]
    assert first > start
    assert [search_rows.id_before(box.db, first + at) for at in (0, 1, 5, 6)] == [0, made[0], made[3], made[5]]
    assert [search_rows.id_from(box.db, first + at) for at in (0, 4, 5)] == [made[0], made[5], made[5]]
    for number in list(box.held):
        box.erase(number)
    assert search_rows.first_from(box.db, 1, made[0]) == start
