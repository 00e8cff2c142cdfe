"""Recipients as people type and paste them."""

from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailapp.mail.address import fold, is_valid
from mailapp.mail.message import Person
from mailapp.mail.recipients import needs_utf8, parse_recipients, show, to_names, wire


@pytest.mark.parametrize(
    ("text", "people"),
    [
        ("", []),
        (" , ;、\n <>", []),
        ("a@b.example", [("", "a@b.example")]),
        ("a@b.example,c@d.example", [("", "a@b.example"), ("", "c@d.example")]),
        ("a@b.example；c@d.example、e@f.example，", [("", "a@b.example"), ("", "c@d.example"), ("", "e@f.example")]),
        ("a@b.example\r\nc@d.example\n\n", [("", "a@b.example"), ("", "c@d.example")]),
        ("a@b.example c@d.example", [("", "a@b.example"), ("", "c@d.example")]),
        ("Ann <a@b.example>", [("Ann", "a@b.example")]),
        ("Ann a@b.example", [("Ann", "a@b.example")]),
        ("Ann <a@b.example> Bob <c@d.example>", [("Ann", "a@b.example"), ("Bob", "c@d.example")]),
        ('"Doe, John" <j@b.example>, c@d.example', [("Doe, John", "j@b.example"), ("", "c@d.example")]),
        ('"Quo\\"te" <j@b.example>', [('Quo"te', "j@b.example")]),
        ("Doe, John <j@b.example>; c@d.example", [("Doe, John", "j@b.example"), ("", "c@d.example")]),
        ("张三 <z@例子.测试>，李四＜l＠b.example＞", [("张三", "z@例子.测试"), ("李四", "l@b.example")]),
        ("mailto:a@b.example", [("", "a@b.example")]),
        ("a@b\u200b.example.", [("", "a@b.example")]),
        ("'Ann' <a@b.example>", [("Ann", "a@b.example")]),
        ("a@b.example <a@b.example>", [("", "a@b.example")]),
        ("张三@例子.测试", [("", "张三@例子.测试")]),
        ("a@[192.0.2.1]", [("", "a@[192.0.2.1]")]),
    ],
)
def test_what_people_type_is_understood(text: str, people: list[tuple[str, str]]) -> None:
    found = parse_recipients(text)
    assert [(one.name, one.address) for one in found.people] == people
    assert found.wrong == ()


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("bob", "bob"),
        ("Ann <foo>", "Ann <foo>"),
        ("a@b@c.example", "a@b@c.example"),
        ('"x" a@b.example', "x a@b.example"),
        ('"unclosed <a@b.example>', "unclosed <a@b.example>"),
        ("a@b.example (work)", "a@b.example (work)"),
        ("postmaster, d@e.example; f@g.example", "postmaster"),
        ("bob, Ann <a@b.example>", "bob"),
        ("a..b@c.example", "a..b@c.example"),
    ],
)
def test_what_is_no_address_is_named_and_never_dropped(text: str, wrong: str) -> None:
    assert parse_recipients(text).wrong == (wrong,)


def test_an_address_counts_once_whatever_its_spelling_and_keeps_its_name() -> None:
    found = parse_recipients("a@b.example, Ann <A@B.Example>, Other <a@b.example>")
    assert found.people == (Person("Ann", "a@b.example"),)


@pytest.mark.parametrize("text", ["<甲、乙@b.example>, c@d.example", "<a；b@b.example>", "1@、", "<1，@1>"])
def test_an_address_that_holds_a_separator_is_shown_in_brackets(text: str) -> None:
    people = parse_recipients(text).people
    assert parse_recipients(show(people)).people == people


@given(st.text(st.sampled_from("aZ1.@<>\"\\,;，、 \n例\u200b'()"), max_size=60))
def test_what_is_shown_is_read_again(text: str) -> None:
    people = parse_recipients(text).people
    assert all(is_valid(one.address) for one in people)
    again = parse_recipients(show(people))
    assert again.people == people
    assert again.wrong == ()


@given(st.text(max_size=80))
def test_reading_never_raises(text: str) -> None:
    parse_recipients(text)


@pytest.mark.parametrize("piece", ['"\\"', "<", '"', "a@", "\n,a", "a,", "a@b.example,", "'", "\\"])
def test_time_grows_no_faster_than_the_text(piece: str) -> None:
    started = process_time()
    parse_recipients(piece * 20_000)
    assert process_time() - started < 3


def test_addresses_go_on_the_wire_in_ascii_where_they_can() -> None:
    assert wire("Ann.Doe@例子.测试") == "Ann.Doe@xn--fsqu00a.xn--0zwm56d"
    assert wire("Ann@B.Example") == "Ann@b.example"
    assert wire("张三@例子.测试") == "张三@xn--fsqu00a.xn--0zwm56d"
    assert fold(wire("A@例子.测试")) == fold("a@例子.测试")
    assert not needs_utf8(["a@例子.测试", "b@c.example"])
    assert needs_utf8(["b@c.example", "张三@c.example"])


def test_a_list_names_three_and_counts_all() -> None:
    people = parse_recipients("周婧 <z@a.example>, m@a.example, Bob <b@a.example>, Eve <e@a.example>").people
    assert to_names(people) == ("周婧\nm@a.example\nBob", 4)
    assert to_names([Person("two\nlines", "x@a.example")]) == ("two lines", 1)
    assert to_names([]) == ("", 0)
