"""Attachments as one archive."""

import io
import zipfile
from email.message import EmailMessage

from hypothesis import given
from hypothesis import strategies as st

from mailapp.mail.archive import archive, entry_names
from mailapp.mail.content import MemoryContent
from mailapp.mail.parser import parse

STAMP = (2026, 11, 26, 10, 0, 0)


def test_an_archive_holds_the_files_with_their_names_and_bytes() -> None:
    message = EmailMessage()
    message.set_content("x")
    files = {"发票.pdf": b"%PDF" * 50_000, "notes.txt": b"word " * 40_000}
    for name, data in files.items():
        main, sub = ("text", "x-log") if name.endswith("txt") else ("application", "pdf")
        message.add_attachment(data, maintype=main, subtype=sub, filename=name)
    content = MemoryContent(message.as_bytes())
    parts = parse(content).attachments
    pieces = list(archive(content, parts, entry_names(part.name for part in parts), STAMP))
    assert max(map(len, pieces)) < 200_000, "nothing is gathered"
    with zipfile.ZipFile(io.BytesIO(b"".join(pieces))) as opened:
        assert opened.testzip() is None
        assert {each.filename: opened.read(each) for each in opened.infolist()} == files
        assert opened.getinfo("发票.pdf").flag_bits & 0x800, "the name is said to be UTF-8"
        assert opened.getinfo("notes.txt").compress_size < 10_000
        assert opened.getinfo("notes.txt").date_time == STAMP


def test_names_are_safe_and_never_twice_the_same() -> None:
    names = ["a.txt", "A.TXT", "a.txt", "", "", "../../etc/passwd", "C:\\x?.exe", "con.txt", "..", "a (2).txt"]
    assert entry_names(names) == [
        "a.txt",
        "A (2).TXT",
        "a (3).txt",
        "attachment",
        "attachment (2)",
        "_.._etc_passwd",
        "C__x_.exe",
        "_con.txt",
        "attachment (3)",
        "a (2) (2).txt",
    ]


@given(st.lists(st.text(max_size=200), max_size=30))
def test_any_names_can_be_unpacked(names: list[str]) -> None:
    found = entry_names(names)
    assert len({each.casefold() for each in found}) == len(names)
    for each in found:
        assert each
        assert not set(each) & set('/\\:*?"<>|\0\n')
        assert len(each) < 260
