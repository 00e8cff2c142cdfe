"""What a reader corrects about a sender counts from then on, and for that sender alone."""

import json

import pytest

from mailapp.mail.code import Codes, Kind
from mailapp.mail.code_rules import Rule, learn
from mailapp.mail.codes import find_codes

SENDER = "Login@Example.com"


def taught(text: str, value: str, *, nothing: bool = False, html: str = "") -> Rule:
    rule = learn("Login", text, SENDER, value, nothing, html)
    assert rule is not None
    return Rule.from_dict(json.loads(json.dumps(rule.to_dict())))


def found(text: str, *rules: Rule, html: str = "", sender: str = "login@example.com") -> Codes:
    return find_codes("Login", text, html, sender, rules)


def test_the_number_the_reader_named_is_found_in_the_next_message() -> None:
    rule = taught("Hello Sam,\nyour verification code 111111 was sent.\nDoor: 4829\nBye", "4829")
    best = found("Hello Sam,\nyour verification code 222222 was sent.\nDoor: 7719\nBye", rule).best
    assert best is not None
    assert (best.value, best.kind) == ("7719", Kind.CODE)


def test_digits_in_a_group_are_learned_from_the_digits_alone() -> None:
    rule = taught("Today's word for the gate, dear guest: 482 913!", "482913")
    best = found("Today's word for the gate, dear guest: 771 204!", rule).best
    assert best is not None
    assert best.value == "771204"


def test_letters_and_digits_may_change_places() -> None:
    rule = taught("Gate pass >> X7K9Q2 <<", "X7K9Q2")
    best = found("Gate pass >> 4MM2P8 <<", rule).best
    assert best is not None
    assert best.value == "4MM2P8"


def test_a_code_in_the_html_alone_can_be_learned() -> None:
    rule = taught("See HTML", "4829", html="<p>Gate pass of the day</p><h1>4829</h1>")
    best = found("See HTML", rule, html="<p>Gate pass of the day</p><h1>7712</h1>").best
    assert best is not None
    assert (best.value, best.source) == ("7712", "html")


def test_what_is_no_code_is_not_shown_again() -> None:
    text = "The access code {} belongs to the printer on floor two."
    assert found(text.format(111111)).best is not None
    rule = taught(text.format(111111), "111111", nothing=True)
    assert found(text.format(222222), rule).best is None


def test_what_is_no_code_in_one_place_is_one_in_another() -> None:
    rule = taught("The access code 111111 belongs to the printer.", "111111", nothing=True)
    best = found("Your verification code is 482913.", rule).best
    assert best is not None
    assert best.value == "482913"


def test_of_two_lessons_about_one_place_the_newer_holds() -> None:
    text = "The access code {} belongs to the printer on floor two."
    is_one, is_none = taught(text.format(111111), "111111"), taught(text.format(111111), "111111", nothing=True)
    best = found(text.format(222222), is_one, is_none).best
    assert best is not None
    assert best.value == "222222"
    assert found(text.format(222222), is_none, is_one).best is None


def test_a_rule_is_for_its_sender_alone() -> None:
    rule = taught("Gate pass >> X7K9Q2 <<", "X7K9Q2")
    assert found("Gate pass >> 4MM2P8 <<", rule, sender="other@example.com").best is None


def test_a_message_of_another_shape_is_read_as_if_nothing_was_taught() -> None:
    rule = taught("Gate pass >> X7K9Q2 <<", "X7K9Q2")
    best = found("Your verification code is 482913.", rule).best
    assert best is not None
    assert best.value == "482913"


def test_what_is_not_in_the_message_teaches_nothing() -> None:
    assert learn("Login", "Your code is 482913", SENDER, "999999") is None
    assert learn("Login", "Your code is 482913", SENDER, "") is None
    assert learn("Login", "x" * 100, SENDER, "x" * 100) is None


@pytest.mark.parametrize(
    "change",
    [
        {"before": "x" * 100}, {"shape": ""}, {"shape": "9" * 100}, {"sender": ""}, {"source": "header"},
        {"nothing": "yes"},
        {"after": None}, {"before": 5},
    ],
)  # fmt: skip
def test_what_is_no_rule_is_refused(change: dict[str, object]) -> None:
    good = taught("Gate pass >> X7K9Q2 <<", "X7K9Q2").to_dict()
    with pytest.raises(ValueError, match="not a rule"):
        Rule.from_dict({**good, **change})


def test_a_rule_is_small() -> None:
    rule = taught("long " * 5_000 + "pass 4829 " + "tail " * 5_000, "4829")
    assert len(json.dumps(rule.to_dict())) < 600
