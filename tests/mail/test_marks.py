"""Hits are marked where the index finds them, and marking never changes what a text says."""

import re
from html import unescape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailapp.mail import marks
from mailapp.mail.marks import Marker, mark_html, marked, snippet
from mailapp.mail.query_tree import Text


def shown(text: str, *wanted: str, exact: bool = False) -> str:
    marker = Marker(Text("", each, exact) for each in wanted)
    return marked(text, marker.ranges(text, "body"))


@pytest.mark.parametrize(
    ("text", "word", "result"),
    [
        ("电子發票", "发票", "电子<mark>發票</mark>"),
        ("Invoices", "inv", "<mark>Inv</mark>oices"),
        ("reinvent", "inv", "reinvent"),
        ("发inv", "inv", "发<mark>inv</mark>"),
        ("ＡＢＣ１２", "abc12", "<mark>ＡＢＣ１２</mark>"),
        ("Café", "cafe", "<mark>Café</mark>"),
        ("Die Hauptstraße.", "hauptstrasse", "Die <mark>Hauptstraße</mark>."),
        ("STRASSE", "straße", "<mark>STRASSE</mark>"),
        ("Ærø Łódź", "lodz", "Ærø <mark>Łódź</mark>"),
        ("Счёт №5", "счет", "<mark>Счёт</mark> №5"),
        ("Йогурт", "йог", "<mark>Йог</mark>урт"),
        ("Αθήνα", "ΑΘΗΝΑ", "<mark>Αθήνα</mark>"),
        ("شُكْرًا لك", "شكرا", "<mark>شُكْرًا</mark> لك"),
        ("ใบแจ้งหนี้ไทย", "แจ้งหนี้", "ใบ<mark>แจ้งหนี้</mark>ไทย"),
        ("48-29 13", "48 29", "<mark>48-29</mark> 13"),
        ("发，票", "发票", "<mark>发，票</mark>"),
        ("<b>发票</b>", "发票", "&lt;b&gt;<mark>发票</mark>&lt;/b&gt;"),
    ],
)
def test_it_is_marked(text: str, word: str, result: str) -> None:
    assert shown(text, word) == result


def test_a_quoted_word_is_marked_whole_only() -> None:
    assert shown("invoice invoices", "invoice", exact=True) == "<mark>invoice</mark> invoices"


def test_html_is_marked_in_its_text_only_and_across_inline_elements() -> None:
    marker = Marker([Text("", "发票")])
    html = '<p title="发票 > x">发<b>票</b>&lt;</p><p>发</p><img alt="发票">'
    assert mark_html(html, marker) == (
        '<p title="发票 > x"><mark>发</mark><b><mark>票</mark></b>&lt;</p><p>发</p><img alt="发票">'
    )


PIECES = ["发", "票", "<b>", "</b>", "<p>", '<a href="发票">', "&amp;", "&nbsp;", "inv", " ", "&lt;发票&gt;", "x", "é"]


@given(st.lists(st.sampled_from(PIECES), max_size=20).map("".join))
def test_without_its_marks_html_is_what_it_was(html: str) -> None:
    result = mark_html(html, Marker([Text("", "发票"), Text("", "inv")]))
    assert unescape(re.sub("</?mark>", "", result)) == unescape(html)
    assert re.findall("<(?!/?mark)[^>]*>", result) == re.findall("<[^>]*>", html)


@given(st.text(max_size=60), st.text(min_size=1, max_size=6))
def test_marking_never_fails_nor_changes_the_text(text: str, word: str) -> None:
    assert unescape(re.sub("</?mark>", "", shown(text.replace("<mark>", ""), word))) == text.replace("<mark>", "")


@given(
    st.lists(st.text("发票發é aAbİ1-。_\n麒麟", max_size=30), max_size=6),
    st.text("发票éab1 麟", min_size=1, max_size=4),
)
def test_texts_looked_at_together_are_marked_as_each_alone(texts: list[str], word: str) -> None:
    marker = Marker([Text("", word)])
    assert marker.ranges_of(texts, "body") == [marker.ranges(each, "body") for each in texts]
    assert marker.ranges_of(texts, "body", 1) == [marker.ranges(each, "body", 1) for each in texts]


@pytest.mark.parametrize(
    ("letter", "word", "first"), [("Wo INVOICE 7", "inv", 3), ("来 了 麒 麟", "麒麟", 4), ("a", "b", -1)]
)
def test_the_first_hit_in_index_words_is_found_whatever_its_case(letter: str, word: str, first: int) -> None:
    assert Marker([Text("", word)]).first_in_words(letter, "body") == first


def test_a_snippet_begins_shortly_before_its_hit() -> None:
    text = "开头。" * 100 + "取件码在此" + "。" * 300
    marker = Marker([Text("", "取件码")])
    around = snippet(text, marker.ranges(text, "body"), 140)
    assert around.startswith("…")
    assert around.endswith("…")
    assert 0 < around.index("取件码") < 20


def test_what_is_folded_in_the_short_way_is_folded_like_all_else_but_for_punctuation() -> None:
    for one in map(chr, range(0x10000)):
        if marks._ONLY_CASE.fullmatch(one):
            short, long = marks._folded(one), one.translate(marks._FOLDED)
            assert short == long or not (short.isalnum() or long.isalnum()), one
