"""A long text is put together in pieces, and reads as if it were not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailapp.mail import html_text

PIECES = st.lists(
    st.sampled_from([" ", "\n", "\n\n", "\r", "\r- ", "\xa0", "\u200b", "\u2028", "\u3000", "a", "中", "a b"])
)


@given(PIECES.map("".join), st.integers(1, 5))
def test_where_a_long_text_is_cut_makes_no_difference(text: str, at_once: int) -> None:
    whole = html_text.tidy(text)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(html_text, "_AT_ONCE", at_once)
        assert html_text.tidy(text) == whole


def test_no_step_of_a_long_letter_takes_more_than_a_piece(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[int] = []
    tidied = html_text._tidied
    monkeypatch.setattr(html_text, "_tidied", lambda text: seen.append(len(text)) or tidied(text))
    text = html_text.html_to_text("<p>各位同事，附件中有详细说明。</p>\n" * 20_000)
    assert text.startswith("各位同事，附件中有详细说明。\n\n各位")
    assert max(seen) < 33_000
    assert len(seen) > 10
