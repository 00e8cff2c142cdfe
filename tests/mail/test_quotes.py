"""What a plain letter quotes, and what of it is folded."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailapp.mail.linkify import letter_html
from mailapp.mail.quotes import LONG, is_forward, stretches

GMAIL = "Thanks.\n\nOn Mon, 3 Nov 2026 at 10:00, Ann <ann@a.example> wrote:\n\n> Hello\n> you\n"
BROKEN = "Yes\n\nOn Mon, 3 Nov 2026 at 10:00, Ann With A Long Name <\nann@a.example> wrote:\n> Hello\n"
CHINESE = '收到。\n\n在 2026-11-22 10:00:00，"周婧" <zhou@163.example> 写道：\n> 第二版\n> 校样'
OUTLOOK = "Fine.\n\nFrom: Ann <a@b.example>\nSent: Monday\nTo: Lin <l@b.example>\nSubject: Hi\n\nHello Lin\n"
QQ = "好\n\n------------------ 原始邮件 ------------------\n发件人: x\n发送时间: 2026年11月22日\n收件人: l\n\n内容"


def folded(text: str, *, forwarded: bool = False) -> str:
    return "".join(each.text for each in stretches(text, forwarded=forwarded) if each.folded)


@pytest.mark.parametrize(
    ("text", "begins", "ends"),
    [
        (GMAIL, "On Mon", "you\n"),
        (BROKEN, "On Mon", "Hello\n"),
        (CHINESE, "在 2026", "校样"),
        (OUTLOOK, "From: Ann", "Hello Lin\n"),
        (QQ, "------------------ 原始邮件", "内容"),
        ("Yes\n\n> Hello\n\n-- \nLin\n", "> Hello", "> Hello\n"),
    ],
)
def test_the_earlier_letter_is_folded_with_the_line_that_names_its_author(text: str, begins: str, ends: str) -> None:
    assert folded(text).startswith(begins)
    assert folded(text).endswith(ends)


@pytest.mark.parametrize(
    "text",
    [
        "> one\n\nyes\n\n> two\n\nno\n",
        "> everything is quoted\n> here\n",
        "FYI\n\n---------- Forwarded message ---------\nFrom: Ann\nDate: x\nSubject: y\nTo: z\n\nBody\n",
        "From: here it is a long way\nto there.\n",
        "",
    ],
)
def test_answers_between_quotations_and_forwarded_letters_stay_open(text: str) -> None:
    assert folded(text) == ""


def test_a_subject_that_forwards_keeps_what_it_forwards() -> None:
    assert folded(OUTLOOK)
    assert not folded(OUTLOOK, forwarded=True)
    assert is_forward("Fwd: x")
    assert is_forward("转发：x")
    assert not is_forward("Re: forward")


def test_a_long_quotation_above_the_answer_is_folded() -> None:
    text = "> line\n" * LONG + "\nMy answer below.\n"
    assert folded(text) == "> line\n" * LONG
    assert folded(text.removeprefix("> line\n")) == ""


def test_the_letter_opens_with_one_press_and_no_script() -> None:
    html = letter_html(GMAIL, fold="<Quoted>")
    assert '<details class="quoted"><summary>&lt;Quoted&gt;</summary>On Mon' in html
    assert html.count("<details") == html.count("</details>") == 1
    assert "<details" not in letter_html(GMAIL)


@given(
    st.lists(st.sampled_from(["> a", ">> b", "", "own", "On Monday, Ann wrote:", "From: a", "To: b", "Sent: c", "-- "]))
)
def test_nothing_is_lost_or_said_twice(lines: list[str]) -> None:
    text = "\n".join(lines)
    assert "".join(each.text for each in stretches(text)) == text


@given(st.text("> \nOnAtwro:te-_From主题：", max_size=200))
def test_any_text_is_cut_without_loss(text: str) -> None:
    assert "".join(each.text for each in stretches(text)) == text
