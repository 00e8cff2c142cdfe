"""Names of attachments as the last part of a path."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailapp.mail.parameters import safe_name


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("../../etc/passwd", "passwd"),
        ("a.　", "a"),
        (" . 发票.pdf . ", "发票.pdf"),
        ("...", ""),
        ("x" * 300 + ".pdf", "x" * 176 + ".pdf"),
    ],
)
def test_a_name_is_made_safe(name: str, safe: str) -> None:
    assert safe_name(name) == safe


@given(st.text(max_size=250))
def test_a_safe_name_stays_as_it_is(name: str) -> None:
    assert safe_name(safe_name(name)) == safe_name(name)
