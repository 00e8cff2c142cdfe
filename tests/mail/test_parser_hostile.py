"""No bytes make the parser raise, and no bytes make it slow."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailapp.mail.address import fold, parse_addresses
from mailapp.mail.content import MemoryContent
from mailapp.mail.linkify import letter_html
from mailapp.mail.message import Message
from mailapp.mail.parser import decoded, parse
from mailapp.mail.preview import html_to_text, preview

MIXED = b"Content-Type: multipart/mixed; boundary=b\r\n\r\n"
NESTED = b"".join(b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n) for n in range(50_000))
HOSTILE = {
    "50,000 parts": MIXED + b"--b\r\n\r\nx\r\n" * 50_000,
    "50,000 deep": NESTED,
    "one boundary, 50,000 deep": b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n" * 50_000,
    "a header line of 10 MB": b"Subject: " + b"a" * 10_000_000 + b"\r\n\r\nbody",
    "a row of encoded words": b"Subject: " + b"=?utf-8?q?a?= " * 700_000 + b"\r\n\r\nbody",
    "unfinished encoded words": b"Subject: " + b"=?a?q?" * 43_000 + b"\r\n\r\nbody",
    "100,000 fields": b"X-A: y\r\n" * 100_000 + b"\r\nbody",
    "lines like delimiters": MIXED + b"--\n" * 1_000_000,
    "a boundary of one character": b'Content-Type: multipart/mixed; boundary="-"\r\n\r\n' + b"\n---x" * 500_000,
    "100,000 sections of a name": b"Content-Type: a/b;" + b"".join(b" name*%d*=%%41;" % n for n in range(100_000)),
    "open quotes": b"Content-Type: text/plain" + b'; a="' * 60_000 + b"\r\n\r\nx",
    "100,000 addresses": b"To: " + b"a@b.c, " * 100_000 + b"\r\n\r\nx",
    "nested comments": b"To: " + b"(" * 200_000 + b"\r\n\r\nx",
    "angle brackets": b"To: " + b"<" * 200_000 + b"\r\n\r\nx",
    "400,000 nested div": b"Content-Type: text/html\r\n\r\n" + b"<div>" * 400_000,
    "less-than signs": b"Content-Type: text/html\r\n\r\n" + b"<" * 2_000_000,
    "open attributes": b"Content-Type: text/html\r\n\r\n" + b'<a b="' * 300_000,
    "open comments": b"Content-Type: text/html\r\n\r\n" + b"<!--" * 500_000,
    "padding only": b"Content-Transfer-Encoding: base64\r\n\r\n" + b"A=" * 1_000_000,
    "a preview of repeated boilerplate": b"\r\n" + b"if you can't " * 400,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_structures_are_read_in_bounded_time(name: str) -> None:
    began = time.process_time()
    message = parse(MemoryContent(HOSTILE[name]))
    assert time.process_time() - began < 2.0
    assert len(message.attachments) <= 500
    assert len(message.to) <= 1000
    assert len(message.headers) <= 1000


def _texts(message: Message) -> list[str]:
    people = (*message.from_, *message.sender, *message.reply_to, *message.to, *message.cc)
    return [
        message.subject, message.message_id, message.text, message.html, message.preview,
        *message.in_reply_to, *message.references, *(p.name for p in people), *(p.address for p in people),
        *(text for field in message.headers for text in field),
        *(text for part in message.attachments for text in (part.name, part.content_type, part.content_id)),
        *(part.charset + part.encoding for part in message.attachments),
    ]  # fmt: skip


def _check(data: bytes) -> None:
    content = MemoryContent(data)
    message = parse(content)
    for text in _texts(message):
        text.encode("utf-8")
        assert "\0" not in text
    for part in message.attachments:
        assert 0 <= part.start <= part.end <= content.size
        for piece in decoded(content, part):
            assert len(piece) <= 300_000


@given(st.binary(max_size=2000))
def test_no_bytes_make_it_raise(data: bytes) -> None:
    _check(data)


PIECES = st.sampled_from(
    [
        b"Subject: ", b"From: ", b"To: ", b"Date: ", b"References: ", b"Content-Type: ", b"Content-Disposition: ",
        b"Content-Transfer-Encoding: ", b"multipart/mixed; boundary=b", b"multipart/alternative; boundary=\"bb\"",
        b"multipart/related; boundary=c", b"message/rfc822", b"text/html; charset=utf-7", b"text/plain; charset=gb2312",
        b"attachment; filename*0*=utf-16''%00", b"; name=\"", b"base64", b"quoted-printable", b"\r\n", b"\r\n\r\n",
        b"\n", b"\n\n", b"--b", b"--bb", b"--c", b"--b--", b"--", b" ", b"\t", b"=?utf-8?B?", b"=?gbk?q?=B7?=", b"?=",
        b"\xb7\xa2", b"\xff\xfe", b"\x00", b"\xed\xa0\x80", b"<a@b>", b"\"", b"(", b",", b";", b"=", b"+2AA-", b"<p>",
        b"<!--", b"&#xd800;", b"<img src=cid:x>",
    ]
)  # fmt: skip


@settings(max_examples=400, deadline=None)
@given(st.lists(PIECES | st.binary(max_size=8), max_size=60))
def test_no_shuffled_mail_makes_it_raise(pieces: list[bytes]) -> None:
    _check(b"".join(pieces))


@given(st.text(max_size=300))
def test_text_functions_never_raise(text: str) -> None:
    for function in (html_to_text, preview, letter_html, fold):
        function(text)
    parse_addresses(text)
    assert len(preview(text)) <= 200
