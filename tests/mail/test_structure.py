"""The two ways to split a multipart come to the same."""

from dataclasses import astuple

from hypothesis import given
from hypothesis import strategies as st

from mailapp.mail import structure
from mailapp.mail.content import MemoryContent
from mailapp.mail.limits import DEFAULT
from mailapp.mail.node import Node

PIECES = st.sampled_from(
    (
        b"--b", b"--b--", b"--bc", b"--b \t", b"-", b"\r\n", b"\n", b"\r", b"\r\n\r\n", b"\n\n", b" ", b"x", b"letter",
        b"Content-Type: text/html; charset=utf-8", b"Content-Type: multipart/mixed; boundary=c", b"--c", b"--c--",
        b"Content-Type: message/rfc822", b"Content-Transfer-Encoding: base64", b"X: " + b"y" * 3_000, b" " * 700,
    )
)  # fmt: skip
PART = b"--b\r\nContent-Type: text/html\r\n\r\n"


def split(body: bytes, kind: str = "multipart/mixed", *, plain: bool) -> object:
    """The parts of a multipart as tuples; None where the plain way does not take it."""
    content, root = MemoryContent(b"H: x\r\n\r\n" + body), Node(kind, {"boundary": "b"}, start=8)
    if plain:
        if not structure._split_plain(content, root, DEFAULT):
            return None if root.children == [] else "left something behind"
    else:
        structure._Splitter(content, root, DEFAULT).run()
    return [astuple(each) for each in root.children]


@given(st.lists(PIECES, max_size=12).map(b"".join), st.sampled_from(("multipart/mixed", "multipart/digest")))
def test_what_is_split_the_plain_way_is_split_like_all_else(body: bytes, kind: str) -> None:
    found = split(body, kind, plain=True)
    assert found is None or found == split(body, kind, plain=False)


@given(st.lists(PIECES, max_size=5).map(b"".join), st.lists(PIECES, max_size=5).map(b"".join))
def test_two_parts_whatever_is_in_them(one: bytes, other: bytes) -> None:
    body = PART + one + b"\r\n" + PART + other + b"\r\n--b--\r\n"
    found = split(body, plain=True)
    assert found is None or found == split(body, plain=False)


def test_usual_mail_is_split_the_plain_way() -> None:
    assert split(PART + b"one\r\n" + PART + b"two\n--b--\r\nepilogue", plain=True)
    assert split(b"preamble\r\n--b\r\n\r\none\r\n--b--", plain=True)


def test_what_is_odd_is_not() -> None:
    assert split(PART + b"no end\r\n", plain=True) is None
    assert split(PART + b"one\r\n--b--\r\n" + PART + b"more\r\n--b--\r\n", plain=True) is None
    assert split(PART + b"one\r\n--b\r\nContent-Type: multipart/mixed\r\n\r\n\r\n--b--", plain=True) is None
    assert split(PART + b"one\r\n--b--", "multipart/digest", plain=True) is None
