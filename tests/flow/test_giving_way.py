"""While a large mail is understood others get the interpreter ten times as soon, and never for longer than that."""

import sys

import pytest

from mailapp.flow import understanding
from mailapp.flow.giving_way import SWITCH_S, giving_way
from mailapp.mail.content import MemoryContent

LETTER = b"Subject: a\r\nContent-Type: text/html\r\n\r\n<p>"


def _close(one: float, other: float) -> bool:
    return abs(one - other) < 1e-6


def _breaks() -> None:
    with giving_way():
        with giving_way():
            assert _close(sys.getswitchinterval(), SWITCH_S)
        assert _close(sys.getswitchinterval(), SWITCH_S)
        raise ZeroDivisionError


def test_the_last_to_end_puts_things_back_whatever_happened() -> None:
    usual = sys.getswitchinterval()
    with pytest.raises(ZeroDivisionError):
        _breaks()
    assert _close(sys.getswitchinterval(), usual)


@pytest.mark.parametrize(("size", "gives_way"), [(1_000, False), (300_000, True)])
def test_only_a_large_mail_makes_way(monkeypatch: pytest.MonkeyPatch, size: int, gives_way: bool) -> None:
    seen: list[float] = []
    words_of = understanding.words_of
    monkeypatch.setattr(
        understanding, "words_of", lambda message: seen.append(sys.getswitchinterval()) or words_of(message)
    )
    usual = sys.getswitchinterval()
    understanding.understand(MemoryContent(LETTER + b"x" * size))
    assert [_close(one, SWITCH_S) for one in seen] == [gives_way]
    assert _close(sys.getswitchinterval(), usual)
