"""Which address a message came for, as somebody asks for it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailapp.mail.addressees import Reach, header_recipients, is_named
from mailapp.mail.content import MemoryContent


@pytest.mark.parametrize(
    ("wanted", "address", "named"),
    [
        ("shop@a.example", "shop@a.example", True),
        ("shop@a.example", "shop+sale@a.example", True),
        ("shop+sale@a.example", "shop+sale@a.example", True),
        ("shop+sale@a.example", "shop@a.example", False),
        ("shop+sale@a.example", "shop+sales@a.example", False),
        ("shop@a.example", "shop@b.example", False),
        ("shop@a.example", "myshop@a.example", False),
        ("shop@a.example", "shop@a.example.org", False),
        ("+@a.example", "+@a.example", True),
    ],
)
def test_an_address_without_a_tag_stands_for_all_its_tags(wanted: str, address: str, named: bool) -> None:
    assert is_named(wanted, address) is named


def test_a_limit_admits_by_the_envelope_and_an_address_is_named_by_anything() -> None:
    reach = Reach(("shop@a.example",), "me@elsewhere.example")
    assert reach.admits(("x@a.example", "shop+1@a.example"))
    assert not reach.admits(("me@elsewhere.example",))
    assert not reach.admits(())
    assert reach.names(("me@elsewhere.example",))
    assert not reach.names(("shop@a.example",))
    assert (Reach().admits(()), Reach().names(()), Reach().is_open) == (True, True, True)


def test_the_header_names_who_forwarded_mail_was_for() -> None:
    letter = (
        b"Delivered-To: Me@Elsewhere.Example\r\nX-Original-To: <orig@a.example>\r\nX-Forwarded-To: f@a.example\r\n"
        b"To: =?utf-8?q?Shop?= <Shop+News@A.Example>, other@b.example\r\nCc: cc@a.example\r\n\r\nTo: body@a.example\r\n"
    )
    assert header_recipients(MemoryContent(letter)) == {
        "me@elsewhere.example", "orig@a.example", "f@a.example", "shop+news@a.example", "other@b.example",
    }  # fmt: skip


@given(st.binary(max_size=600))
def test_no_header_makes_it_raise(data: bytes) -> None:
    assert isinstance(header_recipients(MemoryContent(b"To: " + data)), frozenset)
