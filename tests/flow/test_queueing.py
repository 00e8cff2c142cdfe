"""What people do on the pages of the queue reaches their own items, wakes the relay and is told to their pages."""

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from mailapp.events import QUEUE, Bus, Changed
from mailapp.flow.queueing import Queueing
from mailapp.store import queue
from mailapp.store.database import Database
from tests.conftest import make_account
from tests.flow.sending import Desk, desk_of

Act = Callable[[Queueing, int | None, int], Awaitable[bool]]
ACTS: list[Act] = [Queueing.retry_now, Queueing.hold, Queueing.cancel]


@pytest.fixture
async def desk(database: Database, bus: Bus, tmp_path: Path) -> Desk:
    return await desk_of(database, bus, tmp_path)


async def _deferred(desk: Desk) -> int:
    """An item whose first attempt was deferred for an hour."""
    submitted = await desk.send()
    desk.clock.now += 11
    (claim,) = await desk.claim()
    now_ms = int(desk.clock.now * 1000)
    outcomes = [queue.Outcome(one.id, "deferred", 450, next_ms=now_ms + 3_600_000) for one in claim.recipients]
    await desk.database.write(queue.settle, outcomes, now_ms)
    assert await desk.claim() == []
    return submitted.item_id


@pytest.mark.parametrize("act", ACTS)
async def test_each_act_is_told_to_the_pages_of_the_owner_and_wakes_the_relay(desk: Desk, act: Act) -> None:
    item_id = await _deferred(desk)
    with desk.bus.subscribe(desk.account_id) as page, desk.bus.subscribe(QUEUE) as relay:
        assert await act(desk.queueing, None, item_id), "an admin may"
        event = page.queue.get_nowait()
        assert isinstance(event, Changed)
        assert event.message_ids == ((await desk.item(item_id)).message_id,)
        assert not relay.queue.empty()


@pytest.mark.parametrize("act", ACTS)
async def test_no_act_reaches_the_items_of_others(desk: Desk, act: Act) -> None:
    item_id = await _deferred(desk)
    ana = await make_account(desk.database, "ana@yuanye.example")
    before = await desk.item(item_id)
    assert not await act(desk.queueing, ana, item_id)
    assert await desk.item(item_id) == before


async def test_retry_now_makes_what_is_deferred_due(desk: Desk) -> None:
    item_id = await _deferred(desk)
    assert await desk.queueing.retry_now(desk.account_id, item_id)
    assert [one.item_id for one in await desk.claim()] == [item_id]


async def test_what_is_held_stays_until_it_is_resumed(desk: Desk) -> None:
    item_id = await _deferred(desk)
    assert await desk.queueing.hold(desk.account_id, item_id)
    assert not await desk.queueing.hold(desk.account_id, item_id)
    desk.clock.now += 86_400
    assert await desk.claim() == []
    assert await desk.queueing.resume(desk.account_id, item_id)
    assert not await desk.queueing.resume(desk.account_id, item_id)
    assert len(await desk.claim()) == 1


async def test_what_is_cancelled_goes_no_further_and_its_copy_in_sent_stays(desk: Desk) -> None:
    item_id = await _deferred(desk)
    assert await desk.queueing.cancel(desk.account_id, item_id)
    assert not await desk.queueing.cancel(desk.account_id, item_id)
    desk.clock.now += 86_400
    assert await desk.claim() == []
    assert len(await desk.folder("sent")) == 1


async def test_the_bell_goes_out_once_failures_were_looked_at(desk: Desk) -> None:
    await desk.send()
    desk.clock.now += 11
    (claim,) = await desk.claim()
    assert not await desk.queueing.notice(desk.account_id)
    outcomes = [queue.Outcome(one.id, "failed", 550) for one in claim.recipients]
    await desk.database.write(queue.settle, outcomes, int(desk.clock.now * 1000))
    assert await desk.database.read(queue.unnoticed, desk.account_id) == 1
    with desk.bus.subscribe(desk.account_id) as page:
        assert await desk.queueing.notice(desk.account_id)
        assert not page.queue.empty()
    assert await desk.database.read(queue.unnoticed, desk.account_id) == 0
