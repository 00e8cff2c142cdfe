"""Content goes into DATA in CRLF lines with its dots doubled, wherever the pieces are cut."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailapp.smtp.data import DataScanner
from mailapp.transport.stuffing import DotStuffer


def stuffed(*pieces: bytes) -> bytes:
    stuffer = DotStuffer()
    return b"".join(stuffer.feed(piece) for piece in pieces) + stuffer.finish()


@pytest.mark.parametrize(
    ("content", "wire"),
    [
        (b"", b".\r\n"),
        (b"a\r\n", b"a\r\n.\r\n"),
        (b"a", b"a\r\n.\r\n"),
        (b".", b"..\r\n.\r\n"),
        (b".\r\n", b"..\r\n.\r\n"),
        (b"a\r\n.b\r\n..\r\n", b"a\r\n..b\r\n...\r\n.\r\n"),
        (b"a\n.\nb", b"a\r\n..\r\nb\r\n.\r\n"),
        (b"a\r.\rb", b"a\r\n..\r\nb\r\n.\r\n"),
        (b"a\r", b"a\r\n.\r\n"),
        (b"\r", b"\r\n.\r\n"),
        (b"\n\r", b"\r\n\r\n.\r\n"),
    ],
)
def test_lines_end_in_crlf_and_dots_are_doubled(content: bytes, wire: bytes) -> None:
    assert stuffed(content) == wire


@pytest.mark.parametrize("end", [b"\n.\n", b"\n.\r\n", b"\r.\r", b"\r\n.\n", b"\r\n.\r", b"\r.\r\n", b"\r\n.\r\n"])
def test_no_false_end_leaves_so_nothing_can_be_smuggled_behind_it(end: bytes) -> None:
    wire = stuffed(b"first" + end + b"MAIL FROM:<evil@example>\r\n")

    assert wire.count(b"\r\n.\r\n") == 1
    assert wire.endswith(b"\r\n.\r\n")
    assert not re.search(rb"(?<!\r)\n|\r(?!\n)", wire)


_PIECES = st.lists(
    st.lists(st.sampled_from([b"\r\n", b"\r", b"\n", b".", b"a", b"..", b"\r\n."])).map(b"".join), max_size=8
)


@given(_PIECES)
def test_where_the_pieces_are_cut_makes_no_difference(pieces: list[bytes]) -> None:
    assert stuffed(*pieces) == stuffed(b"".join(pieces))


@given(_PIECES)
def test_a_receiver_gets_the_content_back(pieces: list[bytes]) -> None:
    content, rest = DataScanner().feed(stuffed(*pieces))

    expected = re.sub(rb"\r\n|\r|\n", b"\r\n", b"".join(pieces))
    if expected and not expected.endswith(b"\r\n"):
        expected += b"\r\n"
    assert content == expected
    assert rest == b""
