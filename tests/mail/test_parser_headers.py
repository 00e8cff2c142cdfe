"""Header fields of real and of broken mail."""

import pytest

from mailapp.mail.message import Person
from tests.mail.support import read, word


def subject(raw: bytes | str) -> str:
    data = raw.encode() if isinstance(raw, str) else raw
    return read(b"Subject: " + data + b"\r\nFrom: a@b.example\r\n\r\nhello\r\n").subject


def test_adjacent_encoded_words_are_joined() -> None:
    assert subject(f"{word('您的验证码')}\r\n {word('是 482913')}") == "您的验证码是 482913"


def test_an_encoded_word_cut_inside_a_character_is_whole_again() -> None:
    assert subject("=?utf-8?B?6aqM6K8=?= =?utf-8?B?geeggQ==?=") == "验证码"
    assert subject("=?UTF-8?Q?=E9=AA=8C=E8?=\r\n =?utf-8?Q?=AF=81?=") == "验证"


def test_plain_text_between_encoded_words_keeps_its_blanks() -> None:
    assert subject(f"Re: {word('发票')} for {word('张三')}!") == "Re: 发票 for 张三!"


def test_gb2312_that_is_gb18030_is_read() -> None:
    raw = b"=?gb2312?B?" + __import__("base64").b64encode("朱镕基 喆".encode("gb18030")) + b"?="
    assert subject(raw) == "朱镕基 喆"


@pytest.mark.parametrize("charset", ["utf-8", "gb18030", "gbk"])
def test_raw_eight_bit_subject_in_utf8_or_gbk_is_read(charset: str) -> None:
    assert subject("您的验证码，请查收".encode(charset)) == "您的验证码，请查收"


def test_raw_latin_subject_is_not_taken_for_chinese() -> None:
    assert subject("Café déjà vu".encode("latin-1")) == "Café déjà vu"


def test_raw_subject_follows_the_charset_the_message_declares() -> None:
    data = (
        b"Subject: " + "日本語の件名".encode("shift_jis") + b"\r\nContent-Type: text/plain; charset=Shift_JIS\r\n\r\nx"
    )
    assert read(data).subject == "日本語の件名"


def test_unknown_charsets_still_give_readable_text() -> None:
    assert subject("=?x-nobody-knows?Q?=E9=AA=8C=E8=AF=81?=") == "验证"
    assert subject("=?unicode_escape?Q?=5Cud800?=") == "\\ud800"


def test_broken_encoded_words_stay_as_they_came() -> None:
    assert subject("=?utf-8?Q?unfinished") == "=?utf-8?Q?unfinished"
    assert subject("=?utf-8?Q?a b?= c") == "a b c"


def test_broken_base64_in_an_encoded_word_gives_what_is_there() -> None:
    assert subject("=?utf-8?B?6aqM6K+B?= ok") == "验证 ok"
    assert subject("=?utf-8?B?6aqM6K+B6?=") == "验证"


def test_control_characters_and_nul_never_come_out() -> None:
    assert subject(b"a\x00b\x07c\td") == "abc d"
    assert "\0" not in read(b"Subject: =?utf-8?Q?a=00b?=\r\n\r\nx\x00y").text


def test_folded_headers_are_unfolded() -> None:
    assert subject("one\r\n two\r\n\tthree") == "one two three"


def test_a_message_without_any_header_is_all_body() -> None:
    message = read("Hello there\n\nsecond paragraph\n")
    assert message.text.startswith("Hello there")
    assert message.headers == ()


def test_a_message_that_begins_with_a_blank_line_has_no_headers() -> None:
    assert read("\nSubject: not one\n").text == "Subject: not one\n"


def test_empty_content_is_an_empty_message() -> None:
    assert read(b"").subject == ""
    assert read(b"\r\n").text == ""


def test_headers_without_a_body_are_read() -> None:
    assert read("Subject: only").subject == "only"


def test_a_body_without_its_blank_line_is_found() -> None:
    message = read("Subject: x\nFrom: a@b.example\nThis is the body\nand more\n")
    assert (message.subject, message.text) == ("x", "This is the body\nand more\n")


def test_junk_lines_between_fields_are_skipped() -> None:
    message = read("From mbox@x Mon Jan  1\nSubject: x\njunk without colon\nTo: c@d.example\n\nbody")
    assert (message.subject, message.to[0].address, message.text) == ("x", "c@d.example", "body")


def test_bare_line_feeds_end_lines_too() -> None:
    assert read(b"Subject: x\nTo: a@b.example\n\nbody\n").text == "body\n"


def test_the_first_of_two_subjects_counts_and_received_are_counted() -> None:
    message = read("Received: a\nReceived: b\nSubject: one\nSubject: two\n\n")
    assert (message.subject, message.received_count) == ("one", 2)


def test_all_headers_are_kept_decoded_and_in_order() -> None:
    message = read(f"X-B: 1\nSubject: {word('发票')}\nX-A: 2\n\n")
    assert message.headers == (("X-B", "1"), ("Subject", "发票"), ("X-A", "2"))


def test_message_ids_come_without_angle_brackets() -> None:
    message = read("Message-ID: <a@b>\nIn-Reply-To: <c@d>\nReferences: <e@f>\n <g@h> junk\n\n")
    assert (message.message_id, message.in_reply_to, message.references) == ("a@b", ("c@d",), ("e@f", "g@h"))


def test_at_most_a_hundred_references_are_kept_the_last_ones() -> None:
    message = read("References: " + " ".join(f"<{n}@x>" for n in range(150)) + "\n\n")
    assert len(message.references) == 100
    assert message.references[-1] == "149@x"


def test_a_bounce_without_sender_is_read() -> None:
    message = read("From: MAILER-DAEMON\nReturn-Path: <>\nTo: <>\nSubject: Undelivered\n\nSorry")
    assert message.from_ == (Person("", "MAILER-DAEMON"),)
    assert message.text == "Sorry"


@pytest.mark.parametrize(
    ("value", "ms"),
    [
        ("Thu, 01 Jan 1970 00:00:01 +0000", 1_000),
        ("Thu, 21 Nov 2024 10:00:00 +0800", 1_732_154_400_000),
        ("21 Nov 24 10:00 +0800 (CST)", 1_732_154_400_000),
        ("Thu, 21 Nov 2024 02:00:60 GMT", 1_732_154_459_000),
        ("Thu Nov 21 02:00:00 2024", 1_732_154_400_000),
        ("2024-11-21T10:00:00+08:00", 1_732_154_400_000),
        ("2024年11月21日 02:00", 1_732_154_400_000),
        ("Thu, 21-Nov-2024 02:00:00 UT", 1_732_154_400_000),
        ("Fri, 31 Dec 9999 23:59:59 -9999", 253_402_300_799_000),
        ("Thu, 99 Nov 2024 02:00:00 GMT", None),
        ("yesterday", None),
        ("", None),
    ],
)
def test_dates_as_they_come(value: str, ms: int | None) -> None:
    assert read(f"Date: {value}\n\n").date_ms == ms
