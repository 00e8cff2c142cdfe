"""Imports of the same archive at the same time, each with a database of its own: everything is filed once."""

import asyncio
import os
import tempfile
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

from mailapp.events import Bus
from mailapp.flow.import_jobs import Imports
from mailapp.flow.import_sources import FileContent, Sources
from mailapp.flow.importing import Tally, import_all
from mailapp.mail.content import MemoryContent
from mailapp.store import mailboxes, messages, transfers
from mailapp.store.database import Database, connect, look, transact
from mailapp.store.messages import View
from tests.conftest import DOMAIN, make_account

MIB = 1_048_576
LONGEST = 35 * MIB
FROM = b"From a@b Mon Feb 19 21:07:26 2024\n"
NUMBER = 50


def _archive() -> bytes:
    """Messages small and large, some of one Message-ID that differ."""
    letters = [b"Message-ID: <%d@x>\nSubject: %d\n\nx\n" % (number, number) for number in range(NUMBER - 4)]
    letters[5] += b"x" * 70 * 40_000
    letters += [b"Message-ID: <same@x>\nSubject: same %d\n\n%s\n" % (each, b"y" * each) for each in range(1, 4)]
    letters += [b"Subject: no id\n\nz\n"]
    return b"".join(FROM + each + b"\n" for each in letters)


class _AtOnce:
    """Lets the first transactions of so many imports begin only when all of them are there."""

    def __init__(self, number: int) -> None:
        self._barrier = threading.Barrier(number, timeout=20)

    def wrap(self, write: Callable[..., Any]) -> Callable[..., Any]:
        waited = False

        def run(function: Callable[..., Any], /, *args: Any) -> Any:
            nonlocal waited
            if function is transfers.file_imported and not waited:
                waited = True
                self._barrier.wait()
            return write(function, *args)

        return run


def _import(path: Path, spool: Path, account_id: int, data: bytes, at_once: _AtOnce) -> Tally:
    """As the command line does it."""
    tally = Tally()
    with closing(connect(path)) as db:
        write, read = at_once.wrap(partial(transact, db)), partial(look, db)
        found = Sources(spool, LONGEST).messages(MemoryContent(data), "x")
        import_all(write, read, account_id, found, tally, rest=False)
    return tally


def _check(path: Path, account_id: int, number: int) -> None:
    with closing(connect(path)) as db:
        subjects = [row.subject for row in messages.page(db, View(account_id), None, 500)]
        assert len(subjects) == len(set(subjects)) == number
        assert sum(each.total for each in mailboxes.of_account(db, account_id)) == number
        count = "SELECT count(*), sum(copies), sum(state <> 'complete') FROM contents"
        assert db.execute(count).fetchone() == (number, number, 0), "nothing is left of what was written ahead"
        used = "SELECT bytes_used = (SELECT sum(size) FROM messages WHERE account_id = ?1) FROM accounts WHERE id = ?1"
        assert db.execute(used, (account_id,)).fetchone() == (1,)


async def test_three_processes_import_one_archive_and_each_message_is_there_once(
    database: Database, tmp_path: Path
) -> None:
    account_id = await make_account(database, f"lin@{DOMAIN}")
    at_once, data = _AtOnce(3), _archive()
    with ThreadPoolExecutor(3) as threads:
        work = partial(_import, database.path, tmp_path, account_id, data, at_once)
        tallies = await asyncio.gather(*(asyncio.get_running_loop().run_in_executor(threads, work) for _ in range(3)))
    assert sum(each.new for each in tallies) == NUMBER
    assert [each.new + each.there for each in tallies] == [NUMBER] * 3
    assert [each.refused + each.full for each in tallies] == [0] * 3
    _check(database.path, account_id, NUMBER)


async def test_an_import_in_the_browser_beside_one_on_the_command_line(
    database: Database, bus: Bus, tmp_path: Path
) -> None:
    account_id = await make_account(database, f"lin@{DOMAIN}")
    imports, data = Imports(database, bus, tmp_path, LONGEST), _archive()
    descriptor, name = tempfile.mkstemp(dir=tmp_path)
    os.write(descriptor, data)
    Path(name).unlink()
    job = imports.begin(account_id, FileContent(descriptor), "x.mbox")
    tally = await asyncio.to_thread(_import, database.path, tmp_path, account_id, data, _AtOnce(1))
    await imports.ended()
    assert (job.failed, job.tally.new + tally.new, job.tally.seen, tally.seen) == ("", NUMBER, NUMBER, NUMBER)
    _check(database.path, account_id, NUMBER)


async def test_another_message_of_its_message_id_that_comes_meanwhile_is_kept_beside_it(
    database: Database, tmp_path: Path
) -> None:
    account_id = await make_account(database, f"lin@{DOMAIN}")
    letter = FROM + b"Message-ID: <1@x>\nSubject: %b\n\n%b\n\n"
    mine = letter % (b"mine", b"x")
    with closing(connect(database.path)) as db, closing(connect(database.path)) as other:
        came = [letter % (b"%d" % number, b"y") for number in range(transfers.ALIKE_MAX + 5)]

        def write(function: Callable[..., Any], /, *args: Any) -> Any:
            if function is transfers.file_imported and came:  # each time just before it is filed
                found = Sources(tmp_path, LONGEST).messages(MemoryContent(came.pop()), "x")
                import_all(partial(transact, other), partial(look, other), account_id, found, Tally(), rest=False)
            return transact(db, function, *args)

        tally = Tally()
        found = Sources(tmp_path, LONGEST).messages(MemoryContent(mine), "x")
        import_all(write, partial(look, db), account_id, found, tally, rest=False)
        assert (tally.new, tally.there) == (1, 0)
        assert len(came) == 4, "it was compared so often and then filed, whoever goes on sending"
        rows = messages.page(db, View(account_id), None, 100)
        assert [row.subject for row in rows].count("mine") == 1
