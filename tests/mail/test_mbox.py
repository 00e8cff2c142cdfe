"""mbox: what goes in comes out, whatever lines it holds and however it is cut into pieces."""

import mailbox
from email.utils import parsedate_to_datetime
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from mailapp.mail.content import MemoryContent
from mailapp.mail.mbox import Quoter, Unquoter, at_of, from_line, places

SOME = (b"From lin", b"From a Mon Jan  1 10:00:00 2024", b">From x", b">>From y", b"", b"text", b"\xff" * 1_500)
LINES = st.lists(st.sampled_from(SOME), max_size=12)


def _pieces(data: bytes, size: int) -> list[bytes]:
    return [data[at : at + size] for at in range(0, len(data), size)]


def _written(messages: list[bytes], size: int) -> bytes:
    out = b""
    for number, each in enumerate(messages):
        quoter = Quoter()
        out += from_line("lin@a.example", 1_700_000_000_000 + number * 1_000)
        out += b"".join(quoter.feed(piece) for piece in _pieces(each, size)) + quoter.close()
    return out


@given(st.lists(LINES, min_size=1, max_size=4), st.integers(1, 3_000), st.integers(1, 3_000))
def test_messages_come_out_as_they_went_in(texts: list[list[bytes]], first: int, second: int) -> None:
    messages = [b"Subject: x\r\n\r\n" + b"".join(line + b"\r\n" for line in lines) for lines in texts]
    data = _written(messages, first)
    content = MemoryContent(data)
    found = []
    for place in places(content):
        unquoter = Unquoter()
        fed = [unquoter.feed(piece) for piece in _pieces(content.read(place.start, place.end - place.start), second)]
        found.append(b"".join(fed) + unquoter.close())
    assert found == messages
    assert [at_of(place.line) for place in places(content)] == [
        1_700_000_000_000 + number * 1_000 for number in range(len(messages))
    ]


def test_another_program_reads_what_is_written(tmp_path: Path) -> None:
    (tmp_path / "m").write_bytes(_written([b"Subject: one\r\n\r\nFrom here\r\n", b"Subject: two\r\n\r\nx\r\n"], 7))
    held = list(mailbox.mbox(tmp_path / "m"))
    assert [each["Subject"] for each in held] == ["one", "two"]
    assert held[0].get_payload() == ">From here\n"
    assert held[0].get_from() == "lin@a.example Tue Nov 14 22:13:20 2023"


def test_what_is_no_mbox_has_no_messages_and_a_line_of_text_begins_none() -> None:
    assert list(places(MemoryContent(b""))) == []
    assert list(places(MemoryContent(b"Subject: x\n\nFrom a b 10:00\n"))) == []
    one = b"From lin@a.example Tue Nov 14 22:13:20 2023\nSubject: x\n\nFrom here on it goes\nFrom 10 to 12:00\n"
    assert len(list(places(MemoryContent(one)))) == 2  # the last has a clock time: nobody can tell


def test_a_window_that_ends_within_a_from_line_loses_nothing() -> None:
    for shift in range(8):
        filler = b"x" * (1_048_576 - 60 - shift)
        data = _written([b"Subject: x\r\n\r\n" + filler + b"\r\n", b"Subject: y\r\n\r\ny\r\n"], 65_536)
        assert len(list(places(MemoryContent(data)))) == 2


def test_times_of_other_programs_are_read() -> None:
    assert at_of(b"From 1791@xxx Mon Feb 19 21:07:26 +0000 2024") == int(
        parsedate_to_datetime("Mon, 19 Feb 2024 21:07:26 +0000").timestamp() * 1000
    )
    for line in (b"From x", b"From x Mon Foo 19 21:07:26 2024", b"From x Mon Feb 99 21:07:26 2024", b"\xff" * 400):
        assert at_of(line) == 0
