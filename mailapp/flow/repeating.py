"""What is done over and over while the process lives: one failure does not end it, and many do not flood the log."""

import asyncio
import random
from collections.abc import Awaitable, Callable

from mailapp import maillog

JITTER = 0.05
"""Part of a pause it is shortened or lengthened by at most: what began at the same start does not stay in step."""
BACKOFF_MOST_S = 60.0
"""Pauses grow up to so many seconds where failures repeat: a disk that has room again is noticed within a minute."""


async def repeat(
    work: Callable[[], Awaitable[object]], every_s: float, named: str, *, rest_first: bool = False
) -> None:
    """Do `work` now (or after a first pause) and every `every_s` seconds after it ended, until cancelled.

    What it raises is told in the log as an unforeseen error in what is `named`, by type and place alone, and the next
    round comes all the same, later each time up to BACKOFF_MOST_S while it goes on failing. Cancelling ends it at once,
    at work and at rest.
    """
    failures = 0
    if rest_first:
        await asyncio.sleep(pause(every_s, 0, random.random()))
    while True:
        try:
            await work()
            failures = 0
        except Exception:
            maillog.unforeseen(named)
            failures += 1
        await asyncio.sleep(pause(every_s, failures, random.random()))


def pause(every_s: float, failures: int, chance: float) -> float:
    """Seconds until the next round after so many failures in a row; `chance` is 0 to 1."""
    # the first failure waits no longer than success does: most are over by the next round
    grown = min(every_s * 2.0 ** min(max(failures - 1, 0), 16), BACKOFF_MOST_S)
    return max(every_s, grown) * (1 + JITTER * (2 * chance - 1))
