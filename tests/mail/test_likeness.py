"""The same message is known whatever a program made of its file; another one is not, whatever its Message-ID says."""

from hypothesis import given
from hypothesis import strategies as st

from mailapp.mail.likeness import HEADER_LONGEST, likeness

LETTER = (
    b"Message-ID: <1@x.example>\r\nFrom: a@x.example\r\nTo: b@x.example\r\nDate: Thu, 26 Nov 2026 10:00:00 +0800\r\n"
    b"Subject: =?utf-8?b?5L2g?=\r\n =?utf-8?b?5aW9?=\r\n\r\nHello\r\n\r\nFrom here on\r\n"
)


def of(data: bytes) -> bytes:
    return likeness([data])


def test_what_programs_do_to_a_file_does_not_count() -> None:
    for other in (
        LETTER.replace(b"\r\n", b"\n"),
        b"X-Gmail-Labels: Inbox\r\nReceived: from there\r\n" + LETTER,
        LETTER.replace(b"From here", b">From here"),
        LETTER + b"\r\n\n",
        LETTER.replace(b"=\r\n =", b"=\r\n\t="),
        LETTER.replace(b"Subject", b"SUBJECT"),
    ):
        assert of(other) == of(LETTER)


def test_what_a_message_says_counts() -> None:
    others = [
        LETTER.replace(b"Hello", b"Help"),
        LETTER.replace(b"a@x", b"z@x"),
        LETTER.replace(b"b@x", b"z@x"),
        LETTER.replace(b"10:00", b"10:01"),
        LETTER.replace(b"5aW9", b"5YaN"),
        LETTER.replace(b"Hello\r\n\r\n", b"Hello\r\n"),
        LETTER + b"\r\n--\r\nA list's footer\r\n",
        LETTER.partition(b"\r\n\r\n")[0],
    ]
    assert len({of(each) for each in (LETTER, *others)}) == len(others) + 1


@given(st.binary(max_size=400), st.lists(st.integers(1, 40), min_size=1))
def test_pieces_are_told_together_and_nothing_is_too_odd(data: bytes, sizes: list[int]) -> None:
    whole, pieces, at = LETTER + data.replace(b">", b""), [], 0
    while at < len(whole):
        size = sizes[len(pieces) % len(sizes)]
        pieces.append(whole[at : at + size])
        at += size
    assert likeness(pieces) == of(whole)
    assert of(data) == likeness(data[index : index + 1] for index in range(len(data)))


def test_a_header_without_end_counts_as_it_stands() -> None:
    endless = b"Subject: x\r\n" + b"X: y\r\n" * (HEADER_LONGEST // 6)
    assert of(endless) != of(endless + b"X: z")
