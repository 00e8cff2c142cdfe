"""Imports in the browser: one at a time for an account, in a thread of its own, with how far each is."""

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import field
from pathlib import Path
from typing import Any

from mailapp import maillog
from mailapp.events import Bus, Changed
from mailapp.flow.import_sources import FileContent, Found, NotMail, Sources
from mailapp.flow.importing import Tally, import_all, told
from mailapp.mail.zips import BadZip
from mailapp.store.database import Database, StoreFull
from mailapp.values import dataclass

AT_ONCE = 2
"""Imports of all accounts that may run."""
KEPT = 200
"""Ended ones that are remembered, one an account."""
TELL_S = 0.3
"""Seconds between two tellings of how far one is."""


class ImportBusy(Exception):
    """The account has one under way, or there are too many in all."""


class _Stopped(Exception):
    """The process ends."""


@dataclass(slots=True)
class Job:
    """One import, under way or over."""

    name: str
    """Of the file."""
    size: int
    """Bytes of it."""
    tally: Tally = field(default_factory=Tally)
    done: int = 0
    """Bytes of it."""
    ended: bool = False
    failed: str = ""
    """Why it ended early: no_mail, archive, full or error; "" where it did not."""
    news: asyncio.Event = field(default_factory=asyncio.Event)
    """Set, and replaced, whenever there is something to tell."""

    @property
    def percent(self) -> int:
        return 100 if self.ended and not self.failed else min(99, self.done * 100 // max(self.size, 1))

    def tell(self) -> None:
        """On the event loop."""
        news, self.news = self.news, asyncio.Event()
        news.set()


class Imports:
    """One per process, on the event loop."""

    def __init__(self, database: Database, bus: Bus, spool: Path, longest: int) -> None:
        self._database = database
        self._bus = bus
        self._sources = Sources(spool, longest)
        self._jobs: dict[int, Job] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._stopping = threading.Event()

    def of(self, account_id: int) -> Job | None:
        """The account's import under way, or its last one."""
        return self._jobs.get(account_id)

    def begin(self, account_id: int, content: FileContent, name: str) -> Job:
        """Begin one; the content is closed at its end. Raises ImportBusy, and closes it then too."""
        held = self._jobs.get(account_id)
        if (held is not None and not held.ended) or len(self._tasks) >= AT_ONCE:
            content.close()
            raise ImportBusy
        self._jobs.pop(account_id, None)
        while len(self._jobs) >= KEPT:
            self._jobs.pop(next(iter(self._jobs)))
        job = self._jobs[account_id] = Job(name, content.size)
        task = asyncio.create_task(self._run(account_id, content, job))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return job

    def stop(self) -> None:
        """End those under way at the next message: what is filed stays, and a second import leaves it out."""
        self._stopping.set()

    async def ended(self) -> None:
        """Wait until none is under way."""
        if self._tasks:
            await asyncio.wait(set(self._tasks))

    async def _run(self, account_id: int, content: FileContent, job: Job) -> None:
        thread = ThreadPoolExecutor(1, thread_name_prefix="import")
        loop = asyncio.get_running_loop()
        try:
            await loop.run_in_executor(thread, self._import, loop, account_id, content, job)
        except NotMail:
            job.failed = "no_mail"
        except BadZip:
            job.failed = "archive"
        except StoreFull:
            job.failed = "full"
        except _Stopped:
            job.failed = "error"
        except Exception:
            maillog.unforeseen("importing mail")
            job.failed = "error"
        finally:
            thread.shutdown(wait=False)
            job.ended = True
            job.tell()
        if job.tally.new:
            seq = await self._database.write(told, account_id)
            self._bus.publish(Changed(account_id, seq))

    def _import(self, loop: asyncio.AbstractEventLoop, account_id: int, content: FileContent, job: Job) -> None:
        """In the thread."""
        last = 0.0

        def progress(done: int) -> None:
            nonlocal last
            job.done = done
            if time.monotonic() - last >= TELL_S:
                last = time.monotonic()
                loop.call_soon_threadsafe(job.tell)

        def write(function: Callable[..., Any], /, *args: Any) -> Any:
            return asyncio.run_coroutine_threadsafe(self._database.write(function, *args), loop).result()

        def read(function: Callable[..., Any], /, *args: Any) -> Any:
            return asyncio.run_coroutine_threadsafe(self._database.read(function, *args), loop).result()

        try:
            import_all(write, read, account_id, self._until_stopped(content, job.name, progress), job.tally)
        finally:
            content.close()

    def _until_stopped(self, content: FileContent, name: str, progress: Callable[[int], None]) -> Iterator[Found]:
        for found in self._sources.messages(content, name, progress):
            if self._stopping.is_set():
                raise _Stopped
            yield found
