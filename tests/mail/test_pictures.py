"""Pictures are told by their bytes, not by what they are called; nothing that could hold a script is one."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailapp.mail.pictures import NotAPicture, Picture, picture

PNG = (
    b"\x89PNG\r\n\x1a\n"
    + struct.pack(">I4sII", 13, b"IHDR", 64, 32)
    + b"\x08\x06\0\0\0xxxx"
    + b"\0\0\0\0IEND\xaeB`\x82"
)
GIF = b"GIF89a" + struct.pack("<HH", 10, 20) + b"\0\0\0;"
JPEG = b"\xff\xd8\xff\xe0\0\x04xx\xff\xc0\0\x0b\x08" + struct.pack(">HH", 7, 9) + b"xxxx"
WEBP = b"RIFF\0\0\0\0WEBPVP8X\0\0\0\0\0\0\0\0" + (99).to_bytes(3, "little") + (49).to_bytes(3, "little")


@pytest.mark.parametrize(
    ("data", "found"),
    [
        (PNG, Picture("image/png", 64, 32)),
        (GIF, Picture("image/gif", 10, 20)),
        (JPEG, Picture("image/jpeg", 9, 7)),
        (WEBP, Picture("image/webp", 100, 50)),
    ],
)
def test_kind_and_size_are_read(data: bytes, found: Picture) -> None:
    assert picture(data) == found


@pytest.mark.parametrize(
    "data",
    [b"", b"<svg onload='x'/>", b"<?xml version='1.0'?><svg/>", PNG[:40], JPEG[:9], b"RIFF", b"%PDF"],
)
def test_anything_else_is_none(data: bytes) -> None:
    with pytest.raises(NotAPicture):
        picture(data)


@given(st.sampled_from([PNG, GIF, JPEG, WEBP]), st.integers(0, 60), st.binary(max_size=30))
def test_damaged_ones_end_in_one_kind_of_error(data: bytes, place: int, more: bytes) -> None:
    try:
        picture(data[:place] + more)
    except NotAPicture:
        pass
