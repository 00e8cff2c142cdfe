"""The generated mail is what the figures claim it to be."""

import email
import email.policy
from random import Random

import pytest

from bench import mailgen


@pytest.mark.parametrize("kind", ["4k", "100k", "mixed"])
def test_the_same_seed_makes_the_same_mail(kind: str) -> None:
    assert mailgen.pool(kind, seed=3, count=6) == mailgen.pool(kind, seed=3, count=6)
    assert mailgen.pool(kind, seed=3, count=6) != mailgen.pool(kind, seed=4, count=6)


@pytest.mark.parametrize(("kind", "size"), mailgen.SIZES.items())
def test_sizes_are_within_five_per_cent(kind: str, size: int) -> None:
    for content in mailgen.pool(kind, count=12):
        assert abs(len(content) - size) < size * 0.05


@pytest.mark.parametrize("kind", ["4k", "100k", "mixed"])
def test_content_goes_on_the_wire_as_it_is(kind: str) -> None:
    for content in mailgen.pool(kind, count=12):
        assert content.endswith(b"\r\n")
        assert b"\r\n." not in content
        assert content.count(b"\n") == content.count(b"\r\n") == content.count(b"\r")
        assert max(map(len, content.split(b"\r\n"))) <= 998  # RFC 5322 2.1.1
        assert mailgen.PLACEHOLDER in content
        assert not email.message_from_bytes(content, policy=email.policy.default).defects


def test_a_letter_of_100_kb_has_text_html_and_an_attachment() -> None:
    message = email.message_from_bytes(mailgen.large(Random(1)), policy=email.policy.default)
    assert [part.get_content_type() for part in message.walk()] == [
        "multipart/mixed",
        "multipart/alternative",
        "text/plain",
        "text/html",
        "application/pdf",
    ]
    html = message.get_body(("html",))
    assert html is not None
    assert 15_000 < len(html.get_content().encode()) < 35_000
    (attachment,) = message.iter_attachments()
    assert attachment.get_filename() == "第三季度报告.pdf"


def test_numbers_keep_the_size() -> None:
    assert len(mailgen.tag(0)) == len(mailgen.tag(10**12 - 1)) == len(mailgen.PLACEHOLDER)


@pytest.mark.parametrize("make", [mailgen.big_attachment, mailgen.big_html])
def test_large_mail_is_streamed_in_small_pieces(make: object) -> None:
    assert callable(make)
    pieces = list(make(5, size=1024 * 1024))
    assert max(map(len, pieces)) < 100_000
    assert sum(map(len, pieces)) > 1_000_000
    assert mailgen.tag(5) in pieces[0]
    assert pieces[-1].endswith(b"\r\n")
