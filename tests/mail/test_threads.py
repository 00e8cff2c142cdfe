"""Subjects without what answers and forwards put before them."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailapp.mail.threads import MAX_PREFIXES, fold, take_apart

PREFIXES = (
    "Re: ", "RE:", "re : ", "Re[2]: ", "Re(3): ", "Re^2:", "Re*4: ", "AW: ", "SV: ", "Antw: ", "Re：",
    "回复：", "回复: ", "答复：", "回覆:", "返信: ", "회신: ",
)  # fmt: skip
FORWARDS = ("Fwd: ", "FW:", "fw: ", "WG: ", "TR: ", "转发：", "转发: ", "轉寄：", "転送: ")


@pytest.mark.parametrize("prefix", PREFIXES)
def test_the_prefix_of_an_answer_goes_in_any_language(prefix: str) -> None:
    found = take_apart(f"{prefix}第二版校样 Proofs")
    assert (found.text, found.base, found.answers) == ("第二版校样 Proofs", "第二版校样 proofs", True)


@pytest.mark.parametrize("prefix", FORWARDS)
def test_the_prefix_of_a_forward_goes_but_makes_no_answer(prefix: str) -> None:
    found = take_apart(f"{prefix}第二版校样")
    assert (found.text, found.answers) == ("第二版校样", False)
    assert take_apart(f"{prefix}Re: 第二版校样").answers
    assert take_apart(f"回复：{prefix}第二版校样").answers


@pytest.mark.parametrize(
    ("subject", "text", "base"),
    [
        ("Lunch", "Lunch", "lunch"),
        ("  Lunch   on\tFriday ", "Lunch   on\tFriday", "lunch on friday"),
        ("Re: Re: FW: 回复：Lunch", "Lunch", "lunch"),
        ("[list] Re: Lunch", "Lunch", "lunch"),
        ("Re: [list] Lunch", "[list] Lunch", "lunch"),
        ("[GitHub] Your sign-in code", "[GitHub] Your sign-in code", "your sign-in code"),
        ("[Fwd: Lunch]", "Lunch", "lunch"),
        ("Lunch (fwd)", "Lunch", "lunch"),
        ("[only a tag]", "[only a tag]", "[only a tag]"),
        ("Ｌｕｎｃｈ　ＡＴ　１２", "Ｌｕｎｃｈ　ＡＴ　１２", "lunch at 12"),
        ("Reply: Lunch", "Reply: Lunch", "reply: lunch"),
        ("Revision: 3", "Revision: 3", "revision: 3"),
        ("Recht: Straße", "Recht: Straße", "recht: strasse"),
        ("关于: 回复", "关于: 回复", "关于: 回复"),
        ("", "", ""),
        ("Re:", "Re:", ""),
        ("Re: ", "Re:", ""),
    ],
)
def test_what_is_left_is_what_it_is_about(subject: str, text: str, base: str) -> None:
    found = take_apart(subject)
    assert (found.text, found.base) == (text, base)


@given(st.text(max_size=60), st.lists(st.sampled_from(PREFIXES + FORWARDS), max_size=6))
def test_prefixes_change_nothing_but_that_it_answers(subject: str, prefixes: list[str]) -> None:
    plain = take_apart(subject.strip())
    answered = take_apart("".join(prefixes) + subject.strip())
    assert answered.base == plain.base
    assert answered.answers == (plain.answers or any(each in PREFIXES for each in prefixes))


@given(st.text(max_size=200))
def test_the_base_is_folded_and_any_text_is_fine(subject: str) -> None:
    found = take_apart(subject)
    assert fold(found.base) == found.base
    assert len(found.text) <= len(subject)


def test_a_hostile_subject_ends_soon() -> None:
    started = time.process_time()
    for unit in ("Re:", "[x]", "[Fwd:", "[" * 50, "(fwd)", " ", "回复：", "re[1]", "]"):
        take_apart(unit * (1_000 // len(unit)))
        take_apart("Re: " + unit * 2_000)
    assert time.process_time() - started < 0.5
    assert take_apart("Re: " * (MAX_PREFIXES + 5) + "x").base.endswith("x")
