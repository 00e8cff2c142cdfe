"""What strangers send is read in time that grows with its length, and what is kept of it has a longest length."""

import time
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailapp.mail.address import parse_addresses
from mailapp.mail.content import MemoryContent
from mailapp.mail.linkify import letter_html
from mailapp.mail.message import MAX_ADDRESS, MAX_ID, MAX_NAME, MAX_SUBJECT
from mailapp.mail.parameters import value_and_parameters
from mailapp.mail.parser import parse
from mailapp.mail.preview import html_to_text, preview
from mailapp.mail.sanitize import sanitize
from mailapp.mail.tidy import MAX_MARKUP, Tidy, TooMuchMarkup
from mailapp.mail.words import index_fields, query_phrase
from tests.mail.support import HTML, TEXT, multipart, read, word

SIZE = 131_072


def _sanitize(html: str) -> str:
    return sanitize(html, lambda _cid: None, remote=False).html


def _header(value: str) -> object:
    fields = ("Subject", "From", "Message-ID", "References", "Date", "Content-Type", "Content-Disposition")
    return [parse(MemoryContent(f"{name}: {value}\r\n\r\nx".encode())) for name in fields]


READERS: dict[str, Callable[[str], object]] = {
    "addresses": parse_addresses,
    "header": _header,
    "parameters": lambda text: value_and_parameters("a/b;" + text),
    "preview": preview,
    "html_to_text": html_to_text,
    "letter_html": letter_html,
    "sanitize": _sanitize,
    "index_fields": lambda text: index_fields([text, "a", "b"]),
    "query_phrase": query_phrase,
}


@pytest.mark.parametrize(
    "pattern", ["a,", ",", '"",', "(,", "=,", "a;", "a:", "<a,", '"\\', "=?a?q?", "a ", "@", "[.", "<b "]
)
@pytest.mark.parametrize("reader", READERS)
def test_no_short_pattern_repeated_takes_long(reader: str, pattern: str) -> None:
    text = (pattern * SIZE)[:SIZE]
    began = time.process_time()
    READERS[reader](text)
    assert time.process_time() - began < 2.0


@settings(max_examples=60, deadline=None)
@given(st.text(alphabet='a,;:<>()"\\@=? .[]', min_size=1, max_size=4), st.sampled_from(sorted(READERS)))
def test_no_pattern_at_all_takes_long(pattern: str, reader: str) -> None:
    began = time.process_time()
    READERS[reader]((pattern * 32_768)[:32_768] + "a")
    assert time.process_time() - began < 1.0


def test_a_row_of_words_without_an_address_ends_after_a_thousand() -> None:
    people = parse_addresses("a," * 10_000)
    assert 1 < len(people) < 100
    assert all(len(person.name) <= MAX_NAME and len(person.address) <= MAX_ADDRESS for person in people)


@pytest.mark.parametrize(
    "html",
    [
        "<b>" * 120 + "</i>\n" * 400_000,
        "<i><div>" + "<b>" * 117 + "</i>" * 400_000,
        '<a href="a' + " " * SIZE + 'a">x</a>',
        '<img src="a' + " " * SIZE + 'a">',
        f'<p style="font-family:a,{" " * 900}(">' * 140,
    ],
    ids=["ends of nothing", "ends behind a barrier", "blanks in a link", "blanks in a picture", "blanks in a font"],
)
def test_html_that_took_seconds_is_sanitised_in_bounded_time(html: str) -> None:
    began = time.process_time()
    _sanitize(html)
    assert time.process_time() - began < 2.0


def test_html_with_too_much_markup_is_refused_at_once() -> None:
    tidy = Tidy(frozenset(("b", "i")), lambda _tag, _attributes: "")
    assert tidy.run("<i>" + "</b>" * (MAX_MARKUP - 2) + "x<b") == "<i>x<b></b></i>"
    with pytest.raises(TooMuchMarkup):
        tidy.run("</i>" * (MAX_MARKUP + 1))
    refused = sanitize("<p>x" * (MAX_MARKUP + 1), lambda _cid: None, remote=False)
    assert (refused.refused, refused.html) == (True, "")
    assert sanitize("&" * 200_000, lambda _cid: None, remote=False).refused


def test_html_of_which_every_tag_is_another_is_refused() -> None:
    other = "".join(f'<p title="{each}">x' for each in range(9_000))
    assert sanitize(other, lambda _cid: None, remote=False).refused
    same = sanitize('<p title="1">x' * 9_000, lambda _cid: None, remote=False)
    assert same.html.count('<p title="1">') == 9_000


def test_styles_beyond_what_a_letter_needs_are_left_out() -> None:
    style = ";".join(["color:#123456"] * 90)
    html = "".join(f'<p style="{style};top:{each}">x</p>' for each in range(600))
    kept = sanitize(html, lambda _cid: None, remote=False)
    assert not kept.refused
    assert 100 < kept.html.count("style=") < 400


def test_a_picture_repeated_counts_each_time() -> None:
    html = '<img src="https://a.example/x.gif">' * 5 + '<img src="https://a.example/y.gif">'
    assert sanitize(html, lambda _cid: None, remote=False).blocked == 6


def test_text_of_too_much_markup_is_still_text() -> None:
    assert html_to_text("<p>你好</p>" * 60_000).startswith("你好")
    assert "<" not in html_to_text("<p>x</p>" * 60_000)


@pytest.mark.parametrize(
    "text",
    [
        ">>>>>>>> a\nb\n" * 80_000,
        "".join(f"{'>' * (each % 9)} a\n" for each in range(200_000)),
        "https://a.example\n" * 60_000,
    ],
    ids=["in and out", "up and down", "links"],
)
def test_a_letter_does_not_grow_where_it_is_written_as_html(text: str) -> None:
    assert len(letter_html(text)) < 3 * len(text) + 400_000


def test_a_character_reference_of_thousands_of_digits_stops_nothing() -> None:
    digits = "&#" + "1" * 5_000 + ";"
    assert html_to_text(f"<p>a{digits}b") == "a\ufffdb"
    assert "b" in _sanitize(f'<p title="{digits}">a{digits}b</p>')
    assert read(f"{HTML}<p>a{digits}b").text == "a\ufffdb"


def test_what_is_kept_of_a_header_has_a_longest_length() -> None:
    message = read(
        f"Subject: {word('长' * 5_000)}\nFrom: {word('名' * 900)} <{'a' * 900}@b.example>\nTo: {'a@' + 'b' * 900}\n"
        f"Message-ID: <{'a' * 3_000}@b>\nIn-Reply-To: {'a' * 1_500}@b\nReferences: <{'😀' * 3_000}> <a@b>\n\nx"
    )
    assert message.subject == "长" * MAX_SUBJECT
    assert message.from_[0].name == "名" * MAX_NAME
    assert message.from_[0].address == "a" * MAX_ADDRESS
    assert len(message.to[0].address) == MAX_ADDRESS
    assert len(message.message_id) == MAX_ID
    assert message.in_reply_to == ("a" * MAX_ID,)
    assert message.references == ("😀" * MAX_ID, "a@b")


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("text/calendar; method=REQUEST", "invite.ics"),
        ("message/delivery-status", "delivery-status.txt"),
        ("text/rfc822-headers", "headers.txt"),
        ("IMAGE/PNG", "image.png"),
        ("image/jpeg", "image.jpg"),
        ("application/x-unheard-of", ""),
        ('image/png; name="own.png"', "own.png"),
    ],
)
def test_an_attachment_without_a_name_is_named_after_its_type(kind: str, name: str) -> None:
    mail = multipart(TEXT + "x", f"Content-Type: {kind}\nContent-Disposition: attachment\n\nx")
    assert [part.name for part in read(mail).attachments] == [name]


def test_an_attached_page_without_a_name_is_a_letter() -> None:
    page = HTML.replace("\n\n", "\nContent-Disposition: attachment\n\n")
    assert read(multipart(TEXT + "x", page + "y")).attachments[0].name == "letter.html"
