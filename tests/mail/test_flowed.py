"""Text sent as format=flowed breaks where the reader's window ends."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailapp.mail.content import MemoryContent
from mailapp.mail.flowed import unflowed
from mailapp.mail.parser import parse


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("soft \nline\n\nhard\nline", "soft line\n\nhard\nline"),
        ("> one \n> two\n>> deep \n>> er\n> three", "> one two\n>> deep er\n> three"),
        ("a \n> b", "a \n> b"),
        (" From here\n  > no quotation", "From here\n > no quotation"),
        ("last \n-- \nBob \nBuilder", "last \n-- \nBob Builder"),
        (">> \n>> x", ">> \n>> x"),
        (" > literally", " > literally"),
        ("", ""),
    ],
)
def test_paragraphs_are_joined_quotations_and_signatures_are_not(text: str, shown: str) -> None:
    assert unflowed(text) == shown


def test_with_delsp_the_blank_is_no_part_of_the_text() -> None:
    assert unflowed("空 \n白。\n次", delsp=True) == "空白。\n次"


@pytest.mark.parametrize(
    ("parameters", "flowed"),
    [("", ""), ("; format=fixed", ""), ("; Format=Flowed", "flowed"), ("; format=flowed; DelSp=Yes", "delsp")],
)
def test_the_parser_says_how_text_came(parameters: str, flowed: str) -> None:
    content = f"Subject: x\r\nContent-Type: text/plain; charset=utf-8{parameters}\r\n\r\na \r\nb\r\n".encode()
    assert parse(MemoryContent(content)).flowed == flowed


@given(st.text(st.sampled_from(" >-a\n"), max_size=60))
def test_no_word_is_lost(text: str) -> None:
    assert unflowed(text).count("a") == text.count("a")
    assert unflowed(text).count("\n") <= text.count("\n")
