import re
import time
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailapp.smtp.data import DataScanner

END = b"\r\n.\r\n"
# Bytes that matter to the scanner, and one that does not.
wire_bytes = st.lists(st.sampled_from([b"\r", b"\n", b".", b"a", b"\r\n", b"\r\n.", b".."]), max_size=40).map(b"".join)


def reference(wire: bytes) -> tuple[bytes, bytes | None]:
    """The whole at once, line by line."""
    end = (b"\r\n" + wire).find(END)
    body, rest = (wire, None) if end < 0 else (wire[:end], wire[end + 3 :])
    lines = body.split(b"\r\n")
    unstuffed = [re.sub(rb"\A\.(?!\Z|[\r\n])", b"", line) for line in lines]
    return b"\r\n".join(unstuffed), rest


def scan(chunks: list[bytes]) -> tuple[bytes, bytes | None]:
    scanner = DataScanner()
    content = b""
    for number, chunk in enumerate(chunks):
        part, rest = scanner.feed(chunk)
        content += part
        if rest is not None:
            return content, rest + b"".join(chunks[number + 1 :])
    return content, None


def split(data: bytes, cuts: list[int]) -> list[bytes]:
    places = [0, *sorted(cut % (len(data) + 1) for cut in cuts), len(data)]
    return [data[a:b] for a, b in pairwise(places)]


@settings(max_examples=200)
@given(wire_bytes, wire_bytes, st.lists(st.integers(0, 1000), max_size=8))
def test_any_chunking_gives_the_same_content_and_the_same_rest(body, after, cuts):
    wire = body + END + after
    assert scan(split(wire, cuts)) == reference(wire)
    assert scan([wire[i : i + 1] for i in range(len(wire))]) == reference(wire)


@given(wire_bytes)
def test_what_a_sender_stuffed_comes_out_as_it_was(content):
    lines = content.split(b"\r\n")
    wire = b"\r\n".join(b"." + line if line.startswith(b".") else line for line in lines)
    assert scan([wire + b"\r\n.\r\n"]) == (content + b"\r\n", b"")


@pytest.mark.parametrize("cut", range(len(b"hello\r\n.\r\nQUIT\r\n") + 1))
def test_the_end_is_found_wherever_a_chunk_breaks_it(cut):
    wire = b"hello\r\n.\r\nQUIT\r\n"
    assert scan([wire[:cut], wire[cut:]]) == (b"hello\r\n", b"QUIT\r\n")


def test_a_lone_dot_at_the_very_start_is_an_empty_message():
    assert scan([b".\r\n"]) == (b"", b"")
    assert scan([b".", b"\r", b"\nNOOP"]) == (b"", b"NOOP")


@pytest.mark.parametrize(
    ("wire", "content"),
    [
        (b"..", b"."),
        (b"..x\r\n..", b".x\r\n."),
        (b"...", b".."),
        (b".x", b"x"),
        (b"a..b\r\n c..", b"a..b\r\n c.."),
        (b"a\n..b", b"a\n..b"),
    ],
)
def test_dots_are_unstuffed_at_the_start_of_lines_only(wire, content):
    assert scan([wire + END]) == (content + b"\r\n", b"")


@pytest.mark.parametrize("false_end", [b"\n.\n", b"\n.\r\n", b"\r.\r", b"\r\n.\n", b"\r\n.\r"])
def test_false_ends_of_data_are_content_byte_for_byte(false_end):
    wire = b"one" + false_end + b"MAIL FROM:<x@y>\r\n" + b"two"
    assert scan([wire + END]) == (wire + b"\r\n", b"")


def test_a_message_of_nothing_but_stuffed_dots_costs_no_more_than_its_size():
    scanner = DataScanner()
    chunk = b"\r\n.." * 16_384
    begun = time.process_time()
    for _ in range(16):
        scanner.feed(chunk)
    assert time.process_time() - begun < 2.0
