"""What was committed without waiting for the disk is taken there beside the writer, which goes on meanwhile.

SQLite waits for the disk inside COMMIT and holds its one writer's place as long: whoever comes then waits for a write
that is done already. COMMIT with synchronous=NORMAL leaves everything in the WAL, in order; one fdatasync of that file
makes it last as synchronous=FULL does, for all commits before it. (Power failures aside, it lasts without that, too.)
"""

import asyncio
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from mailapp.store.pending import Waiting, settle
from mailapp.store.units import Outcome, StoreError


class Syncing:
    """Takes the WAL to the disk, on a thread of its own. For the event loop's thread."""

    def __init__(self, database: Path) -> None:
        self._path = Path(f"{database}-wal")
        self._fd = -1
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="sync")
        self._running: asyncio.Task[None] | None = None
        self._next: asyncio.Task[None] | None = None
        self._finishing: set[asyncio.Task[None]] = set()

    def finish(self, batch: Sequence[Waiting], outcomes: Sequence[Outcome]) -> None:
        """Give everybody what came of a commit, once it is on disk: where nobody hurried, that is still to do."""
        if any(unit.hurries for unit, _ in batch) or not any(unit.lasts for unit, _ in batch):
            settle(batch, outcomes)
            return
        finishing = asyncio.create_task(self._finish(batch, outcomes))
        self._finishing.add(finishing)
        finishing.add_done_callback(self._finishing.discard)

    async def wait(self) -> None:
        """Return when everything committed before is on the disk. Raises OSError.

        One sync is for all who ask before it begins.
        """
        if self._next is None:
            self._next = asyncio.create_task(self._after(self._running))
        # shield: others wait for the same sync
        await asyncio.shield(self._next)

    async def close(self) -> None:
        """Let what is under way end."""
        if self._finishing:
            await asyncio.wait(self._finishing)
        self._thread.shutdown(wait=False)
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    async def _finish(self, batch: Sequence[Waiting], outcomes: Sequence[Outcome]) -> None:
        try:
            await self.wait()
        except OSError:
            outcomes = [(None, StoreError("the disk failed"))] * len(batch)
        settle(batch, outcomes)

    async def _after(self, before: "asyncio.Task[None] | None") -> None:
        if before is not None:
            await asyncio.wait({before})
        self._running, self._next = self._next, None
        await asyncio.get_running_loop().run_in_executor(self._thread, self._sync)

    def _sync(self) -> None:
        if self._fd < 0:
            self._fd = os.open(self._path, os.O_RDWR | os.O_CLOEXEC)  # SQLite keeps this file as long as it is open
        os.fdatasync(self._fd)
