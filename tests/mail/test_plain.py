"""The plain text that goes beside our own HTML."""

from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailapp.mail.plain import plain_text


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("", ""),
        ("<div>Hello</div><div><br></div><div>Ann</div>", "Hello\n\nAnn"),
        ("<div>x</div><div>Bob wrote:</div><blockquote><p>a</p><p>b</p></blockquote>", "x\nBob wrote:\n> a\n>\n> b"),
        ("<blockquote>a<blockquote>b</blockquote>c</blockquote>d", "> a\n>> b\n> c\n\nd"),
        ('see <a href="https://x.example/?a=1&amp;b=2">this</a>.', "see this <https://x.example/?a=1&b=2>."),
        ('<a href="https://x.example/">https://x.example/</a>', "https://x.example/"),
        ('<a href="mailto:a@x.example">a@x.example</a>', "a@x.example"),
        ("<a>x</a> 1 &lt; 2", "x 1 < 2"),
        ("</blockquote></a>x<blockquote>", "x"),
    ],
)
def test_quotations_and_links_are_told(html: str, text: str) -> None:
    assert plain_text(html) == text


@given(st.text("<>/\"'= abhrefblockquote&;l\n", max_size=100))
def test_reading_never_raises(html: str) -> None:
    plain_text(html)


@pytest.mark.parametrize("piece", ["<blockquote>y", '<a href="x">', "<a href=", "</a>", "x<blockquote>y</blockquote>"])
def test_time_grows_no_faster_than_the_html(piece: str) -> None:
    started = process_time()
    plain_text(piece * 20_000)
    assert process_time() - started < 5
