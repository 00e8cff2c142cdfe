"""Messages made to hold the finder up, or to make it show what nobody sees."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailapp.mail.code import Kind
from mailapp.mail.code_html import visible_text
from mailapp.mail.code_lifetime import valid_seconds
from mailapp.mail.code_rules import Rule, learn
from mailapp.mail.codes import SURE, find_codes

SENDER = "noreply@example.com"
MILLION = 1_000_000
SECONDS = 1.0
"""Of CPU: far more than a linear scan takes on a slow machine, far less than a quadratic one on a fast one."""

PIECES = {
    "digits": "1234567890",
    "digits and blanks": "1 2 3 4 5 6 7 8 9 0 ",
    "code words": "verification code ",
    "code words without blanks": "code",
    "Chinese code words": "验证码",
    "label and number": "Your code is 482913. ",
    "labels and letters": "CODE: ABCDEF-GHIJK ",
    "hyphens": "a-1-",
    "brackets": "code ((((((",
    "dates": "code 2026-11-26 10:32 ",
    "prices": "code $1,204.00 ",
    "addresses": "code sam@example.com https://example.com/1234 ",
    "one long address": "https://example.com/code=1234/",
    "lengths of time": "code 10 minutes expires in ten minutes ",
    "confirm": "please confirm your e-mail address https://a.example/confirm?token=Ab12Cd34Ef56 ",
    "newlines": "code\n\n\n",
    "wide digits": "验证码：４８２９１３，",
    "dotted capital i": "İcode İ1234 ",
    "origins": "\n@example.com #123456",
    "ampersands": "&#49;&amp;code ",
    "stars": "*code* *1234* ",
}


@pytest.mark.parametrize("piece", PIECES.values(), ids=PIECES)
def test_a_megabyte_of_anything_takes_no_time_to_speak_of(piece: str) -> None:
    text = (piece * (MILLION // len(piece) + 1))[:MILLION]
    start = time.thread_time()
    find_codes(text, text, "", SENDER)
    find_codes("", text, "", SENDER)
    assert time.thread_time() - start < SECONDS


@pytest.mark.parametrize(
    "piece", ["<td>1", "<div style='font-size:0'>", "<p>code</p>", "<a href='https://x.example/1'>"]
)
def test_a_megabyte_of_markup_takes_no_time_to_speak_of(piece: str) -> None:
    html = "<p>Please confirm your email</p>" + piece * (MILLION // len(piece))
    start = time.thread_time()
    find_codes("Confirm your email: your verification code", "see the HTML", html, SENDER)
    assert time.thread_time() - start < 4 * SECONDS  # as long as making text of it takes, which is bounded there


STYLES = {
    "blanks after a colour": "color:" + " " * 3_900,
    "blanks before a ground": "background: bgcolor=" + " " * 3_900,
    "heights": "height:0;" * 440,
    "grounds": "background:" * 360,
}


@pytest.mark.parametrize("style", STYLES.values(), ids=STYLES)
def test_styles_made_to_be_read_again_and_again_are_read_once(style: str) -> None:
    html = "".join(f'<p style="{style}" x{number}>code</p>' for number in range(60))
    start = time.thread_time()
    find_codes("Your code", "Your login code: 482913 is here " + "x " * 200, html, SENDER)
    find_codes("Your code", "", html, SENDER)
    assert time.thread_time() - start < SECONDS / 2


@pytest.mark.parametrize("piece", ["<b>abc</b> def ", "<b>", "<p style='color:#{}'>a</p>"])
def test_html_is_read_once_for_all_the_codes_of_a_text(piece: str) -> None:
    text = "".join(f"Your login code: {100_000 + number * 7}\n" for number in range(60)) + "x" * 300
    html = "".join(piece.replace("{}", str(100_000 + number)) for number in range(240_000 // len(piece)))
    start = time.thread_time()
    find_codes("x", text, html, SENDER)
    assert time.thread_time() - start < SECONDS / 2


def test_a_long_letter_is_read_closely_at_its_beginning_alone_where_only_that_speaks_of_a_code() -> None:
    prose = "Nothing of interest stands here. " * 3_000
    found = find_codes("Letter", f"Your verification code is below. {prose}\n\n482913\n", "", SENDER)
    assert found.best is None
    text = "Your verification code: " + "1-" * 100_000
    start = time.thread_time()
    find_codes("x", text, "", SENDER)
    assert time.thread_time() - start < SECONDS / 4


def test_rules_are_tried_in_bounded_stretches() -> None:
    rule = Rule("noreply@example.com", "some words before your code is ", " then this", "999999", "html")
    html = "<b>123456</b> " * 200_000
    start = time.thread_time()
    find_codes("x", "y" * 300, html, SENDER, (rule,) * 20)
    learn("x", "", SENDER, "482913", html=html)
    assert time.thread_time() - start < SECONDS


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=400), st.text(max_size=800), st.text(max_size=400))
def test_it_never_raises_and_says_where_things_stand(subject: str, text: str, html: str) -> None:
    check(subject, text, html)


WORDS = st.sampled_from(
    ["code", "验证码", "is", ":", " ", "\n", "482913", "123 456", "İ", "PIN", "G-482913", "．",
     "@a.example #1234", "zip",
     "expires in", "10", "minutes", "https://a.example/verify?t=Ab12Cd34Ef56Gh78",
     "verify your email", "*", "２０２６", "优惠"]
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(st.lists(WORDS, max_size=6).map("".join), st.lists(WORDS, max_size=40).map("".join))
def test_it_says_where_things_stand_in_messages_of_code_words(subject: str, text: str) -> None:
    check(subject, text, "")


def check(subject: str, text: str, html: str) -> None:
    found = find_codes(subject, text, html, SENDER)
    shown = {"subject": subject, "text": text, "html": visible_text(html)}
    for one in filter(None, (found.best, found.link, *found.others)):
        assert 0 < one.confidence <= 1
        assert 0 <= one.start <= one.end <= len(shown[one.source])
        if one.kind is Kind.CODE:
            where = shown[one.source][one.start : one.end]
            assert len([each for each in where if each.isalnum()]) == len(
                [each for each in one.value if each.isalnum()]
            )
        assert one.valid_seconds is None or one.valid_seconds > 0
    if found.best is not None and found.best.kind is Kind.CODE:
        assert found.best.confidence >= SURE


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=300), st.text(max_size=60))
def test_learning_never_raises(text: str, value: str) -> None:
    rule = learn("s", text, SENDER, value)
    if rule is not None:
        find_codes("s", text, "", SENDER, (rule,))


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=300), st.integers(-10, 400))
def test_validity_is_read_from_any_text(text: str, near: int) -> None:
    seconds = valid_seconds(text.lower(), near)
    assert seconds is None or 0 < seconds <= 30 * 86_400


def test_a_code_in_the_middle_of_a_long_text_is_found() -> None:
    prose = "Nothing of interest stands in this line, nor in 1204 others.\n" * 900
    text = f"{prose}Your verification code is 482913.\n{prose}"
    best = find_codes("A long letter", text, "", SENDER).best
    assert best is not None
    assert best.value == "482913"
    assert text[best.start : best.end] == "482913"
