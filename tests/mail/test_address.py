"""Addresses: what belongs to whom, however it is written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailapp.mail.address import fold, is_valid, parse_addresses, skeleton, split, strip_tag
from mailapp.mail.message import Person
from tests.mail.support import word


@pytest.mark.parametrize(
    ("value", "people"),
    [
        ("a@b.example", [("", "a@b.example")]),
        ("<a@b.example>", [("", "a@b.example")]),
        ("Ann <a@b.example>", [("Ann", "a@b.example")]),
        ('"Doe, John" <j@b.example>, c@d.example', [("Doe, John", "j@b.example"), ("", "c@d.example")]),
        ("Doe, John <j@b.example>", [("Doe, John", "j@b.example")]),
        (f"{word('张三')} <z@b.example>", [("张三", "z@b.example")]),
        (f'"{word("张三, 李四")}" <z@b.example>', [("张三, 李四", "z@b.example")]),
        (word("张三 <z@b.example>"), [("张三", "z@b.example")]),
        ("张三 <z@b.example>，李四 <l@b.example>", [("张三", "z@b.example"), ("李四", "l@b.example")]),
        ("张三＜z@b.example＞", [("张三", "z@b.example")]),
        ("a@b.example; c@d.example", [("", "a@b.example"), ("", "c@d.example")]),
        ("a@b.example (Ann (the) first)", [("Ann the first", "a@b.example")]),
        ("Team: a@b.example, Bob <c@d.example>;", [("", "a@b.example"), ("Bob", "c@d.example")]),
        ("undisclosed-recipients:;", []),
        ("Ann <a@b.example", [("Ann", "a@b.example")]),
        ("Ann <a@b.example> Bob <c@d.example>", [("Ann", "a@b.example"), ("Bob", "c@d.example")]),
        ('"quo\\"te" <a@b.example>', [('quo"te', "a@b.example")]),
        ("<@relay.example:a@b.example>", [("", "a@b.example")]),
        ("mailto:a@b.example", [("", "a@b.example")]),
        ("postmaster", [("", "postmaster")]),
        ("System Administrator", [("System Administrator", "")]),
        ("", []),
        (" , ,", []),
        ("<>", []),
    ],
)
def test_address_fields_as_they_come(value: str, people: list[tuple[str, str]]) -> None:
    assert parse_addresses(value) == tuple(Person(*one) for one in people)


def test_at_most_a_thousand_persons() -> None:
    assert len(parse_addresses("a@b.example," * 5000)) == 1000


def test_addresses_match_without_regard_to_case_and_script() -> None:
    assert fold("Ann.Doe@Example.ORG") == "ann.doe@example.org"
    assert fold("a@例子.测试") == fold("A@XN--FSQU00A.xn--0zwm56d") == "a@xn--fsqu00a.xn--0zwm56d"
    assert fold("a@例子。测试") == "a@xn--fsqu00a.xn--0zwm56d"
    assert fold(" <a@b.example.> ") == "a@b.example"


@given(st.text(max_size=80))
def test_fold_never_raises_and_is_idempotent(text: str) -> None:
    assert fold(fold(text)) == fold(text)


def test_split_at_the_last_at() -> None:
    assert split('"a@b"@c.example') == ('"a@b"', "c.example")
    assert split("postmaster") == ("postmaster", "")


@pytest.mark.parametrize("local", ["ＡＮＮ", "ａnn", "A\u200bnn", "an\ufe0fn", "𝐚nn"])
def test_what_looks_alike_has_one_skeleton(local: str) -> None:
    assert skeleton(local) == "ann"


def test_plus_tags_are_stripped() -> None:
    assert strip_tag("shop+news+more") == "shop"
    assert strip_tag("+only") == "+only"


@pytest.mark.parametrize(
    "address",
    [
        "a@b.example",
        "a.b+c@b-c.example",
        "a@[127.0.0.1]",
        "张三@例子.测试",
        "a@localhost",
        "a@ＡＢ．example",
        "a@xn--fsqu00a.xn--0zwm56d",
        "a@faß.example",
        "a@ジー・ビー.example",
        "a@l·l.example",
        "a@हिन्दी.example",
    ],
)
def test_valid_addresses(address: str) -> None:
    assert is_valid(address)


@pytest.mark.parametrize(
    "address",
    ["", "a", "@b.example", "a@", "a@@b.example", "a b@c.example", ".a@b.example", "a..b@c.example", "a@-b.example",
     "a@b..example", "a@b.example\r\nX: y", "<a@b.example>", "a\0@b.example", "a" * 65 + "@b.example",
     "a@" + "b" * 300, "1@、", "a@b、c.example",
     "a@例，子.测试", "a@例；.测试", "a@★.example", "a@例\u2028.测试", "a@℀.example"],
)  # fmt: skip
def test_invalid_addresses(address: str) -> None:
    assert not is_valid(address)
