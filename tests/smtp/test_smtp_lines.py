import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailapp.smtp.lines import CommandLines, LineTooLong
from mailapp.smtp.replies import one_line, printable, with_status


def test_lines_come_out_one_by_one_without_their_ends():
    lines = CommandLines(100, 1000)
    lines.feed(b"NOOP\r\nQUIT\nMA")
    assert [lines.take(), lines.take(), lines.take()] == [b"NOOP", b"QUIT", None]
    lines.feed(b"IL\r\n")
    assert lines.take() == b"MAIL"
    assert len(lines) == 0


def test_a_line_at_the_limit_passes_and_one_byte_more_does_not():
    lines = CommandLines(10, 1000)
    lines.feed(b"12345678\r\n123456789\r\nNOOP\r\n")
    assert lines.take() == b"12345678"
    with pytest.raises(LineTooLong) as caught:
        lines.take()
    assert not caught.value.endless
    assert lines.take() == b"NOOP"


def test_a_line_without_end_is_dropped_as_it_comes_and_reported_at_its_bound():
    lines = CommandLines(10, 1000)
    for _ in range(10):
        lines.feed(b"x" * 100)
        assert lines.take() is None
        assert len(lines) <= 10
    lines.feed(b"x" * 11)
    with pytest.raises(LineTooLong) as caught:
        lines.take()
    assert caught.value.endless


def test_an_overlong_line_is_reported_once_its_end_comes():
    lines = CommandLines(10, 1000)
    lines.feed(b"x" * 50)
    assert lines.take() is None
    lines.feed(b"tail\r\nNOOP\r\n")
    with pytest.raises(LineTooLong):
        lines.take()
    assert lines.take() == b"NOOP"


@given(st.binary(max_size=200), st.integers(1, 7))
def test_chunking_makes_no_difference_to_lines(data, size):
    def read(pieces):
        lines = CommandLines(500, 1000)
        out = []
        for piece in pieces:
            lines.feed(piece)
            while (line := lines.take()) is not None:
                out.append(line)
        return out, lines.take_all()

    assert read([data]) == read([data[i : i + size] for i in range(0, len(data), size)])


def test_replies_of_others_are_made_sendable():
    assert one_line("550 5.1.1 no\r\n250 ok\x00é") == "550 5.1.1 no??250 ok??"
    assert with_status("503 Error: nested MAIL command") == "503 5.5.1 Error: nested MAIL command"
    assert printable("mail\x00\udcff.example") == "mail??.example"
    assert printable("邮件.example") == "邮件.example"
    assert len(printable("x" * 1000)) == 255
