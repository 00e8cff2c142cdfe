"""Codes and links are found in a message, and what only looks like one is not."""

import pytest

from mailapp.mail.code import Code, Kind
from mailapp.mail.code_rules import Rule, learn
from mailapp.mail.codes import find_codes

SENDER = "noreply@example.com"


def best(subject: str, text: str, html: str = "") -> Code | None:
    return find_codes(subject, text, html, SENDER).best


@pytest.mark.parametrize(
    ("subject", "text", "value", "seconds"),
    [
        ("【GitHub】验证码", "您的验证码为 482913，10 分钟内有效，请勿泄露。", "482913", 600),
        ("Your verification code", "Enter this code:\n\n123 456\n\nIt expires in 15 minutes.", "123456", 900),
        ("G-482913 is your Google verification code", "", "G-482913", None),
        ("認証コードのお知らせ", "認証コード：４８２９１３\n有効期限は30分間です。", "482913", 1800),
        ("Ihr Bestätigungscode", "Ihr Bestätigungscode lautet: 4829. Er ist 10 Minuten gültig.", "4829", 600),
        ("Код подтверждения: 4821", "Действителен 5 минут", "4821", 300),
        ("OTP", "4 8 2 9 1 3 is your OTP", "482913", None),
    ],
)
def test_a_code_is_found_with_how_long_it_is_valid(subject: str, text: str, value: str, seconds: int | None) -> None:
    found = best(subject, text)
    assert found is not None
    assert (found.value, found.kind, found.valid_seconds) == (value, Kind.CODE, seconds)


def test_it_is_said_where_a_code_stood() -> None:
    text = "Hello,\nyour verification code is 482 913."
    found = best("Sign in", text)
    assert found is not None
    assert found.source == "text"
    assert text[found.start : found.end] == "482 913"
    subject = "482913 is your sign-in code"
    found = best(subject, "")
    assert found is not None
    assert found.source == "subject"
    assert subject[found.start : found.end] == "482913"


def test_an_origin_bound_code_names_its_site() -> None:
    found = best("", "Your code is 482913.\n\n@example.com #482913")
    assert found is not None
    assert (found.value, found.origin) == ("482913", "example.com")


def test_the_html_is_not_made_for_mail_that_speaks_of_no_code() -> None:
    def made() -> str:
        raise AssertionError

    assert find_codes("Lunch", "At noon, 12345 people came. " * 20, made, SENDER).best is None


def test_a_code_that_stands_in_the_html_alone_is_found() -> None:
    html = "<p>Your verification code</p><table><tr><td>4</td><td>8</td><td>2</td><td>9</td></tr></table>"
    found = best("Sign in", "Please view this message in HTML.", html)
    assert found is not None
    assert (found.value, found.source) == ("4829", "html")


def test_a_rule_learned_from_a_correction_comes_first() -> None:
    text = "Your verification code 111111\nKundennummer 482913 eingeben"
    rule = learn("Login", text, SENDER, "482913")
    assert rule is not None
    again = "Your verification code 222222\nKundennummer 772211 eingeben"
    found = find_codes("Login", again, "", SENDER, (Rule.from_dict(rule.to_dict()),))
    assert found.best is not None
    assert found.best.value == "772211"
    assert find_codes("Login", again, "", "other@example.com", (rule,)).best != found.best


def test_a_rule_can_say_that_there_is_no_code() -> None:
    rule = learn("Login", "Your access code 111111 for the printer", SENDER, "111111", nothing=True)
    assert rule is not None
    assert find_codes("Login", "Your access code 222222 for the printer", "", SENDER, (rule,)).best is None
