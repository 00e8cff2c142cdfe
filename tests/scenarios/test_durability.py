"""The 250 is a promise: what it promises is on the disk, parsed, filed and found, before it is said.

strace shows the order of system calls; SIGSTOP at the moment of the 250 shows that nothing is done after it.
"""

import asyncio
import os
import re
import shutil
import signal
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import pytest

from bench import mailgen
from bench.dialogue import Dialogue
from bench.servers import Server, add_account, data_directory, start_mailapp
from mailapp.mail import words
from tests.store.support import indexed

READER = "reader@bench.example"
CALLS = "trace=fdatasync,fsync,pwrite64,pwritev,pwritev2,write,writev,sendto,sendmsg"

_CALL = re.compile(r"^(?P<thread>\d+) +(?:<\.\.\. )?(?P<name>\w+)(?P<rest>.*)$")


@dataclass(frozen=True, slots=True)
class Call:
    """One finished system call of a trace, in the order of its end; `began` is where it was entered."""

    name: str
    target: str
    """What strace printed of the descriptor and the bytes."""
    began: int
    ended: int


def calls_of(trace: str) -> list[Call]:
    """Read `strace -f -yy` output, joining calls that were interrupted by another thread's line."""
    waiting: dict[str, tuple[int, str]] = {}
    calls = []
    for at, line in enumerate(trace.splitlines()):
        found = _CALL.match(line)
        if not found:
            continue
        thread, name, rest = found["thread"], found["name"], found["rest"]
        if rest.endswith("<unfinished ...>"):
            waiting[thread] = (at, rest)
        elif rest.startswith(" resumed>"):
            began, head = waiting.pop(thread, (at, ""))
            calls.append(Call(name, head + rest, began, at))
        else:
            calls.append(Call(name, rest, at, at))
    return calls


def is_wal_write(call: Call) -> bool:
    return call.name.startswith("pwrite") and "emails.db-wal>" in call.target


def is_wal_sync(call: Call) -> bool:
    return call.name in {"fsync", "fdatasync"} and "emails.db-wal>" in call.target and call.target.endswith("= 0")


def replies_to(calls: list[Call], port: int) -> list[Call]:
    """What was sent to the client on a local port that says 250 2.0.0: the answers to its messages."""
    return [
        call
        for call in calls
        if call.name in {"write", "writev", "sendto", "sendmsg"}
        and f":{port}]>" in call.target
        and "250 2.0.0 Ok: " in call.target
    ]


@pytest.fixture
def data() -> Iterator[Path]:
    with data_directory() as path:
        add_account(path, READER)
        yield path


@pytest.fixture
def traced(data: Path) -> Iterator[tuple[Server, Path]]:
    """The server under strace, and where the trace is written."""
    strace = shutil.which("strace")
    if strace is None:
        if os.environ.get("CI") == "true":
            pytest.fail("strace is missing: apt-get install strace")
        pytest.skip("strace is missing: apt-get install strace")
    trace = data.parent / "trace"
    # -D: strace steps aside, so that the process started is the server itself
    prefix = (strace, "-D", "-f", "-yy", "-s", "5000", "-e", CALLS, "-e", "signal=none", "-o", str(trace))
    server = start_mailapp(data, prefix)
    yield server, trace
    server.stop()


def message(number: int) -> bytes:
    return mailgen.pool("4k", count=1)[0].replace(mailgen.PLACEHOLDER, mailgen.tag(number))


async def test_the_log_is_synced_between_its_last_write_and_the_250(traced: tuple[Server, Path]) -> None:
    server, trace = traced
    connection = await Dialogue.connect(server.smtp)
    await connection.send(message(0), [READER])  # the first one may pay for lazy imports and the shared memory file
    for number in range(1, 6):
        assert (await connection.send(message(number), [READER])).accepted
        await asyncio.sleep(0.3)  # what were done after the 250 would show here
    port = connection.local_port
    await connection.say("NOOP")
    calls = calls_of(trace.read_text())
    await connection.close()

    replies = replies_to(calls, port)
    assert len(replies) == 6
    for number, (before, reply) in enumerate(pairwise(replies), 1):
        between = [call for call in calls if before.began < call.began < reply.began]
        writes = [call for call in between if is_wal_write(call)]
        syncs = [call for call in between if is_wal_sync(call)]
        assert any(mailgen.tag(number).decode() in call.target for call in writes), "the message was not in the log"
        assert syncs, "no sync before the 250"
        assert writes[-1].ended < syncs[-1].began <= syncs[-1].ended < reply.began
        # all of them belong to this message: the log was silent from the reply before until this message came
        assert min(call.began for call in writes) > before.ended
    after = [call for call in calls if call.began > replies[-1].ended and is_wal_write(call)]
    assert after == [], "something was written after the 250"


async def test_shared_commits_are_synced_before_each_of_their_250s(traced: tuple[Server, Path]) -> None:
    server, trace = traced
    connections = [await Dialogue.connect(server.smtp) for _ in range(8)]

    async def three(position: int, connection: Dialogue) -> None:
        for turn in range(3):
            assert (await connection.send(message(position * 10 + turn), [READER])).accepted

    await asyncio.gather(*(three(position, one) for position, one in enumerate(connections)))
    await connections[0].say("NOOP")
    calls = calls_of(trace.read_text())
    for position, connection in enumerate(connections):
        replies = replies_to(calls, connection.local_port)
        assert len(replies) == 3
        for turn, reply in enumerate(replies):
            tag = mailgen.tag(position * 10 + turn).decode()
            written = [call for call in calls if is_wal_write(call) and tag in call.target and call.ended < reply.began]
            assert written, f"{tag} was not in the log before its 250"
            synced = [call for call in calls if is_wal_sync(call) and written[0].ended < call.began]
            assert synced, f"{tag} was not synced"
            assert synced[0].ended < reply.began, f"{tag} was answered before the sync"
        await connection.close()


async def test_nothing_is_left_to_do_when_the_250_is_said(data: Path) -> None:
    """The server is frozen at the 250; another connection finds every row there is to be, full text included."""
    server = start_mailapp(data)
    try:
        connection = await Dialogue.connect(server.smtp)
        content = mailgen.pool("100k", count=1)[0].replace(mailgen.PLACEHOLDER, mailgen.tag(7))
        sent = await connection.send(content, [READER])
        os.kill(server.pid, signal.SIGSTOP)
        assert sent.accepted
        with closing(sqlite3.connect(f"file:{data / 'emails.db'}?mode=ro", uri=True)) as db:
            check_rows(db)
    finally:
        os.kill(server.pid, signal.SIGCONT)
        server.stop()


def check_rows(db: sqlite3.Connection) -> None:
    """One message, everywhere."""
    ((message_id, account, mailbox, subject, preview, attachments),) = db.execute(
        "SELECT id, account_id, mailbox_id, subject, preview, attachment_count FROM messages"
    ).fetchall()
    assert subject.endswith(mailgen.tag(7).decode())
    assert preview
    assert attachments == 1
    assert db.execute("SELECT total, unread FROM mailboxes WHERE id = ?", (mailbox,)).fetchone() == (1, 1)
    changes = db.execute("SELECT account_id FROM changes WHERE message_id = ?", (message_id,)).fetchall()
    assert changes == [(account,)]
    addressees = db.execute("SELECT address FROM message_addressees WHERE message_id = ?", (message_id,)).fetchall()
    assert addressees == [(READER,)]
    states = db.execute("SELECT state, size FROM contents").fetchall()
    assert len(states) == 1
    assert states[0][0] == "complete"
    for text in (mailgen.tag(7).decode(), "第三季度报告", "请妥善保管"):
        query = f"account:a{account} AND {words.query_phrase(text)}"
        assert indexed(db, query) == [message_id], f"{text} is not found"
