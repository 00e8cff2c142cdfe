"""What is noted of characters side by side is never less than what the full text finds, and phrases are told alike."""

import sqlite3
import sys
from collections.abc import Callable, Iterator
from itertools import count
from types import FrameType
from unicodedata import category

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from mailapp.mail import pairs
from mailapp.mail.pairs import BETWEEN, SURE
from mailapp.mail.phrases import Phrase, kept_words
from mailapp.mail.words import FROM, index_words, people_words, query_phrase

ROWS = count(1)


@pytest.fixture(scope="module")
def db() -> Iterator[sqlite3.Connection]:
    db = sqlite3.connect(":memory:")
    db.execute("CREATE VIRTUAL TABLE held USING fts5 (words, content = '', tokenize = 'unicode61 remove_diacritics 2')")
    db.execute("CREATE VIRTUAL TABLE terms USING fts5vocab (held, 'row')")
    yield db
    db.close()


def spread(inside: str) -> list[str]:
    """The characters of the inside of a set."""
    found, at = list[str](), 0
    while at < len(inside):
        last = inside[at + 2] if inside[at + 1 : at + 2] == "-" else inside[at]
        found += map(chr, range(ord(inside[at]), ord(last) + 1))
        at += 3 if inside[at + 1 : at + 2] == "-" else 1
    return found


def test_every_character_that_counts_is_a_word_for_sqlite(db: sqlite3.Connection) -> None:
    wanted = [*spread(SURE), *spread(BETWEEN)]
    db.execute("INSERT INTO held (rowid, words) VALUES (?, ?)", (next(ROWS), " ".join(wanted)))
    known = {row[0] for row in db.execute("SELECT term FROM terms")}
    assert [one for one in wanted if one.lower() not in known] == []
    assert len(spread(SURE)) > 30_000


ALPHABET = (
    '请请单单單發的aeb1é\u0301，。 -_々\u9fffかが\u3099한Ａ１\U00020000🎉"\ue000ſs\u212akέΣςσЙйиİI\u0345\u0305ǡｅＥ'
)
texts = st.text(ALPHABET, max_size=12)
asked_texts = st.one_of(st.text(ALPHABET, min_size=1, max_size=5), st.text("请单aeéＥ，", min_size=2, max_size=4))


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(texts, asked_texts, st.booleans(), st.booleans())
@example("请，单", "请单", False, True)
@example("请a单", "请单", False, True)
@example("請\u0301 单", "请单", False, False)
@example("かか", "かか\ue000", False, False)
@example("请e单", "请é单", False, False)
@example("请s单", "请ſ单", False, False)
@example("请单ΑΣ'Α", "请单ας", False, False)
@example("が单", "か单", False, True)
@example("请单Invoices", "请单ínv", False, False)
def test_a_phrase_is_told_as_the_full_text_tells_it(
    db: sqlite3.Connection, text: str, asked: str, tagged: bool, exact: bool
) -> None:
    words = index_words(text)
    if tagged:
        words = people_words([words], [(FROM, words)])
    row = next(ROWS)
    db.execute("INSERT INTO held (rowid, words) VALUES (?, ?)", (row, words))
    phrase = query_phrase(asked, exact=exact)
    wanted = pairs.of_query(asked)
    if not phrase:
        return
    found = db.execute("SELECT 1 FROM held WHERE held MATCH ? AND rowid = ?", (phrase, row)).fetchone() is not None
    assert Phrase(index_words(asked), prefix=phrase.endswith("*")).held_by(words) == found
    if found:
        assert set(wanted) <= pairs.of_words([words])


def test_letters_are_folded_as_sqlite_folds_them() -> None:
    """Those of Unicode 6.1, which unicode61 knows."""
    later = "\u037f\u0528\u0529\u052a\u052b\u052c\u052d\u052e\u052f\u058d\u058e\u058f"
    letters = [one for part in (range(0x80, 0x58A), range(0x1E00, 0x2000)) for one in part]
    letters = [one for one in letters if chr(one) not in later and category(chr(one)) != "Cn"]
    db = sqlite3.connect(":memory:")
    db.execute("CREATE VIRTUAL TABLE held USING fts5 (words, tokenize = 'unicode61 remove_diacritics 2')")
    db.execute("CREATE VIRTUAL TABLE terms USING fts5vocab (held, 'instance')")
    db.executemany("INSERT INTO held (rowid, words) VALUES (?, ?)", [(one, f"x{chr(one)}y") for one in letters])
    told: dict[int, list[str]] = {one: [] for one in letters}
    for one, term in db.execute("SELECT doc, term FROM terms ORDER BY doc, offset"):
        told[one].append(term)
    db.close()
    assert len(letters) > 1_500
    assert [chr(one) for one in letters if kept_words(f"x{chr(one)}y").split() != told[one]] == []


@pytest.mark.parametrize("text", ["的人", "的，人，", "的_人 ", "的é人", "的人\u0301。", "的"])
def test_a_large_letter_is_not_made_into_words_to_look_for_a_phrase(text: str) -> None:
    words = index_words(text * 65_536)[:65_536]
    phrase = Phrase("的 人 口", prefix=False)
    phrase.held_by("的人")  # tables are made once
    assert steps(lambda: phrase.held_by(words)) < 100
    assert not phrase.held_by(words)
    assert phrase.held_by(words + " 的 人 口")
    long = Phrase("的 " * 400 + "口", prefix=False)
    assert steps(lambda: long.held_by(words)) < 100


def steps(function: Callable[[], object]) -> int:
    """How many functions were called, those of C too."""
    found = 0

    def count_one(_frame: FrameType, event: str, _argument: object) -> None:
        nonlocal found
        found += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(count_one)
    try:
        function()
    finally:
        sys.setprofile(before)
    return found


def test_pairs_cross_what_the_full_text_takes_no_notice_of_and_nothing_else() -> None:
    one = pairs.of_query("请单")
    assert len(one) == 1
    for text in ("请单", "請單", "请，单", "请 - 单", "x请。单y"):
        assert set(one) <= pairs.of_words([index_words(text)]), text
    for text in ("请x单", "请1单", "单请", "请", "请的单", "qing dan"):
        assert not set(one) & pairs.of_words([index_words(text)]), text
    assert not set(one) & pairs.of_words(["请", "单"]), "columns stand apart"


def test_a_word_of_one_character_has_no_pair() -> None:
    assert pairs.of_query("请") == pairs.of_query("请 x 单") == pairs.of_query("invoice") == []
    for letter in "éſ\u212aЙΣＥ":
        assert pairs.of_query(f"请{letter}单") == [], letter
    assert len(pairs.of_query("请单请")) == 2
    assert pairs.characters("请单 x 请") == ["请", "单"]
