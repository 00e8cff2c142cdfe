"""On the corpus of messages (tests/data/codes) codes are found, and nothing else is taken for one."""

from collections import Counter

import pytest

from bench.code_corpus import HELD_OUT, SECOND, THIRD, entries, judge
from bench.code_layouts import LAYOUTS

ENTRIES = list(entries())
HELD = list(entries(HELD_OUT))
PARTS = {
    "tuned": [*ENTRIES, *entries(SECOND), *entries(THIRD)],
    "held out": HELD,
}


def test_the_corpus_is_as_large_as_is_claimed() -> None:
    kinds = Counter(one.kind for one in ENTRIES)
    assert len(ENTRIES) >= 700
    assert kinds["none"] + kinds["meeting"] + kinds["pickup"] + kinds["discount"] >= 220
    assert sum(one.html != "" for one in ENTRIES) >= 100
    assert len(LAYOUTS) >= 11


def test_the_set_that_is_held_out_is_as_large_as_is_claimed() -> None:
    assert len(HELD) >= 200
    assert sum(one.html != "" for one in HELD) >= 60


def test_no_message_of_the_held_out_set_is_in_another() -> None:
    others = {(one.subject, one.text, one.html) for one in PARTS["tuned"]}
    shared = sum((one.subject, one.text, one.html) in others for one in HELD)
    assert shared == 0  # the number alone: nobody who tunes is to read them


@pytest.mark.parametrize(("part", "precision", "recall"), [("tuned", 0.99, 0.97), ("held out", 0.99, 0.97)])
def test_precision_and_recall_are_as_promised(part: str, precision: float, recall: float) -> None:
    # The message holds figures only: whoever tunes must not see which of the held-out messages go wrong.
    made = judge(PARTS[part])
    figures = f"{part}: precision {made.precision:.4f}, recall {made.recall:.4f}, other kinds {made.kinds_right}"
    assert made.precision >= precision, figures
    assert made.recall >= recall, figures
    assert made.kinds_right >= made.kinds_wanted * 0.9, figures
    assert made.lives_right >= made.lives_wanted * 0.8, figures
