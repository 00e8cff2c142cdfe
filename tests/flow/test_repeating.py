"""Work that is done over and over goes on after failures, tells them without their words, and ends when told to."""

import asyncio
import logging
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailapp import maillog
from mailapp.flow import repeating
from mailapp.flow.repeating import BACKOFF_MOST_S, JITTER, pause, repeat

FOREVER_S = 86_400.0


@pytest.fixture
def _as_it_was() -> Iterator[None]:
    handlers, level = logging.getLogger().handlers[:], logging.getLogger().level
    yield
    maillog._Out.stream = None
    logging.getLogger().handlers[:] = handlers
    logging.getLogger().setLevel(level)


class Rounds:
    """Work that fails as told, then says when it was done so many times."""

    def __init__(self, failing: set[int], until: int) -> None:
        self.number = 0
        self.failing = failing
        self.until = until
        self.done = asyncio.Event()

    async def work(self) -> None:
        self.number += 1
        if self.number == self.until:
            self.done.set()
        if self.number in self.failing:
            raise ValueError("Subject: the secret 471122")


async def _ended(task: asyncio.Task[None]) -> None:
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(task, 5)


@pytest.mark.usefixtures("_as_it_was")
async def test_a_failure_is_told_by_kind_and_place_alone_and_the_next_round_comes(
    capsys: pytest.CaptureFixture[str],
) -> None:
    maillog.configure("text")
    rounds = Rounds(failing={1, 3}, until=4)
    task = asyncio.create_task(repeat(rounds.work, 0, "counting sheep"))
    await asyncio.wait_for(rounds.done.wait(), 5)
    await _ended(task)
    told = capsys.readouterr().err
    assert told.count("\n") == 2
    assert told.count('error unforeseen error where="counting sheep" error=ValueError') == 2
    assert "test_repeating.py" in told
    assert "secret" not in told
    assert "471122" not in told


async def test_it_ends_at_once_while_it_rests() -> None:
    rounds = Rounds(failing=set(), until=1)
    task = asyncio.create_task(repeat(rounds.work, FOREVER_S, "x"))
    await asyncio.wait_for(rounds.done.wait(), 5)
    await _ended(task)
    assert rounds.number == 1


async def test_it_ends_at_once_while_it_works_and_that_is_no_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    told, begun = list[str](), asyncio.Event()
    monkeypatch.setattr(maillog, "unforeseen", told.append)

    async def work() -> None:
        begun.set()
        await asyncio.Event().wait()

    task = asyncio.create_task(repeat(work, 0, "x"))
    await asyncio.wait_for(begun.wait(), 5)
    await _ended(task)
    assert told == []


async def test_what_rests_first_does_nothing_at_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    order = list[str]()

    async def sleep(_seconds: float) -> None:
        order.append("rest")
        if len(order) > 4:
            raise asyncio.CancelledError

    async def work() -> None:
        order.append("work")

    monkeypatch.setattr(repeating.asyncio, "sleep", sleep)
    with pytest.raises(asyncio.CancelledError):
        await repeat(work, 1, "x", rest_first=True)
    assert order == ["rest", "work", "rest", "work", "rest"]
    order.clear()
    with pytest.raises(asyncio.CancelledError):
        await repeat(work, 1, "x")
    assert order == ["work", "rest", "work", "rest", "work", "rest"]


async def test_pauses_grow_while_failures_repeat_and_are_short_again_after_a_success(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    slept = list[float]()
    rounds = Rounds(failing={1, 2, 3, 5}, until=6)

    async def sleep(seconds: float) -> None:
        slept.append(seconds)
        if rounds.done.is_set():
            raise asyncio.CancelledError

    monkeypatch.setattr(maillog, "unforeseen", lambda _: None)
    monkeypatch.setattr(repeating.random, "random", lambda: 0.5)
    monkeypatch.setattr(repeating.asyncio, "sleep", sleep)
    with pytest.raises(asyncio.CancelledError):
        await repeat(rounds.work, 10, "x")
    assert slept == [10, 20, 40, 10, 10, 10]


@given(st.floats(0, 86_400), st.integers(0, 10_000), st.floats(0, 1))
def test_a_pause_is_as_asked_give_or_take_a_little_and_never_above_its_bound(
    every_s: float, failures: int, chance: float
) -> None:
    found, longest = pause(every_s, failures, chance), max(every_s, BACKOFF_MOST_S)
    assert every_s * (1 - JITTER) - 1e-6 <= found <= longest * (1 + JITTER) + 1e-6
    if failures < 2:
        assert found <= every_s * (1 + JITTER) + 1e-6


def test_two_that_began_together_do_not_stay_in_step() -> None:
    assert pause(60, 0, 0.0) < pause(60, 0, 0.5) == 60 < pause(60, 0, 1.0)
