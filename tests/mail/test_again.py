"""A message of our own once more, for those who did not get it."""

from dataclasses import replace

from mailapp.mail.again import again
from mailapp.mail.draft import Draft
from mailapp.mail.message import Message, Person

OWN = {"lin@yuanye.example", "shop@yuanye.example"}
LETTER = Message(
    subject="Re: 第二版校样",
    from_=(Person("林越", "Shop@yuanye.example"),),
    to=(Person("周婧", "zhou@sanlian.example"), Person("", "bo@kiln.example")),
    cc=(Person("Marta", "marta@kiln.example"),),
    message_id="2@yuanye.example",
    in_reply_to=("1@sanlian.example",),
    references=("0@sanlian.example", "1@sanlian.example"),
    text_source="周婧你好：\n\n看完了。\n\n-- \n林越\n",
)


def test_it_is_the_message_as_it_was_in_its_conversation() -> None:
    assert again(LETTER, ["ZHOU@sanlian.example"], OWN) == Draft(
        from_="shop@yuanye.example",
        to="周婧 <zhou@sanlian.example>",
        subject="Re: 第二版校样",
        text=LETTER.text,
        in_reply_to="1@sanlian.example",
        references=("0@sanlian.example", "1@sanlian.example"),
    )


def test_everybody_stands_where_they_stood_and_who_was_in_no_field_was_in_bcc() -> None:
    draft = again(LETTER, ["secret@bcc.example", "marta@kiln.example", "bo@kiln.example"], OWN)
    assert (draft.to, draft.cc, draft.bcc) == ("bo@kiln.example", "Marta <marta@kiln.example>", "secret@bcc.example")


def test_nobody_stands_twice() -> None:
    twice = Message(to=LETTER.to, cc=LETTER.to)
    draft = again(twice, ["bo@kiln.example"], OWN)
    assert (draft.to, draft.cc, draft.bcc) == ("bo@kiln.example", "", "")


def test_its_html_keeps_its_pictures_and_is_sanitised_once_more() -> None:
    rich = Message(html_source='<p>Hello <img src="cid:a@b"><script>alert(1)</script></p>')
    html = again(rich, [], OWN).html
    assert "cid:a@b" in html
    assert "script" not in html


def test_an_address_that_is_ours_no_more_is_not_chosen() -> None:
    assert again(LETTER, [], {"lin@yuanye.example"}).from_ == ""
    assert replace(again(LETTER, [], set()), from_="x").subject == LETTER.subject
