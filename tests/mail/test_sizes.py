"""Sizes as people type them, and as they read them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailapp.mail.sizes import LARGEST, exact_size, parse_size, size_text


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("2 GB", 2_000_000_000),
        ("2gb", 2_000_000_000),
        ("1.5 GB", 1_500_000_000),
        ("1,5 g", 1_500_000_000),
        ("500M", 500_000_000),
        ("1 GiB", 1_073_741_824),
        ("12345", 12_345),
        ("２ＧＢ", 2_000_000_000),
        (" 3 kb ", 3_000),
    ],
)
def test_a_size_is_read_as_it_is_meant(text: str, size: int) -> None:
    assert parse_size(text) == size


@pytest.mark.parametrize("text", ["", "0", "-1", "GB", "1 PB", "1e9", "two", "1 2", "9999 TB", "1" * 60, "1.x GB"])
def test_what_is_no_size_is_none(text: str) -> None:
    assert parse_size(text) is None


@given(st.text(max_size=60))
def test_any_text_is_a_size_in_bounds_or_none(text: str) -> None:
    found = parse_size(text)
    assert found is None or 0 < found <= LARGEST


@given(st.integers(1, LARGEST))
def test_what_is_shown_in_the_field_is_read_as_the_same_size(size: int) -> None:
    assert parse_size(exact_size(size)) == size


def test_sizes_read_in_the_unit_that_fits() -> None:
    shown = [size_text(each) for each in (999, 1_000, 999_499, 999_500, 4_200_000, 999_949_999, 999_950_000)]
    assert shown == ["999 B", "1 KB", "999 KB", "1.0 MB", "4.2 MB", "999.9 MB", "1.0 GB"]
