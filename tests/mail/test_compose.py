"""What a message looks like on the wire."""

import tracemalloc
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest

from mailapp.mail.compose import compose, encoded_size
from mailapp.mail.content import MemoryContent
from mailapp.mail.message import Message, Person
from mailapp.mail.parser import decoded, parse
from tests.mail.letters import DATE, check_wire, file, letter, wire_of
from tests.mail.support import read

NASTY = "x\r\nBcc: evil@else.example\r\n\r\nbody\n\r\0\x0b\x85\u2028y"


def _read(data: bytes) -> Message:
    return parse(MemoryContent(data))


def test_a_plain_letter_is_readable_as_it_is() -> None:
    assert wire_of(letter(text="Hello\n\n.\n-- \nAnn\n")).decode() == (
        "Date: Mon, 23 Nov 2026 08:30:05 +0800\r\n"
        "From: Ann <ann@home.example>\r\n"
        "To: bob@else.example\r\n"
        "Subject: Hi\r\n"
        "Message-ID: <1.2@home.example>\r\n"
        "MIME-Version: 1.0\r\n"
        "Content-Type: text/plain; charset=utf-8\r\n"
        "Content-Transfer-Encoding: 7bit\r\n"
        "\r\n"
        "Hello\r\n\r\n.\r\n-- \r\nAnn\r\n"
    )


@pytest.mark.parametrize("field", ["subject", "text", "html", "message_id", "in_reply_to", "auto"])
def test_no_field_begins_another(field: str) -> None:
    names = check_wire(wire_of(letter(**{"text": "Hello", field: NASTY})) if field != "message_id" else _with_id())
    assert "evil" not in names


def _with_id() -> bytes:
    data = wire_of(letter(message_id=NASTY))
    assert b"Message-ID" not in data  # better none than one that is broken
    return data.replace(b"MIME-Version", b"Message-ID: <x@y>\r\nMIME-Version", 1)


@pytest.mark.parametrize(
    "address", ["a@b.example>\r\nBcc: <evil@else.example", "a b@c.example", '"a,b"@c.example', "\0@\r\n"]
)
def test_no_address_begins_another(address: str) -> None:
    people = (Person(NASTY, address), Person("Bob", "bob@else.example"))
    data = wire_of(letter(from_=Person("Ann", "ann@home.example"), to=people, cc=people))
    check_wire(data)
    assert [one.address for one in _read(data).to][-1] == "bob@else.example"
    assert len(_read(data).to) <= 2


def test_fields_of_the_caller_cannot_take_the_place_of_ours() -> None:
    extra = (
        ("Bcc", "x@y"),
        ("Subject", "no"),
        ("Content-Type", "x/y"),
        ("Resent-Bcc", "x@y"),
        ("X A", "b"),
        ("X-Note", NASTY),
    )
    data = wire_of(letter(extra=(*extra, ("List-Unsubscribe", f"<https://home.example/{'u' * 200}>"))))
    names = check_wire(data)
    assert "x-note" in names
    assert names.count("content-type") == 1
    assert f"<https://home.example/{'u' * 200}>".encode() in data
    assert _read(data).subject == "Hi"


def test_nobody_named_is_said_in_the_usual_words() -> None:
    assert b"To: undisclosed-recipients:;\r\n" in wire_of(letter(to=()))
    assert _read(wire_of(letter(to=()))).to == ()


def test_dates_keep_the_zone_of_the_writer() -> None:
    west = datetime(2026, 1, 2, 3, 4, 5, tzinfo=timezone(timedelta(hours=-3, minutes=-30)))
    assert b"Date: Fri, 02 Jan 2026 03:04:05 -0330\r\n" in wire_of(letter(date=west))
    assert b" +0000\r\n" in wire_of(letter(date=west.astimezone(UTC)))


def test_an_answer_names_what_it_answers() -> None:
    ids = tuple(f"{number}{'x' * 30}@else.example" for number in range(30))
    data = wire_of(letter(in_reply_to=ids[-1], references=(*ids, "not one\r\n", "ü@x", "")))
    check_wire(data)
    assert _read(data).in_reply_to == (ids[-1],)
    assert _read(data).references == ids


@pytest.mark.parametrize(
    "text",
    [
        "word " * 300, "x" * 5_000, "你好" * 1_000, "你好\n" * 300, "From here\nFrom there\n> From",
        "tab\t\nblank \nend", "é" * 3 + " mostly ascii" * 50 + "\nFrom é" + " x" * 70,
        "\n\n\nlate", "a\r\nb\rc", "\x07bell \x1b[31m",
        "--=_a_\n--",
        "😀" * 100, "=" * 200, "only\u2028separators\u0085here",
    ],
)  # fmt: skip
def test_text_arrives_as_it_was_written(text: str) -> None:
    for outgoing in (letter(text=text), letter(text=text, html=f"<pre>{text}</pre>", attachments=(file(),))):
        data = wire_of(outgoing)
        check_wire(data)
        assert max(map(len, data.split(b"\r\n"))) <= 78
        assert b"\nFrom " not in data.partition(b"\r\n\r\n")[2]
        wanted = text.replace("\r\n", "\n").replace("\r", "\n")
        assert _read(data).text.rstrip("\n") == wanted.rstrip("\n")


def test_html_always_has_a_text_beside_it() -> None:
    message = _read(wire_of(letter(text="", html="<p>Hello</p><p>Bob</p>")))
    assert message.text == "Hello\n\nBob"
    assert message.html == "<p>Hello</p><p>Bob</p>"


def test_pictures_stand_in_the_html_and_files_beside_it() -> None:
    files = (
        file("p.png", b"png", "image/png", "p1@home"),
        file("r.pdf", b"pdf"),
        file("q.png", b"q", "image/png", "other"),
    )
    data = wire_of(letter(html='<img src="cid:p1@home">', attachments=files))
    check_wire(data)
    found = _read(data).attachments
    assert [(one.name, one.inline, one.content_id) for one in found] == [
        ("p.png", True, "p1@home"), ("r.pdf", False, ""), ("q.png", False, ""),
    ]  # fmt: skip
    assert data.index(b"multipart/mixed") < data.index(b"multipart/alternative") < data.index(b"multipart/related")
    assert b"multipart/related" not in wire_of(letter(text="only text", attachments=files))


@pytest.mark.parametrize(
    "name",
    ["报告.pdf", "a" * 170 + ".pdf", "报" * 170 + ".pdf", 'it\'s 100% "x".pdf', "../../etc/passwd", "\r\nBcc: x", ""],
)
def test_file_names_arrive_without_paths_and_line_ends(name: str) -> None:
    data = wire_of(letter(attachments=(file(name),)))
    check_wire(data)
    wanted = {
        "../../etc/passwd": "passwd",
        "": "attachment",
        "\r\nBcc: x": "Bcc_ x",
        'it\'s 100% "x".pdf': "it's 100% _x_.pdf",
    }
    assert _read(data).attachments[0].name == wanted.get(name, name)


@pytest.mark.parametrize("kind", ["message/rfc822", "multipart/mixed", "x", "text/plain\r\nBcc: x", "", "a/b/c", "é/x"])
def test_types_that_base64_cannot_carry_become_bytes(kind: str) -> None:
    data = wire_of(letter(attachments=(file("a.eml", b"x" * 100, kind),)))
    check_wire(data)
    assert b"Content-Type: application/octet-stream" in data
    assert _read(data).attachments[0].name == "a.eml"


def test_addresses_beyond_ascii_stay_as_they_are() -> None:
    data = wire_of(letter(from_=Person("张三", "张三@例子.测试"), to=(Person("", "Bob@例子.测试"),)))
    assert _read(data).from_ == (Person("张三", "张三@xn--fsqu00a.xn--0zwm56d"),)
    assert _read(data).to == (Person("", "Bob@xn--fsqu00a.xn--0zwm56d"),)


def test_the_same_message_is_written_the_same_way() -> None:
    outgoing = letter(html="<b>x</b>", attachments=(file(),))
    assert wire_of(outgoing) == wire_of(outgoing)
    assert wire_of(outgoing) != wire_of(replace(outgoing, message_id="other@home.example"))


def test_a_boundary_stands_nowhere_in_the_text() -> None:
    outgoing = letter(html="<b>x</b>")
    boundary = wire_of(outgoing).split(b'boundary="')[1].split(b'"')[0].decode()
    trap = letter(text=f"--{boundary}--\n--{boundary}\n\nHello", html="<b>x</b>")
    assert _read(wire_of(trap)).text == trap.text


class _Endless:
    """Content that is never in memory as a whole."""

    def __init__(self, size: int) -> None:
        self.size = size

    def read(self, offset: int, length: int) -> bytes:
        return b"\xa5" * max(0, min(length, 10_007, self.size - offset))


def test_large_files_are_encoded_as_they_are_read() -> None:
    outgoing = letter(attachments=(replace(file(), content=_Endless(8_000_000)),))
    tracemalloc.start()
    sizes = [len(piece) for piece in compose(outgoing)]
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert max(sizes) < 200_000
    assert peak < 2_000_000
    assert 0 <= sum(sizes) - encoded_size(8_000_000) < 1_500


@pytest.mark.parametrize("size", [0, 1, 56, 57, 58, 58_367, 58_368, 58_369, 200_000])
def test_the_size_of_an_attachment_is_known_before_it_is_encoded(size: int) -> None:
    empty = len(wire_of(letter(attachments=(file(data=b""),))))
    data = wire_of(letter(attachments=(file(data=bytes(size)),)))
    assert abs(len(data) - empty - encoded_size(size)) <= 2
    content = MemoryContent(data)
    assert b"".join(decoded(content, parse(content).attachments[0])) == bytes(size)


def test_names_that_are_no_atoms_are_quoted() -> None:
    people = (Person("Doe, John", "j@b.example"), Person('Say "hi" \\o/', "h@b.example"), Person("=?x?", "q@b.example"))
    data = wire_of(letter(to=people))
    check_wire(data)
    assert b'"Doe, John" <j@b.example>' in data
    assert _read(data).to == people
    assert read(f"To: {data.split(b'To: ')[1].splitlines()[0].decode()}\n\n").to[0] == people[0]
    assert wire_of(letter(date=DATE)) == wire_of(letter())
