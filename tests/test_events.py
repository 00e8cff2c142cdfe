"""Whoever listens gets what happened, all that waits at once, and hears of silence."""

import asyncio

import pytest

from mailapp.events import QUEUE_LIMIT, Bus, Changed


async def test_all_that_waits_comes_at_once_and_silence_is_nothing() -> None:
    bus = Bus()
    with bus.subscribe(1) as subscription:
        assert await subscription.several(0.001) == []
        for seq in (1, 2):
            bus.publish(Changed(1, seq))
        bus.publish(Changed(2, 3))
        assert await subscription.several(10) == [Changed(1, 1), Changed(1, 2)]
        waiting = asyncio.create_task(subscription.several())
        bus.publish(Changed(1, 4))
        assert await asyncio.wait_for(waiting, 5) == [Changed(1, 4)]
    assert bus.accounts == []


async def test_who_stops_waiting_is_told_so_and_not_taken_for_silent() -> None:
    with Bus().subscribe(1) as subscription:
        waiting = asyncio.create_task(subscription.several(3_600))
        await asyncio.sleep(0)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asyncio.wait_for(waiting, 5)


async def test_a_reader_that_is_too_slow_loses_what_it_missed_and_knows() -> None:
    bus = Bus()
    with bus.subscribe(1) as subscription:
        for seq in range(QUEUE_LIMIT + 1):
            bus.publish(Changed(1, seq))
        assert subscription.lost
        assert await subscription.several(5) == [Changed(1, QUEUE_LIMIT)]
