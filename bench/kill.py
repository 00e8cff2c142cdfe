"""kill -9 during ingest: whatever was answered 250 is there afterwards, exactly once, and whole."""

import asyncio
import sqlite3
from collections import Counter
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from random import Random, SystemRandom

from bench import mailgen, report
from bench.dialogue import Dialogue, Refused
from bench.servers import Server, add_account, data_directory, start_mailapp

CONNECTIONS = 20
READERS = ("first@bench.example", "second@bench.example")
_MIB = 1024 * 1024


@dataclass
class Round:
    """What the clients know when the server is gone."""

    answered: dict[int, tuple[str, ...]] = field(default_factory=dict)
    """Recipients of each message that got its 250."""
    in_doubt: dict[int, tuple[str, ...]] = field(default_factory=dict)
    """Content and dot were written, no reply came: there at most once."""
    refused: list[str] = field(default_factory=list)
    after: float = 0.0
    """Seconds of load before the kill."""


@dataclass
class Found:
    """What the database holds after a restart, compared with what was promised."""

    lost: list[int] = field(default_factory=list)
    doubled: list[int] = field(default_factory=list)
    surplus: int = 0
    """In doubt and there: committed, but the reply was cut off. Allowed."""
    damage: list[str] = field(default_factory=list)


def content_of(number: int, letters: list[bytes]) -> bytes:
    """Mostly 4 KB and mixed mail; every 97th of 2 MiB, which goes through the spool."""
    content = letters[number % len(letters)]
    if number % 97 == 0:
        content = b"".join(mailgen.big_attachment(number, size=2 * _MIB))
    return content.replace(mailgen.PLACEHOLDER, mailgen.tag(number))


def recipients_of(number: int) -> tuple[str, ...]:
    """Every fifth message goes to both readers: one content, two copies."""
    return READERS if number % 5 == 0 else (READERS[number % 2],)


async def _send_forever(server: Server, numbers: "asyncio.Queue[int]", letters: list[bytes], known: Round) -> None:
    connection = None
    number = -1
    try:
        connection = await Dialogue.connect(server.smtp)
        while True:
            number = numbers.get_nowait()
            to = recipients_of(number)
            sent = await connection.send(content_of(number, letters), list(to))
            if sent.accepted:
                known.answered[number] = to
            else:
                known.refused.append(sent.reply)
    except Refused as error:
        known.refused.append(str(error))
    except (OSError, EOFError):
        if connection and connection.in_doubt:
            known.in_doubt[number] = recipients_of(number)
    finally:
        if connection:
            connection.writer.transport.abort()


async def ingest_and_kill(server: Server, first: int, seconds: float) -> Round:
    """Load the server over CONNECTIONS connections and SIGKILL it after a while."""
    letters = mailgen.pool("mixed", count=24)
    numbers: asyncio.Queue[int] = asyncio.Queue()
    for number in range(first, first + 200_000):
        numbers.put_nowait(number)
    known = Round(after=seconds)
    tasks = [asyncio.create_task(_send_forever(server, numbers, letters, known)) for _ in range(CONNECTIONS)]
    await asyncio.sleep(seconds)
    await asyncio.to_thread(server.kill)
    done, late = await asyncio.wait(tasks, timeout=10)
    for task in late:
        task.cancel()
    for task in done:
        with suppress(asyncio.QueueEmpty):
            task.result()
    return known


def compare(database: Path, rounds: list[Round]) -> Found:
    """Read the database beside the restarted server, matching by the number in the subject."""
    found = Found()
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as db:
        rows = db.execute(
            "SELECT a.address, m.subject FROM messages m JOIN accounts a ON a.id = m.account_id"
        ).fetchall()
        there = Counter((address, int(subject.rpartition(" n")[2])) for address, subject in rows)
        promised = {(to, number) for one in rounds for number, some in one.answered.items() for to in some}
        doubtful = {(to, number) for one in rounds for number, some in one.in_doubt.items() for to in some}
        found.lost = sorted({number for to, number in promised if not there[to, number]})
        found.doubled = sorted({number for (to, number), count in there.items() if count > 1})
        found.surplus = sum(1 for each in there if each in doubtful)
        unknown = [each for each in there if each not in promised and each not in doubtful]
        if unknown:
            found.damage.append(f"never sent, or refused, yet there: {unknown[:5]}")
        found.damage += damage(db)
    return found


def damage(db: sqlite3.Connection) -> list[str]:
    """What a crash must never leave behind: half contents, wrong counters, messages without their rows."""
    checks = {
        "content not complete": "SELECT count(*) FROM messages m JOIN contents c ON c.id = m.content_id"
        " WHERE c.state <> 'complete'",
        "contents without a message": "SELECT count(*) FROM contents c"
        " WHERE c.id NOT IN (SELECT content_id FROM messages)",
        "wrong number of copies": "SELECT count(*) FROM (SELECT content_id, count(*) AS n FROM messages GROUP BY 1) m"
        " JOIN contents c ON c.id = m.content_id WHERE c.copies <> m.n",
        "content without bytes": "SELECT count(*) FROM contents c WHERE NOT EXISTS"
        " (SELECT 1 FROM content_chunks k WHERE k.key >= c.id * 65536 AND k.key < (c.id + 1) * 65536)",
        "wrong counters": "SELECT count(*) FROM mailboxes b WHERE (total, unread) <>"
        " (SELECT count(*), coalesce(sum(seen = 0), 0) FROM messages m WHERE m.mailbox_id = b.id)",
        "message without its journal row": "SELECT count(*) FROM messages m"
        " WHERE NOT EXISTS (SELECT 1 FROM changes c WHERE c.message_id = m.id)",
        "message without its search row": "SELECT count(*) FROM messages m WHERE NOT EXISTS"
        " (SELECT 1 FROM search_dense WHERE search_dense MATCH 'account:a' || m.account_id AND rowid = m.search_number)"
        " AND NOT EXISTS (SELECT 1 FROM search WHERE search MATCH 'account:a' || m.account_id AND rowid = m.id)",
        "message without its addressee": "SELECT count(*) FROM messages m"
        " WHERE NOT EXISTS (SELECT 1 FROM message_addressees e WHERE e.address = m.delivered_to"
        " AND e.message_id = m.id)",
    }
    found = [f"{name}: {count}" for name, sql in checks.items() if (count := db.execute(sql).fetchone()[0])]
    verdict = db.execute("PRAGMA integrity_check").fetchone()[0]
    return found + ([] if verdict == "ok" else [f"integrity_check: {verdict}"])


async def rounds_on(data: Path, count: int, seed: int) -> tuple[list[Round], list[Found]]:
    """`count` rounds on one data directory: start, load, kill, restart, compare everything sent so far."""
    rng = Random(seed) if seed else SystemRandom()
    for each in READERS:
        add_account(data, each)
    rounds: list[Round] = []
    founds: list[Found] = []
    server = start_mailapp(data)
    try:
        for number in range(count):
            rounds.append(await ingest_and_kill(server, number * 200_000, rng.uniform(0.4, 2.5)))
            server = await asyncio.to_thread(start_mailapp, data)
            founds.append(await asyncio.to_thread(compare, data / "emails.db", rounds))
    finally:
        server.stop()
    return rounds, founds


async def run(rounds: int, seed: int) -> tuple[str, object]:
    with data_directory() as data:
        known, founds = await rounds_on(data, rounds, seed)
    rows = [
        (
            number,
            f"{one.after:.2f}",
            len(one.answered),
            len(one.in_doubt),
            len(found.lost),
            len(found.doubled),
            found.surplus,
            "; ".join(found.damage) or "none",
        )
        for number, (one, found) in enumerate(zip(known, founds, strict=True), 1)
    ]
    headings = ("round", "killed after s", "answered 250", "in doubt", "lost", "doubled", "in doubt, there", "damage")
    bad = any(found.lost or found.doubled or found.damage for found in founds)
    text = (
        f"{CONNECTIONS} connections, mixed mail, every fifth message to two accounts, every 97th of 2 MiB; SIGKILL "
        "at a random moment, restart on the same data, then every message of every round so far is looked for. "
        f"Each message answered 250 is there exactly once: {report.verdict(not bad)}. "
        f"Refused while running: {sum(len(one.refused) for one in known)}."
    )
    raw = [{"answered": len(one.answered), "in_doubt": len(one.in_doubt), "refused": one.refused[:5]} for one in known]
    return "\n\n".join(("## kill -9 during ingest", text, report.table(headings, rows))), raw
