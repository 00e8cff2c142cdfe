"""When a deferred recipient is tried again."""

import pytest

from mailapp.mail.backoff import GIVE_UP_S, WARN_S, next_attempt


@pytest.mark.parametrize(
    ("attempts", "minutes"), [(0, 1), (1, 1), (2, 5), (3, 15), (4, 30), (5, 60), (6, 60), (400, 60)]
)
def test_attempts_grow_apart_to_an_hour(attempts: int, minutes: int) -> None:
    assert next_attempt(attempts, 1000.0, 0.5) == pytest.approx(1000 + minutes * 60)


def test_attempts_are_spread_by_a_tenth() -> None:
    assert next_attempt(5, 0.0, 0.0) == pytest.approx(3240)
    assert next_attempt(5, 0.0, 1.0) == pytest.approx(3960)
    assert next_attempt(5, 0.0, 7.0) == pytest.approx(3960)


def test_the_sender_hears_of_a_delay_long_before_the_end() -> None:
    assert WARN_S == 4 * 3600
    assert GIVE_UP_S == 5 * 24 * 3600
