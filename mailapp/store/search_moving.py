"""Moving the full-text rows a release before wrote into `search_dense`, a few at a time, oldest first.

Until a message is moved, and where it cannot be, it stands in `search` and is found there. A moved one's old row is
not taken out word by word, which would cost as much again: where nothing is left to move, the old table is put aside
and removed in pieces.
"""

import sqlite3

from mailapp.store import contents, messages, search_index, search_rows

KEPT = 500
"""Messages and drafts that stay in `search` and are written into the new one at once; with more, the old one stays."""
_TOTALS = bytes.fromhex("A08080808000" * 6)  # migrations/0010 says what for
_LEFT = "FROM messages INDEXED BY messages_by_id_searched WHERE search_number = 0 AND draft = 0"


def waiting(db: sqlite3.Connection) -> int:
    """About how many messages are still to be moved."""
    if db.execute("SELECT 1 FROM search_moving LIMIT 1").fetchone() is None:
        return 0
    return int(db.execute(f"SELECT count(*) {_LEFT}").fetchone()[0])


def step(db: sqlite3.Connection, limit: int) -> bool:
    """Move up to `limit` messages, or remove ten times as many pieces of the old table; False where all is done."""
    row = db.execute("SELECT account_id, next_number, moved_to, first_new FROM search_moving LIMIT 1").fetchone()
    if row is None:
        return _gone(db) and _clear(db, limit * 10)
    if not _move(db, limit, *row):
        db.execute("DELETE FROM search_moving WHERE account_id = ?", (row[0],))
        if db.execute("SELECT 1 FROM search_moving LIMIT 1").fetchone() is None:
            _put_aside(db)
    return True


def _move(db: sqlite3.Connection, limit: int, account_id: int, next_number: int, moved_to: int, first_new: int) -> bool:
    """Move an account's next ones; False where there are none."""
    numbered_from = search_rows.number_of(account_id, first_new)
    newer = db.execute(
        "SELECT message_id FROM search_numbers WHERE number >= ? AND number < ? ORDER BY number LIMIT 1",
        (numbered_from, search_rows.number_of(account_id + 1, 0)),
    ).fetchone()
    rows = db.execute(
        "SELECT m.id, m.account_id, c.words_version, m.delivered_to, m.also_delivered_to, m.size, m.attachment_count"
        " FROM messages m INDEXED BY messages_by_id_searched CROSS JOIN contents c ON c.id = m.content_id"
        " WHERE m.account_id = ? AND m.id > ? AND m.id < ? AND m.search_number = 0 AND m.draft = 0"
        " ORDER BY m.id LIMIT ?",
        (account_id, moved_to, newer[0] if newer else 1 << 62, min(limit, first_new - next_number)),
    ).fetchall()
    if not rows:
        return False
    numbered = list(enumerate([row[0] for row in rows], search_rows.number_of(account_id, next_number)))
    db.executemany("UPDATE messages SET search_number = ? WHERE id = ?", numbered)
    db.executemany("INSERT INTO search_numbers (number, message_id) VALUES (?, ?)", numbered)
    search_index.add_stored(db, [(row[0], given[0], _account(row)) for row, given in zip(rows, numbered, strict=True)])
    db.execute(
        "UPDATE search_moving SET next_number = ?, moved_to = ? WHERE account_id = ?",
        (next_number + len(rows), rows[-1][0], account_id),
    )
    return True


def _account(row: tuple[int, int, int, str, str, int, int]) -> str:
    _, account_id, version, delivered_to, also, size, files = row
    return search_index.account_words(account_id, version, messages.addressees(delivered_to, also), size, files)


def _put_aside(db: sqlite3.Connection) -> None:
    """Begin `search` anew, with what stays in it, where that is little."""
    if db.execute("SELECT 1 FROM search_data WHERE id > 10 LIMIT 1").fetchone() is None:
        return
    left = db.execute(
        f"SELECT id, account_id {_LEFT} UNION ALL SELECT id, account_id FROM messages"
        " WHERE id IN (SELECT message_id FROM drafts) LIMIT ?",
        (KEPT + 1,),
    ).fetchall()
    if len(left) > KEPT:
        return
    created = db.execute("SELECT sql FROM sqlite_schema WHERE name = 'search'").fetchone()[0]
    db.execute("ALTER TABLE search RENAME TO search_gone")
    db.execute(created)
    for message_id, _ in left:
        _add_again(db, message_id)


def _gone(db: sqlite3.Connection) -> bool:
    return db.execute("SELECT 1 FROM sqlite_schema WHERE name = 'search_gone'").fetchone() is not None


def _add_again(db: sqlite3.Connection, message_id: int) -> None:
    row = db.execute(
        "SELECT m.id, m.account_id, c.words_version, m.delivered_to, m.also_delivered_to, m.size, m.attachment_count,"
        " m.content_id FROM messages m JOIN contents c ON c.id = m.content_id WHERE m.id = ?",
        (message_id,),
    ).fetchone()
    search_index.add(db, message_id, 0, _account(row[:7]), contents.words(db, row[7]))


def _clear(db: sqlite3.Connection, pieces: int) -> bool:
    """Remove pages of the table put aside: dropped whole, 2 GB of them would hold up deliveries for seconds. False
    where that was all.
    """
    pages = db.execute(
        "DELETE FROM search_gone_data WHERE id IN (SELECT id FROM search_gone_data WHERE id > 10 LIMIT ?)", (pieces,)
    ).rowcount
    if pages:
        return True
    db.execute("DROP TABLE search_gone")
    # a transaction of its own after the table was made: FTS5 writes its counts at the end of one
    db.execute("UPDATE search_data SET block = ? WHERE id = 1", (_TOTALS,))
    return False
