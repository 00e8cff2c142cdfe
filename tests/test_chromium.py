"""Tests in front of a browser share one Chromium and nothing else."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser

from tests.chromium import SharedChromium, chromium


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as browser:
        yield browser


async def test_a_test_that_takes_a_browser_gets_the_shared_one_and_its_profiles_end_with_it(
    browser: Browser, shared_chromium: SharedChromium
) -> None:
    assert browser is shared_chromium.browser
    async with chromium() as same:
        context = await same.new_context()
    assert same is browser
    assert context not in browser.contexts
    assert browser.is_connected()


def test_what_a_test_leaves_running_ends_before_the_next_and_a_dead_chromium_is_replaced() -> None:
    shared = SharedChromium()
    runner = shared.lend()
    left = runner.run(_leave_something())
    shared.take_back()
    assert left.cancelled()
    first = shared.browser
    assert first is not None
    runner.run(first.close())
    assert shared.lend() is runner
    assert shared.browser is not first
    shared.close()


async def _leave_something() -> "asyncio.Task[bool]":
    return asyncio.create_task(asyncio.Event().wait())
