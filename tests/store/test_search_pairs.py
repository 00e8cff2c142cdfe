"""Pairs of characters, noted block by block: rare ones with their places, all of them found again."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from mailapp.flow import erasing
from mailapp.mail.query_tree import All, Any, Is, Not, Text
from mailapp.store import (
    account_erasures,
    arrivals,
    filings,
    search,
    search_other,
    search_pairs,
    search_pairs_gone,
    search_reach,
    search_rows,
    search_scan,
)
from mailapp.store.database import connect
from mailapp.store.migrate import prepare
from mailapp.store.search import Search
from mailapp.store.search_pairs import Shape
from mailapp.store.search_reach import Stretch
from tests.store.support import arrival, note_pairs


class Box:
    """An account whose messages are numbered from 1 on."""

    def __init__(self, path: Path) -> None:
        prepare(path)
        self.db = connect(path)
        for number, role in ((1, "admin"), (2, "member")):
            self.db.execute(
                "INSERT INTO accounts (id, address, password_hash, role, created_at) VALUES (?, ?, 'x', ?, 0)",
                (number, f"a{number}@yuanye.example", role),
            )
            for mailbox in ("inbox", "archive", "junk", "trash", "drafts", "sent"):
                self.db.execute("INSERT INTO mailboxes (account_id, role) VALUES (?, ?)", (number, mailbox))
        self._ids = arrivals.MessageIds()

    def add(self, *bodies: str, account_id: int = 2) -> None:
        for body in bodies:
            arrivals.add(self.db, self._ids, arrival(account_id, words=("", "", " ".join(body), "")), 0)

    def reach(self, *parts: str | Not | Any, low: int = 1, high: int = 1_000) -> list[tuple[int, ...]]:
        """(low, high) of stretches the full text is asked for, the numbers of those that are looked at one by one."""
        base = search_rows.number_of(2, 0)
        wanted = [Text("", each) if isinstance(each, str) else each for each in parts]
        found = search_reach.stretches(self.db, 2, wanted, base + low, base + high)
        return [told(one, base) for one in found]

    def rows(self) -> tuple[int, int]:
        return tuple(
            self.db.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
            for table in ("search_pairs", "search_pair_pieces")
        )  # type: ignore[return-value]

    def erase(self, *numbers: int, account_id: int = 2) -> None:
        base = search_rows.number_of(account_id, 0)
        for number in numbers:
            where = "SELECT message_id FROM search_numbers WHERE number = ?"
            filings.erase(self.db, account_id, self.db.execute(where, (base + number,)).fetchone()[0])

    def forget(self) -> None:
        """As the background does."""
        for one in search_pairs_gone.noted(self.db):
            left = search_pairs_gone.left(self.db, one)
            for first in range(0, search_pairs.BUCKETS, 100) if left is not None else ():
                search_pairs_gone.write(self.db, one, search_pairs_gone.stale(self.db, one, left, first, first + 100))

    def places(self) -> set[int]:
        """Of all that is noted, within the blocks."""
        columns = "SELECT rare FROM search_pairs UNION ALL SELECT places FROM search_pair_pieces"
        held = [memoryview(places).cast("I") for (places,) in self.db.execute(columns)]
        return {place & search_pairs.PLACE for places in held for place in places}


def told(one: Stretch, base: int) -> tuple[int, ...]:
    return (one.low - base, one.high - base, -1) if one.rows is None else tuple(row - base for row in one.rows)


@pytest.fixture
def box(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Box]:
    monkeypatch.setattr(search_pairs, "SHAPE", Shape(piece_bits=1, block_bits=3, most=2))
    monkeypatch.setattr(search_reach, "SCATTERED", 3)
    monkeypatch.setattr(search_reach, "READ_PIECES", 2)
    box = Box(tmp_path / "emails.db")
    yield box
    box.db.close()


def test_an_account_with_little_mail_is_not_noted(box: Box) -> None:
    box.add(*["请单"] * 7)
    assert search_pairs.waiting(box.db) is None
    assert box.reach("请单") == [(1, 1_000, -1)]


def test_of_little_mail_what_has_all_the_characters_is_read(box: Box) -> None:
    box.add("请单", "的人", "单 x 请", "请")
    assert box.reach("请单", high=5) == [(1, 3)]
    assert box.reach("人请", high=5) == []
    assert box.reach("x", high=5) == [(1, 5, -1)]


def test_of_words_beside_one_another_the_places_of_each_are_looked_at(box: Box) -> None:
    box.add(*["的人"] * 5, "账单", "的人", "帐单", "单帐", "x", "帐单")  # 1 to 11
    note_pairs(box.db, 3, 1_000)
    bill = Any((Text("", "账单"), Text("", "帐单")))
    assert box.reach(bill, high=12) == [(6, 8, 9, 11)], "9 is not noted yet and has the characters"
    assert box.reach(bill, "的人", high=12) == []
    assert box.reach(Any((Text("", "账单"), Text("", "的人"))), high=8) == [(1, 8, -1)]
    assert box.reach(Any((Text("", "账单"), Text("", "x"))), high=12) == [(1, 12, -1)], "x has no pairs"
    found = search.page(box.db, Search(2, All((bill, Not(Text("", "x"))))), None, 10, count=True)
    assert len(found.ids) == found.count == 3


def test_pieces_and_blocks_keep_the_places_of_rare_pairs(box: Box) -> None:
    box.add(*["的人"] * 5, "请单", "的人", "的人")  # 1 to 8
    note_pairs(box.db, 100, 0)
    assert search_pairs.progress(box.db, 2) == search_pairs.Progress(8, 0, 0)
    assert box.reach("请单", high=8) == [(6,)]
    assert box.reach("的人", high=8) == [(1, 8, -1)], "in more than a few of the pieces"
    box.add(*["请人"] * 2)
    note_pairs(box.db, 100, 100)
    assert search_pairs.progress(box.db, 2) == search_pairs.Progress(10, 0, 100), "begun"
    assert box.reach("请单", high=8) == [(6,)]
    note_pairs(box.db, 100, 1_000)
    assert search_pairs.progress(box.db, 2) == search_pairs.Progress(10, 1, 0), "whole"
    assert box.reach("请单", high=10) == [(6,)]
    assert box.reach("的人", high=10) == [(1, 10, -1)], (
        "what is common in the last block is looked for in all that follows"
    )
    assert box.reach("请人", high=10) == [(9,)]
    assert box.reach("人请", high=10) == []
    assert box.reach("请单", low=7, high=10) == []


def test_all_words_of_a_search_have_to_be_in_one_message(box: Box) -> None:
    box.add("请单发票", "请单", "发票", *["的"] * 6)
    note_pairs(box.db, 100, 1_000)
    assert box.reach("请单", "发票", high=8) == [(1,)]
    assert box.reach("请单发票", high=8) == [(1,)]
    assert box.reach(Any((Text("", "请单"), Text("", "发票"))), high=8) == [(1, 2, 3)]
    assert box.reach(Not(Text("", "请单")), "发票", high=8) == [(1, 3)]
    base = search_rows.number_of(2, 0)
    both = [All((Text("subject", "请单"), Text("body", "发票")))]
    assert search_reach.stretches(box.db, 2, both, base + 1, base + 8)[0].rows == (base + 1,)
    people = [Text("from", "请单")]
    assert search_reach.stretches(box.db, 2, people, base + 1, base + 8) == [Stretch(base + 1, base + 8)]


def test_new_mail_is_looked_at_always(box: Box) -> None:
    box.add(*["的"] * 9)
    note_pairs(box.db, 100, 1_000)
    box.add("请单", "单请", "请，单", "请")  # 10 to 13
    assert search_pairs.progress(box.db, 2) == search_pairs.Progress(10, 1, 0)
    assert box.reach("请单", high=14) == [(10, 11, 12)], "those with both characters"
    box.add(*["请单"] * 2)
    assert box.reach("请单", high=16) == [(10, 16, -1)], "more than are read: the full text"


def test_mail_of_before_that_is_still_to_be_moved_is_not_noted_yet(box: Box) -> None:
    box.add(*["的"] * 9)
    box.db.execute("INSERT INTO search_moving (account_id, first_new) VALUES (2, 1)")
    assert search_pairs.waiting(box.db) is None
    box.db.execute("DELETE FROM search_moving")
    assert search_pairs.waiting(box.db) == (2, 0)


def test_what_was_written_meanwhile_is_not_written_again(box: Box) -> None:
    box.add(*["请单"] * 9)
    first, again = search_pairs.Piece(2, 0), search_pairs.Piece(2, 0)
    for piece in (first, again):
        search_pairs.gather(box.db, piece, 1)
    assert search_pairs.write(box.db, first)
    assert not search_pairs.write(box.db, again)
    note_pairs(box.db, 100, 0)
    part = search_pairs.full(box.db, 10_000)
    assert part is not None
    search_pairs.join(box.db, part)
    held = box.rows()
    search_pairs.join(box.db, part)
    assert box.rows() == held
    assert held[0] == 1


def test_an_account_that_is_erased_takes_its_pairs_along(box: Box) -> None:
    box.add(*["请单的人"] * 13, account_id=1)
    box.add(*["请单的人"] * 13)
    note_pairs(box.db, 100, 10_000)
    piece = search_pairs.Piece(*search_pairs.waiting(box.db) or (2, 12))
    before = box.rows()
    assert before[0] > 0
    assert before[1] > 0
    box.db.execute("UPDATE search_pairing SET block = 0 WHERE account_id = 2")
    assert search_pairs.full(box.db, 1) is not None
    account_erasures.begin(box.db, 2, 0)
    assert search_pairs.waiting(box.db) is None
    assert search_pairs.full(box.db, 1) is None, "nothing is made of what is going"
    while erasing.erase_some(box.db, 2, 5):
        pass
    assert box.rows() == (before[0] // 2, before[1] // 2), "the other account's stay"
    erasing.end(box.db, 2, 5)
    assert not search_pairs.write(box.db, piece)
    assert search_pairs.progress(box.db, 2) is None
    assert search_pairs.progress(box.db, 1) is not None


@pytest.mark.parametrize("starred", [False, True])
def test_the_clock_is_looked_at_every_few_letters_that_are_read(
    box: Box, monkeypatch: pytest.MonkeyPatch, *, starred: bool
) -> None:
    """Each may be large and hold every pair of the phrase, but not the phrase."""
    box.add("的人口", *["请"] * 6)
    box.add(*(["的人 x 人口"] * 2 + ["请"] * 6) * 12)
    note_pairs(box.db, 1_000, 10_000)
    box.db.execute("UPDATE messages SET flagged = 1")
    monkeypatch.setattr(search_scan, "FEW_OF", 0)
    monkeypatch.setattr(search, "PAGE_S", -1.0)
    read = list[str]()
    decide = search_other.phrase_in
    monkeypatch.setattr(search_other, "phrase_in", lambda *asked: read.append(asked[5]) or decide(*asked))
    search_other.provide(box.db)
    part = All((Text("", "的人口"), Is("starred"))) if starred else Text("", "的人口")
    found, before, pages = list[int](), search.TOP, 0
    while before:
        already = len(read)
        page = search.page(box.db, Search(2, part), before, 10)
        assert len(read) - already <= (search_scan.READ if starred else 1) <= 4
        found, before, pages = found + page.ids, page.resume, pages + 1
    assert len(found) == 1
    assert len(read) == (103 if starred else 25)
    assert pages >= len(read) // 4


def test_what_is_noted_of_mail_that_is_gone_is_forgotten_and_the_rest_is_found_as_before(box: Box) -> None:
    box.add("请单发票", "请单", "发票", *["的人"] * 4, "口请单", "人口", "单人", "x")  # 1 to 11: a block and its pieces
    note_pairs(box.db, 100, 1_000)
    assert search_pairs.progress(box.db, 2) == search_pairs.Progress(12, 1, 0)
    box.erase(1, 4, 10)
    assert {1, 2} < box.places()
    box.forget()
    assert box.places() == {2, 3, 0, 1}, "2 and 3 of the block, 8 and 9 of the pieces"
    assert box.reach("请单", high=12) == [(2, 8)]
    assert box.reach("发票", high=12) == [(3,)]
    assert box.reach("单发", high=12) == []
    assert box.reach("的人", high=8) == [(1, 8, -1)], "what is in many messages is not told apart"
    assert box.reach("人口", high=12) == [(9,)]
    assert box.reach("单人", high=12) == []
    before = box.rows()
    box.forget()
    assert box.rows() == before


def test_a_block_without_mail_leaves_nothing_and_what_is_whole_is_not_looked_through(
    box: Box, monkeypatch: pytest.MonkeyPatch
) -> None:
    box.add(*["请单的人"] * 11, account_id=1)
    box.add(*["请单的人"] * 11)
    note_pairs(box.db, 100, 10_000)
    before = box.rows()
    box.erase(*range(1, 12))
    box.forget()
    assert box.rows() == (before[0] // 2, before[1] // 2), "the other account's stay"
    monkeypatch.setattr(search_pairs_gone, "stale", None)
    for one in search_pairs_gone.noted(box.db):
        if one.number >> search_rows.ACCOUNT_BITS == 1:
            assert search_pairs_gone.left(box.db, one) is None


def test_what_became_a_block_while_it_was_looked_through_stays_whole(box: Box) -> None:
    box.add("请单", "发票", *["的"] * 7)
    note_pairs(box.db, 100, 0)
    box.erase(1)
    pieces = search_pairs_gone.noted(box.db)
    asked = [(one, search_pairs_gone.left(box.db, one)) for one in pieces]
    found = [
        (one, search_pairs_gone.stale(box.db, one, left, 0, search_pairs.BUCKETS))
        for one, left in asked
        if left is not None
    ]
    assert len(found) == 1
    note_pairs(box.db, 0, 10_000)
    held = box.rows()
    for each in found:
        search_pairs_gone.write(box.db, *each)
    assert box.rows() == held
    assert box.places() == {1, 2}
    box.forget()
    assert box.places() == {2}
