"""The earlier letter in HTML, as mailers put it there, folded without scripts."""

import re
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailapp.mail.quote_folds import MAX_FOLDS, fold_quotes
from mailapp.mail.quote_marks import may_quote, quote_class
from mailapp.mail.sanitize import sanitize

GMAIL = (
    '<div dir="ltr">Thanks!</div><br><div class="gmail_quote gmail_quote_container"><div class="gmail_attr">On Mon,'
    ' 3 Nov 2026, Ann &lt;<a href="mailto:a@b.example">a@b.example</a>&gt; wrote:<br></div>'
    '<blockquote class="gmail_quote">'
    "<div>Hello</div></blockquote></div>"
)
APPLE = (
    "<div>Yes.<br><div><br><blockquote type='cite'><div>On Nov 1, Ann wrote:</div><div>Hello</div></blockquote></div>"
    "</div>"
)
THUNDERBIRD = (
    '<p>Yes</p><div class="moz-cite-prefix">Am 1.2.26 schrieb X:<br></div><blockquote cite="mid:a">Hello</blockquote>'
)
OUTLOOK = (
    "<div class=WordSection1><p class=MsoNormal>Fine.</p><div><div style='border-top:solid #E1E1E1 1.0pt'><p>"
    "<b>From:</b> Ann<br><b>Sent:</b> Monday<br><b>To:</b> Lin<br><b>Subject:</b> Hi</p></div></div><p>Hello</p></div>"
)
OUTLOOK_WEB = (
    '<div>Fine</div><hr><div id="divRplyFwdMsg"><font><b>发件人:</b> Ann<br><b>发送时间:</b> 2026<br>'
    "<b>收件人:</b> L</font></div><div>Hello</div>"
)
QQ = (
    "<div>好的</div><div>------------------&nbsp;原始邮件&nbsp;------------------</div><div><div><b>发件人:</b>&nbsp;x</div>"
    "<div><b>发送时间:</b>&nbsp;2026</div></div><div>Hello</div>"
)
NETEASE = (
    '<div>好</div><br/><pre>At 2026-11-22, "X" &lt;x@163.example&gt; wrote:\n</pre><blockquote id="isReplyContent">'
    "<div>Hello</div></blockquote>"
)
OURS = "<div>收到</div><div>在 2026-11-22，周婧 写道：</div><blockquote>Hello</blockquote>"
INLINE = (
    '<div class="gmail_quote"><div class="gmail_attr">On .. wrote:</div><blockquote class="gmail_quote">Hello'
    '</blockquote><div>My answer</div><blockquote class="gmail_quote">Again</blockquote><div>And this</div></div>'
)
FORWARD = (
    '<div>FYI<div class="gmail_quote"><div class="gmail_attr">---------- Forwarded message ---------<br>From: A'
    "<br>Date: x<br>Subject: y<br>To: z</div><br>Hello</div></div>"
)


def folds(html: str, *, forwarded: bool = False) -> list[str]:
    safe = sanitize(html, lambda _cid: None, remote=False).html
    out = fold_quotes(safe, "more", forwarded=forwarded)
    assert out.count("<details") == out.count("</details>")
    assert re.sub(r'<details class="quoted"><summary>more</summary>|</details>', "", out) == safe
    return re.findall(r"<summary>more</summary>(.*?)</details>", out, re.DOTALL)


@pytest.mark.parametrize("html", [GMAIL, APPLE, THUNDERBIRD, OUTLOOK, OUTLOOK_WEB, QQ, NETEASE, OURS])
def test_what_mailers_quote_is_folded_and_what_was_written_is_not(html: str) -> None:
    (hidden,) = folds(html)
    assert "Hello" in hidden
    for own in ("Thanks", "Yes", "Fine", "好"):
        assert own not in hidden
    assert not folds(html, forwarded=True)


@pytest.mark.parametrize("html", [GMAIL, THUNDERBIRD, NETEASE, OURS])
def test_the_line_that_names_the_author_goes_with_it(html: str) -> None:
    assert re.search("wrote|schrieb|写道", folds(html)[0])


@pytest.mark.parametrize(
    "html",
    [
        INLINE,
        FORWARD,
        "<blockquote type=cite>all of it is quoted</blockquote>",
        "<p>As Goethe has it:</p><blockquote>Wer reitet</blockquote>",
        "<p>plain</p>",
    ],
)
def test_answers_in_between_forwards_and_literature_stay_open(html: str) -> None:
    assert folds(html) == []


def test_a_long_quotation_is_folded_though_the_answer_stands_below_it() -> None:
    (hidden,) = folds(f"<blockquote type=cite>{'Hello again. ' * 200}</blockquote><p>Answer</p>")
    assert "Answer" not in hidden


def test_only_our_own_marks_survive_of_a_letters_classes() -> None:
    safe = sanitize(
        '<div class="quoted gmail_attr x" id="y">a</div><p class="toolbar">b</p>', lambda _c: None, False
    ).html
    assert re.findall(r'class="([^"]*)"', safe) == ["quote-head"]
    assert quote_class("div", {"class": "moz-cite-prefix"}) == "quote-head"
    assert quote_class("span", {"class": "gmail_quote"}) == ""


def test_folds_are_few_however_many_quotations_there_are() -> None:
    html = "<p>Own</p>" + "<div>a wrote:</div><blockquote type=cite>b</blockquote>" * 500
    assert len(folds(html)) <= MAX_FOLDS


class _Nested(HTMLParser):
    """Fails where an element ends that is not the innermost open one."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in ("br", "hr", "img"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


PIECES = st.sampled_from(
    [
        "<div>", "</div>", "<blockquote type=cite>", "</blockquote>", "<p>", "</p>", "<b>", "</b>", "<table><tr><td>",
        "</td></tr></table>", "own words", "Ann wrote:", "From: a<br>To: b<br>Sent: c<br>", "<br>", "<hr>",
        "<div class=gmail_attr>", "<ul><li>", "-- ", "<pre>", "</pre>", "原始邮件",
    ]
)  # fmt: skip


@settings(deadline=None)
@given(st.lists(PIECES, max_size=40))
def test_whatever_is_folded_stays_well_nested_and_whole(pieces: list[str]) -> None:
    html = "".join(pieces)
    folds(html)
    judge = _Nested()
    judge.feed(fold_quotes(sanitize(html, lambda _cid: None, remote=False).html, "more"))
    judge.close()
    assert judge.open == []


LABEL = re.compile(r"\b(?:from|von|de)(?:</[a-z]+>|&nbsp;|\s){0,4}&?\s?[:：]")


@given(st.lists(st.sampled_from(["From", "von", "de", "a", "_", "é", " ", "</b>", "&nbsp;", "&", ":", "："])))
def test_a_letter_is_looked_through_where_a_label_names_its_author(pieces: list[str]) -> None:
    html = "".join(pieces)
    assert may_quote(html) == (LABEL.search(html.lower()) is not None)


def test_very_many_words_that_could_be_a_label_are_taken_for_one() -> None:
    assert may_quote("de" * 30_000)
    assert not may_quote("a" * 60_000)
