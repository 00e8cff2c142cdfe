"""Answers and forwards: to whom, from which address, in which conversation."""

import pytest

from mailapp.mail.draft import Draft
from mailapp.mail.message import Message
from mailapp.mail.recipients import parse_recipients
from mailapp.mail.reply import MAX_CHAIN, QuoteWords, forward, references, reply
from tests.mail.support import read

WORDS = QuoteWords(date=lambda ms: "Monday")
OWN = frozenset(("me@home.example", "shop@home.example"))
ORIGINAL = """From: Zoë <zoe@else.example>
To: Shop <shop+news@home.example>, Bob <bob@else.example>
Cc: carl@else.example, ME@home.example, bob@ELSE.example
Subject: Plan
Date: Mon, 23 Nov 2026 05:54:22 +0800
Message-ID: <3@else.example>
References: <1@else.example> <2@else.example>

Hello

> earlier
>> earliest
\x20
--\x20
Zoë
"""


def _message(text: str = ORIGINAL, **fields: str) -> Message:
    for name, value in fields.items():
        text = f"{name.replace('_', '-')}: {value}\n{text}"
    return read(text)


def _addresses(field: str) -> list[str]:
    return [one.address for one in parse_recipients(field).people]


def test_an_answer_goes_to_the_author_from_the_address_written_to() -> None:
    draft = reply(_message(), "shop+news@home.example", OWN, False, WORDS)
    assert draft.to == "Zoë <zoe@else.example>"
    assert draft.cc == ""
    assert draft.from_ == "shop@home.example"
    assert draft.subject == "Re: Plan"
    assert draft.in_reply_to == "3@else.example"
    assert draft.references == ("1@else.example", "2@else.example", "3@else.example")


def test_an_answer_to_all_leaves_ourselves_out_and_names_nobody_twice() -> None:
    draft = reply(_message(), "shop@home.example", OWN, True, WORDS)
    assert _addresses(draft.to) == ["zoe@else.example", "bob@else.example"]
    assert _addresses(draft.cc) == ["carl@else.example"]


def test_reply_to_is_honoured() -> None:
    message = _message(Reply_To="List <list@else.example>, x")
    assert reply(message, "", OWN, False, WORDS).to == "List <list@else.example>"
    assert _addresses(reply(message, "", OWN, True, WORDS).to) == ["list@else.example", "bob@else.example"]
    assert reply(_message(Reply_To="nobody"), "", OWN, False, WORDS).to == "Zoë <zoe@else.example>"


def test_who_answers_themselves_writes_to_the_same_people_again() -> None:
    message = _message("From: me@home.example\nTo: a@else.example\nCc: b@else.example\n\nx")
    assert reply(message, "", OWN, False, WORDS).to == "a@else.example"
    assert reply(message, "", OWN, True, WORDS).cc == "b@else.example"
    assert reply(message, "", OWN, True, WORDS).from_ == "me@home.example"
    assert (
        reply(_message("From: me@home.example\nTo: me@home.example\n\nx"), "", OWN, False, WORDS).to
        == "me@home.example"
    )


def test_the_address_we_write_from_is_one_of_ours_or_left_to_choose() -> None:
    assert reply(_message(), "stranger@else.example", OWN, False, WORDS).from_ == "shop@home.example"
    assert reply(_message(), "Me+x@Home.Example", OWN, False, WORDS).from_ == "me@home.example"
    assert reply(_message(), "x@y.example", (), False, WORDS).from_ == ""


@pytest.mark.parametrize(
    ("subject", "answer", "forwarded"),
    [
        ("Plan", "Re: Plan", "Fwd: Plan"),
        ("Re: Plan", "Re: Plan", "Fwd: Re: Plan"),
        ("RE: re[2]: Plan", "Re: Plan", "Fwd: RE: re[2]: Plan"),
        ("回复：答复: Plan", "Re: Plan", "Fwd: 回复：答复: Plan"),
        ("AW: SV: Plan", "Re: Plan", "Fwd: AW: SV: Plan"),
        ("Fwd: Plan", "Re: Fwd: Plan", "Fwd: Plan"),
        ("转发：FW: Plan", "Re: 转发：FW: Plan", "Fwd: Plan"),
        ("WG: Plan", "Re: WG: Plan", "Fwd: Plan"),
        ("Resume: mine", "Re: Resume: mine", "Fwd: Resume: mine"),
        ("Ref: 12", "Re: Ref: 12", "Fwd: Ref: 12"),
        ("", "Re:", "Fwd:"),
    ],
)
def test_prefixes_of_a_subject_do_not_pile_up(subject: str, answer: str, forwarded: str) -> None:
    message = Message(subject=subject)
    assert reply(message, "", OWN, False, WORDS).subject == answer
    assert forward(message, WORDS).subject == forwarded


def test_a_quotation_is_told_apart_and_leaves_the_signature_out() -> None:
    text = reply(_message(), "", OWN, False, WORDS).text
    assert text == "\n\nOn Monday, Zoë wrote:\n> Hello\n>\n>> earlier\n>>> earliest\n"


def test_what_has_no_date_is_quoted_without_one() -> None:
    message = _message("From: a@else.example\n\nx")
    assert "\na@else.example wrote:\n> x\n" in reply(message, "", OWN, False, WORDS).text


def test_html_is_quoted_harmless_and_without_pictures() -> None:
    source = '<p class="x">Hi<script>alert(1)</script><img src="https://track.example/p.gif"></p>'
    message = _message(f"From: A <b> <a@else.example>\nContent-Type: text/html\n\n{source}")
    html = reply(message, "", OWN, False, WORDS).html
    assert "<blockquote" in html
    assert "<p>Hi</p>" in html
    assert "img" not in html
    assert reply(message, "", OWN, False, WORDS, rich=False).html == ""
    assert reply(_message(), "", OWN, False, WORDS).html == ""


def test_a_forward_says_what_it_forwards_and_to_nobody_yet() -> None:
    draft = forward(_message(), WORDS, delivered_to="me@home.example", own=OWN)
    assert (draft.to, draft.cc, draft.in_reply_to, draft.references) == ("", "", "", ())
    assert draft.from_ == "me@home.example"
    assert draft.text.startswith(
        "\n\n---------- Forwarded message ----------\nFrom: Zoë <zoe@else.example>\nDate: Monday\nSubject: Plan\n"
        "To: Shop <shop+news@home.example>, Bob <bob@else.example>\nCc: "
    )
    assert "\n\nHello\n" in draft.text


def test_a_forward_keeps_pictures_and_escapes_names() -> None:
    source = '<p>Hi<img src="cid:p@x" onerror="x()"><img src="https://pics.example/p.gif"></p>'
    message = _message(f'From: "<b>A" <a@else.example>\nContent-Type: text/html\n\n{source}')
    html = forward(message, WORDS).html
    assert '<img src="cid:p@x"><img src="https://pics.example/p.gif">' in html
    assert "<b>" not in html


def test_references_follow_the_original() -> None:
    assert references(_message("Message-ID: <a@x>\n\nx")) == ("a@x",)
    assert references(_message("Message-ID: <b@x>\nIn-Reply-To: <a@x>\n\nx")) == ("a@x", "b@x")
    assert references(_message("Message-ID: <c@x>\nIn-Reply-To: <a@x> <b@x>\n\nx")) == ("c@x",)
    assert references(_message("Subject: x\n\nx")) == ()
    long = _message(f"Message-ID: <end@x>\nReferences: {' '.join(f'<{n}@x>' for n in range(90))}\n\nx")
    assert len(references(long)) == MAX_CHAIN
    assert references(long)[0] == "0@x"
    assert references(long)[-1] == "end@x"


def test_nothing_known_makes_an_empty_answer() -> None:
    draft = reply(Message(), "", (), True, WORDS)
    assert draft == Draft(subject="Re:", text="\n\n wrote:\n>\n")
