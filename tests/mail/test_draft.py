"""Drafts: kept as JSON, read back whatever wrote them."""

import json
from dataclasses import fields

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailapp.mail.draft import MAX_FIELD, MAX_REFERENCES, Draft, from_json, is_empty, to_json, too_long

FULL = Draft(
    "ann@home.example", "bob@else.example,", "c", "d", "你好", "Hello\n", "<p>Hello</p>", "1@x", ("0@x", "1@x"), 7, 8, 9
)


def test_a_draft_comes_back_as_it_was() -> None:
    assert from_json(to_json(FULL)) == FULL
    assert from_json(to_json(Draft())) == Draft()


def test_what_is_empty_takes_no_room() -> None:
    assert to_json(Draft()) == "{}"
    assert json.loads(to_json(Draft(subject="Hi"))) == {"subject": "Hi"}


@pytest.mark.parametrize("text", ["", "null", "[]", "1", "{", '"x"', "[" * 100_000, '{"subject": 5, "references": 3}'])
def test_what_is_no_draft_is_an_empty_one(text: str) -> None:
    assert from_json(text) == Draft()


def test_what_another_release_wrote_is_read_as_far_as_it_is_known() -> None:
    assert from_json('{"subject": "Hi", "colour": "red", "answers": "7", "forwards": true}') == Draft(subject="Hi")
    assert from_json('{"scheduled_ms": -1, "references": [1, "a@x", null], "to": "\\ud800a\\u0000"}') == Draft(
        references=("a@x",), to="?a"
    )


@given(st.dictionaries(st.sampled_from([one.name for one in fields(Draft)]), st.text() | st.integers() | st.none()))
def test_reading_never_raises(values: dict[str, object]) -> None:
    draft = from_json(json.dumps(values))
    assert from_json(to_json(draft)) == draft


def test_fields_have_limits() -> None:
    assert too_long(FULL) == ""
    assert too_long(Draft(cc="x" * (MAX_FIELD + 1))) == "cc"
    kept = from_json(json.dumps({"to": "x" * (MAX_FIELD + 1), "references": [f"{n}@x" for n in range(200)]}))
    assert len(kept.to) == MAX_FIELD
    assert len(kept.references) == MAX_REFERENCES
    assert kept.references[-1] == "199@x"


def test_a_draft_is_empty_until_somebody_writes() -> None:
    assert is_empty(Draft(from_="ann@home.example", answers=3, text=" \n"))
    assert not is_empty(Draft(bcc="b"))
    assert not is_empty(Draft(html="<p>x</p>"))
