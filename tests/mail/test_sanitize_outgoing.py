"""What the editor may send: formatting, links, pictures, and nothing that acts."""

import re
from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailapp.mail.sanitize_outgoing import outgoing


@pytest.mark.parametrize(
    "html",
    [
        "<div>Hello <b>bold</b> <i>i</i> <u>u</u> <s>s</s></div>",
        '<ul><li>a</li><li>b</li></ul><ol start="3"><li>c</li></ol>',
        '<a href="https://else.example/?a=b&amp;c=d">x</a><a href="mailto:a@b.example">y</a>',
        '<p>x<img src="cid:p1@home.example" alt="p" width="30"></p>',
        '<p>x<img src="https://pics.example/p.png"></p>',
        '<blockquote style="margin:0 0 0 0.8ex;border-left:2px solid #cccccc;padding-left:1ex">quoted</blockquote>',
        '<p style="color:red;text-align:center">x</p><h2>y</h2><pre>z</pre><hr>',
        '<table border="1"><tbody><tr><td colspan="2">x</td></tr></tbody></table>',
    ],
)
def test_formatting_stays(html: str) -> None:
    assert outgoing(html) == html


@pytest.mark.parametrize(
    ("html", "left"),
    [
        ('<p class="a" id="b" onclick="x()" data-x="y">x</p>', "<p>x</p>"),
        ("<p>x</p><script>alert(1)</script><style>p{}</style>", "<p>x</p>"),
        ('<a href="javascript:alert(1)">x</a>', "<a>x</a>"),
        ('<a href="java\tscript:alert(1)">x</a><a href="/local">y</a>', "<a>x</a><a>y</a>"),
        ('x<img src="data:image/png;base64,AAAA"><img src="file:///etc/passwd"><img>', "x"),
        ('<p style="background:url(https://x.example/t);color:red">x</p>', '<p style="color:red">x</p>'),
        ('<form action="https://x.example"><input name="a"><button>x</button></form>', "x"),
        ('<svg><a href="https://x.example">z</a></svg><iframe src="https://x.example"></iframe>x', "x"),
        ('<img src="cid:a b"><b>x', "<b>x</b>"),
    ],
)
def test_what_acts_or_tracks_goes(html: str, left: str) -> None:
    assert outgoing(html) == left


def test_an_editor_left_empty_sends_no_html() -> None:
    assert outgoing("<div><br></div>") == ""
    assert outgoing("<p>\u00a0</p><script>x</script>") == ""
    assert outgoing('<img src="cid:a@b">') == '<img src="cid:a@b">'
    assert outgoing('<img src="cid:a@b">', pictures=False) == ""


@given(st.text(st.sampled_from("<>/\"'= abcdeimgsrcofhtp:&;#!-"), max_size=120))
def test_the_result_is_its_own_result(html: str) -> None:
    once = outgoing(html)
    assert outgoing(once) == once
    assert not re.search(r"<(?:script|style|iframe|form)|\son\w+=", once)


@pytest.mark.parametrize("piece", ["<div>", "<b>", "<img src='cid:", "<a href=x", "&", "<table><td>"])
def test_time_grows_no_faster_than_the_html(piece: str) -> None:
    started = process_time()
    outgoing(piece * 20_000)
    assert process_time() - started < 5
