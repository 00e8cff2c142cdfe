"""ZIP archives: Python's own module reads what is written and writes what is read; bombs and lies end early."""

import io
import random
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailapp.mail.content import MemoryContent
from mailapp.mail.zips import BadZip, TooLarge, Writer, entries, unpacked

AT = (2026, 11, 26, 12, 30, 10)


def _written(files: list[tuple[str, bytes]]) -> bytes:
    kept: list[bytes] = []
    writer, out = Writer(kept.append), list[bytes]()
    for name, data in files:
        out += [writer.begin(name, AT), writer.data(data[:5]), writer.data(data[5:]), writer.end()]
    return b"".join(out + kept) + writer.close()


def _read(data: bytes) -> list[tuple[str, bytes]]:
    content = MemoryContent(data)
    return [(each.name, b"".join(unpacked(content, each, 1_000_000))) for each in entries(content)]


@given(
    st.lists(st.tuples(st.sampled_from(["INBOX/cur/1.x:2,S", "草稿/cur/2", "x"]), st.binary(max_size=500)), max_size=5)
)
def test_archives_go_both_ways(files: list[tuple[str, bytes]]) -> None:
    data = _written(files)
    assert _read(data) == files
    with zipfile.ZipFile(io.BytesIO(data)) as other:
        assert [(each.filename, other.read(each)) for each in other.infolist()] == files
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as other:
        for number, (_, each) in enumerate(files):
            other.writestr(f"名字{number}", each, zipfile.ZIP_STORED if number % 2 else zipfile.ZIP_DEFLATED)
    assert [each for _, each in _read(out.getvalue())] == [each for _, each in files]


def test_a_bomb_ends_at_the_limit_whatever_it_claims() -> None:
    data = bytearray(_written([("bomb", bytes(50_000_000))]))
    content = MemoryContent(bytes(data))
    entry = next(iter(entries(content)))
    pieces = unpacked(content, entry, 1_000_000)
    read = sum(len(next(pieces)) for _ in range(15))
    with pytest.raises(TooLarge):
        read += sum(len(each) for each in pieces)
    assert read <= 1_000_000


@settings(max_examples=200)
@given(st.integers(0, 10_000), st.integers(0, 255))
def test_damaged_archives_end_in_one_kind_of_error(place: int, value: int) -> None:
    data = bytearray(_written([("a", b"x" * 300), ("b", random.Random(1).randbytes(300))]))
    data[place % len(data)] = value
    for each in (bytes(data), bytes(data[: place % len(data)])):
        try:
            _read(each)
        except BadZip:
            pass


def test_encrypted_entries_and_other_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(BadZip):
        _read(b"not an archive")
    data = bytearray(_written([("a", b"x")]))
    data[data.rfind(b"PK\x01\x02") + 8] |= 1
    with pytest.raises(BadZip, match="encrypted"):
        _read(bytes(data))


def test_an_archive_of_thousands_of_files_is_walked_one_by_one() -> None:
    files = [(f"cur/{number}", b"x") for number in range(66_000)]
    content = MemoryContent(_written(files))
    assert sum(1 for _ in entries(content)) == 66_000
