"""The text made of HTML, the preview in the list, and plain text with its links."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailapp.mail.html_text import tidy
from mailapp.mail.linkify import AT_ONCE, letter_html, urls
from mailapp.mail.preview import html_to_text, preview


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("plain", "plain"),
        ("<p>one</p><p>two</p>", "one\n\ntwo"),
        ("a<br>b<br/>c", "a\nb\nc"),
        ("<div>a</div><div>b</div>", "a\nb"),
        ("<ul><li>one<li>two</ul>", "- one\n- two"),
        ("<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>", "a b\nc"),
        ("a\n  b\t c&nbsp;&amp;&#39;&lt;", "a b c &'<"),
        ('<a href="http://x">words</a>', "words"),
        ("<head><title>t</title><style>p > a {}</style></head><script>1<2</script><p>x</p>", "x"),
        ("<!-- no > --><p>x</p><!--[if mso]><p>y</p><![endif]-->", "x"),
        ('<img alt="a > b">x', "x"),
        ('<a title="</p>">x</a>', "x"),
        ('<div style="display:none;max-height:0">preheader <div>in</div></div><p>letter</p>', "letter"),
        ("<div hidden>x</div>y", "y"),
        ('<td style="max-height:0.5em">x</td>', "x"),
        ('<div style="display:none">never closed <p>letter</p>', "never closed\n\nletter"),
        ("1 < 2 and <b>bold</b>", "1 < 2 and bold"),
        ("x\u200b\u200c\ufeffy&zwnj;&shy;z", "xyz"),
        ('<img src="x" alt="新品上市">', "新品上市"),
        ("<svg><text>no</text></svg>x", "x"),
        ("", ""),
    ],
)
def test_html_becomes_readable_text(html: str, text: str) -> None:
    assert html_to_text(html).replace("\xa0", " ") == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("您好，\n验证码是 482913。", "您好， 验证码是 482913。"),
        ("View this email in your browser\nBig news", "Big news"),
        ("Having trouble viewing this email? Click here\nBig news", "Big news"),
        ("如无法显示请点击这里\n新品上市", "新品上市"),
        ("如果您无法正常显示此邮件，请点击这里查看\n新品上市", "新品上市"),
        ("点击此处在浏览器中查看\n新品上市", "新品上市"),
        ("此邮件由系统自动发送，请勿回复\n您的订单已发货", "您的订单已发货"),
        ("\u200b\u200c \xa0\xa0\u034f Hello \u200b\xa0 world", "Hello world"),
        ("> quoted\nanswer\n> more", "answer"),
        ("On Mon, Jan 1, 2024 Ann wrote:\n> x\nanswer", "answer"),
        ("Hello\n-- \nAnn, Sales", "Hello"),
        ("-----\n=====\nHello", "Hello"),
        ("Look: https://example.com/a/very/long/address/with/many/parts?and=more here", "Look: here"),
        ("See https://a.example now", "See https://a.example now"),
        ("[image: logo]\nHello", "Hello"),
        ("> only a quote", "> only a quote"),
        ("", ""),
    ],
)
def test_preview_says_what_the_letter_says(text: str, shown: str) -> None:
    assert preview(text) == shown


def test_preview_has_at_most_two_hundred_characters() -> None:
    assert len(preview("验证码" * 1000)) == 200


@pytest.mark.parametrize(
    "line",
    [
        "如果您不能出席会议，请提前告知我们，谢谢",
        "Can't see you tomorrow, sorry",
        "Read the attached plan online tomorrow please",
    ],
)
def test_a_letter_that_only_sounds_like_boilerplate_still_has_a_preview(line: str) -> None:
    assert preview(line)


def test_links_in_text_can_be_clicked_and_nothing_else_is_markup() -> None:
    html = letter_html(
        "<b>see https://a.example/?x=1&y=2. (http://b.example/(c))\nhttp://例子.测试，好 javascript:alert(1)"
    )
    assert html.startswith("&lt;b&gt;see ")
    assert 'href="https://a.example/?x=1&amp;y=2"' in html
    assert 'href="http://b.example/(c)"' in html
    assert 'href="http://例子.测试"' in html
    assert html.count("<a ") == 3
    assert html.count('rel="noopener noreferrer nofollow" target="_blank"') == 3


def test_a_link_cannot_break_out_of_its_attribute() -> None:
    assert '"onclick' not in letter_html('http://x.example/"onclick="alert(1)')
    assert "<script" not in letter_html("http://x.example/<script>alert(1)</script>")


def test_quoted_lines_are_set_in_and_levels_are_bounded() -> None:
    assert letter_html("a\n> b\n>> c\nd") == "a\n<blockquote>b\n<blockquote>c\n</blockquote></blockquote>d"
    deep = letter_html(">" * 100 + " x")
    assert deep.count("<blockquote>") == deep.count("</blockquote>") == 8


@pytest.mark.parametrize("before", ["> quoted\n" * 300, "\n" * 2000, "View in browser\n" * 80])
def test_what_tells_something_may_come_late(before: str) -> None:
    assert preview(before + "明天十点见\n") == "明天十点见"


@given(st.lists(st.sampled_from(["a", " ", "  " * 40, "\n", "\n" * 5, "\r", "\r" * 70, "\xa0", " \n"]), max_size=12))
def test_runs_of_blanks_and_breaks_are_cut_as_patterns_cut_them(pieces: list[str]) -> None:
    text = "".join(pieces)
    wanted = re.sub(" {2,}", " ", text.replace("\xa0", " "))
    for pair, one in ((" \n", "\n"), ("\n ", "\n"), (" \r", "\r"), ("\r ", "\r")):
        wanted = wanted.replace(pair, one)
    wanted = re.sub("\r+", "\r", wanted).replace("\n\r", "\n").replace("\r", "\n")
    assert tidy(text) == re.sub("\n{3,}", "\n\n", wanted).strip()


URL = re.compile(r"\bhttps?://[^\s<>\"'`，。；：！？、（）【】《》「」“”‘’\u3000]{1,2000}", re.IGNORECASE)


@given(st.lists(st.sampled_from(["http", "HTTPS", "://", "s", "a", "_", "中", " ", "。", ":", "/", "x.example"])))
def test_addresses_are_found_as_a_pattern_finds_them(pieces: list[str]) -> None:
    text = "".join(pieces)
    assert [each.span() for each in urls(text)] == [each.span() for each in URL.finditer(text)]


def test_a_long_text_is_escaped_whole() -> None:
    assert letter_html("<" * (AT_ONCE + 1)) == "&lt;" * (AT_ONCE + 1)
    assert letter_html("://" * 50_000 + " https://x.example") == "://" * 50_000 + " https://x.example"
