"""Code, tables, diffs and logs in plain letters are found; prose is left alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailapp.mail.linkify import letter_html
from mailapp.mail.monospace import stretches

BOX = "+----+----+\n| a  | b  |\n+----+----+\n| 1  | 2  |\n+----+----+"
COLUMNS = "name     size  date\nfoo      12    2026\nbarbaz   9     2025"
RULED = "Item        Price\n----------- -----\nTea  3"
PYTHON = "def f(x):\n    return x + 1\n\nprint(f(2))\nfoo(bar);"
SHELL = "$ sudo apt install mailapp"
LOG = "2026-11-23 10:00:01 started\n2026-11-23 10:00:02 stopped"
TRACE = 'Traceback (most recent call last):\n  File "x.py", line 1, in <module>\nValueError: x'
DIFF = "diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n\n context"
FENCED = "```\nanything at all\n\neven this\n```"


def mono(text: str) -> str:
    return "".join(piece for is_mono, piece in stretches(text) if is_mono)


@pytest.mark.parametrize("block", [BOX, COLUMNS, RULED, PYTHON, SHELL, LOG, TRACE, DIFF, FENCED])
def test_what_needs_one_width_gets_it(block: str) -> None:
    assert mono(f"Dear Lin,\n\nsee here:\n\n{block}\n").strip() == block
    assert "<pre" in letter_html(block)


@pytest.mark.parametrize(
    "prose",
    [
        "I think, on the whole,\nthat we should go; the others,\nof course, may stay.",
        "林老师好：\n第二版校样已经改完，\n请您在周三之前回复。",
        "Dear Ann,  \nthank you.  \nBest,  \nLin",
        "- one\n- two\n- three",
        "Call me (soon);\nor write.",
        "1. First we go.\n2. Then we stay.",
    ],
)
def test_prose_stays_prose(prose: str) -> None:
    assert mono(f"{prose}\n\n{prose}\n") == ""


def test_a_diff_ends_at_the_signature() -> None:
    assert "2.39" not in mono(f"Please\n\n{DIFF}\n-- \n2.39\n")


def test_code_is_escaped_and_its_links_work() -> None:
    html = letter_html('foo("<b>");\nbar(); // https://x.example/a')
    assert "&lt;b&gt;" in html
    assert '<a href="https://x.example/a"' in html


@given(st.text("ab |+-=;(){}\n\t 表`$", max_size=300))
def test_no_text_is_lost(text: str) -> None:
    assert "".join(piece for _, piece in stretches(text)) == text


def test_a_diff_ends_where_prose_goes_on_and_another_one_begins_again() -> None:
    text = f"Hi,\n\n{DIFF}\n\nSee the tracker for details.\nBest, Bo\n\n{DIFF}\n\n"
    assert [piece for mono, piece in stretches(text) if mono] == [f"{DIFF}\n", f"{DIFF}\n"]
    assert "".join(piece for _, piece in stretches(text)) == text
