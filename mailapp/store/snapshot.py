"""The database as it was at one moment: copied while others write, counted, and looked over before it is used again.

A read transaction is held while pages are copied in small steps: without it every commit of another connection would
begin the copy anew. Until it ends the WAL only grows.
"""

import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from mailapp.store import audit, migrate, queue
from mailapp.store.database import connect
from mailapp.store.units import translated

STEP_PAGES = 128
"""Pages of one step: half a megabyte."""
COUNTED = (
    "accounts", "domains", "addresses", "mailboxes", "messages", "contents", "content_chunks", "drafts", "labels",
    "message_labels", "queue_items", "queue_recipients", "relays", "tokens", "settings", "audit",
)  # fmt: skip
"""Tables whose rows a manifest names."""
FAULTS = 5
"""Faults told of a damaged database."""
SEQS_SKIPPED = 1_000_000
"""Sequence numbers left out after a restore, so that none names two different changes."""
Progress = Callable[[int, int], None]
"""Told bytes done and bytes in all, on the thread that works; may raise to end it."""


class Damaged(Exception):
    """A copy that cannot be used: what is wrong with it."""


def size(path: Path) -> int:
    """Bytes of the database as a copy has them."""
    with closing(connect(path, read_only=True)) as db:
        return _bytes(db)


def copy(path: Path, target: Path, progress: Progress) -> None:
    """Copy the database as it is now into a new file (0600), with nothing of what was erased in free pages.

    Every commit that ended before the call is in the copy. Raises StoreError, and what `progress` raises; the target
    is left to the caller then. It rests as long as it works, so that deliveries go on.
    """
    target.touch(mode=0o600, exist_ok=False)
    try:
        with closing(connect(path, read_only=True)) as source, closing(_unsafe(target)) as db:
            source.execute("BEGIN")
            source.execute("SELECT count(*) FROM sqlite_schema").fetchone()
            page, began = source.execute("PRAGMA page_size").fetchone()[0], time.monotonic()

            def step(_: int, remaining: int, total: int) -> None:
                nonlocal began
                progress((total - remaining) * page, total * page)
                time.sleep(min(max(time.monotonic() - began, 0.001), 0.1))
                began = time.monotonic()

            source.backup(db, pages=STEP_PAGES, progress=step)
            source.execute("COMMIT")
            db.execute("PRAGMA journal_mode = OFF").fetchone()
            db.executescript("PRAGMA incremental_vacuum")  # execute() would free a single page
    except sqlite3.Error as error:
        raise translated(error) from error


def counts(path: Path) -> dict[str, int]:
    """Rows of each table a manifest names, of those the database has; and its schema's number as "schema"."""
    with closing(_unsafe(path)) as db:
        return _counts(db)


def verify(path: Path, expected: dict[str, int]) -> None:
    """Look a copy over as a whole. Raises Damaged where SQLite finds a fault, or it has other rows than `expected`."""
    try:
        with closing(_unsafe(path)) as db:
            faults = [row[0] for row in db.execute(f"PRAGMA integrity_check({FAULTS})")]
            if faults != ["ok"]:
                raise Damaged("; ".join(faults)[:500])
            found = _counts(db)
    except sqlite3.Error as error:
        raise Damaged(str(error)) from error
    wrong = {name: (number, found.get(name)) for name, number in expected.items() if found.get(name) != number}
    if wrong:
        name, (wanted, held) = next(iter(wrong.items()))
        raise Damaged(f"{name}: {wanted} expected, {held} found")


def settle(path: Path, by: str, source: str, now_ms: int, *, hold: bool) -> int:
    """Make a restored copy ready to be used: this release's schema, and nothing sent twice.

    With `hold` all that waited to be sent is held; what was sent since the backup would go out again. Returns how many
    messages that is. Raises MigrationError.
    """
    migrate.prepare(path)
    with closing(connect(path)) as db:
        db.execute("BEGIN IMMEDIATE")
        open_ = db.execute("SELECT id FROM queue_items WHERE state IN ('waiting', 'active')").fetchall() if hold else []
        for (item_id,) in open_:
            queue.hold(db, None, item_id, now_ms)
        _skip_seqs(db)
        audit.record(db, by, "backup.restored", about=source, now_ms=now_ms)
        db.execute("COMMIT")
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    return len(open_)


def _skip_seqs(db: sqlite3.Connection) -> None:
    if not db.execute("UPDATE sqlite_sequence SET seq = seq + ? WHERE name = 'changes'", (SEQS_SKIPPED,)).rowcount:
        db.execute("INSERT INTO sqlite_sequence (name, seq) VALUES ('changes', ?)", (SEQS_SKIPPED,))


def _bytes(db: sqlite3.Connection) -> int:
    pages, page = (db.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "page_size"))
    return int(pages * page)


def _counts(db: sqlite3.Connection) -> dict[str, int]:
    there = {row[0] for row in db.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")}
    found = {name: db.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in COUNTED if name in there}
    return {"schema": db.execute("PRAGMA user_version").fetchone()[0], **found}


def _unsafe(path: Path) -> sqlite3.Connection:
    """A connection to a copy, which nobody else uses and which may be thrown away: no journal, no syncs."""
    db = sqlite3.connect(path, isolation_level=None)
    db.execute("PRAGMA synchronous = OFF")
    db.execute("PRAGMA trusted_schema = OFF")
    db.execute("PRAGMA cache_size = -4096")
    return db
