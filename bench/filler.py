"""Fills a mailbox with rows in seconds, past the server: only to measure lists of a million messages.

The rows look like delivered ones to every list (counters, journal and addressees included); their content is shared
by thousands and has no full text. Run it while no server has the database open.
"""

import sqlite3
import time
from contextlib import closing
from pathlib import Path
from random import Random

from bench.vocabulary import chinese

_SHARED = 1_000  # messages to one content
_VARIANTS = 997
_DEEP = 10_000  # messages of the one long thread, the newest of all


def fill(database: Path, address: str, count: int, *, threads: bool = False) -> float:
    """Add `count` messages to an account's inbox, spread over the last two years. Returns the seconds it took.

    With `threads` the newest 10,000 are one thread, and of the others every second belongs to one of four.
    """
    started = time.monotonic()
    rng = Random(7)
    with closing(sqlite3.connect(database, isolation_level=None)) as db:
        db.execute("PRAGMA synchronous = OFF")
        account, inbox = db.execute(
            "SELECT a.id, m.id FROM accounts a JOIN mailboxes m ON m.account_id = a.id AND m.role = 'inbox'"
            " WHERE a.address = ?",
            (address,),
        ).fetchone()
        db.execute("CREATE TEMP TABLE variants (v INTEGER PRIMARY KEY, subject, preview, name, sender)")
        db.executemany(
            "INSERT INTO variants VALUES (?, ?, ?, ?, ?)",
            ((n, chinese(rng), chinese(rng) * 3, chinese(rng)[:4], f"s{n}@sender.example") for n in range(_VARIANTS)),
        )
        db.execute("BEGIN IMMEDIATE")
        first = db.execute("SELECT coalesce(max(id), 0) + 1 FROM contents").fetchone()[0]
        _insert(db, account, inbox, address, first, count, threads)
        db.execute("COMMIT")
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return time.monotonic() - started


def _insert(
    db: sqlite3.Connection, account: int, inbox: int, address: str, first: int, count: int, threads: bool
) -> None:
    newest = time.time_ns() // 1_000_000 - 60_000
    step = 63_072_000_000 // count
    values = {
        "count": count, "account": account, "inbox": inbox, "address": address, "first": first, "shared": _SHARED,
        "oldest": newest - step * count, "step": step, "variants": _VARIANTS,
    }  # fmt: skip
    numbers = "WITH RECURSIVE numbers(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM numbers WHERE n < :count - 1) "
    db.execute(
        "WITH RECURSIVE numbers(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM numbers WHERE n < :count / :shared)"
        " INSERT INTO contents (id, size) SELECT :first + n, 4096 FROM numbers",
        values,
    )
    # the account's number in the id's counter keeps two accounts' ids apart
    made = "(:oldest + n * :step) * 4096 + :account"
    first_of, place = "n", "0"
    if threads:
        values |= {"deep": count - min(_DEEP, count // 100 * 8)}
        first_of = "CASE WHEN n >= :deep THEN :deep WHEN n % 8 > 3 THEN n - n % 8 + 4 ELSE n END"
        place = (
            "CASE WHEN n >= :deep THEN 2 - (n = :count - 1) WHEN n % 8 > 3 THEN 2 - (n % 8 = 7 OR n = :deep - 1)"
            " ELSE 0 END"
        )
    root = f"(:oldest + ({first_of}) * :step) * 4096 + :account"
    db.execute(
        numbers + "INSERT INTO messages (id, account_id, mailbox_id, content_id, thread_id, size, date_ms, from_name,"
        " from_address, subject, preview, delivered_to, seen, reverse_path, thread_place)"
        f" SELECT {made}, :account, :inbox, :first + n / :shared, {root}, 4096, :oldest + n * :step, v.name, v.sender,"
        f" v.subject, v.preview, :address, n % 3 > 0, v.sender, {place}"
        " FROM numbers JOIN variants v ON v.v = numbers.n % :variants",
        values,
    )
    db.execute(
        numbers + f"INSERT INTO message_addressees (message_id, address) SELECT {made}, :address FROM numbers", values
    )
    db.execute(
        numbers + f"INSERT INTO changes (account_id, kind, message_id) SELECT :account, 'delivered', {made}"
        " FROM numbers WHERE n >= :count - 50000",
        values,
    )
    db.execute(
        "UPDATE mailboxes SET total = total + :count, unread = unread + (:count + 2) / 3 WHERE id = :inbox", values
    )
