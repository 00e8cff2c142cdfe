"""Arrivals as tests write them."""

import sqlite3

from mailapp.store import search_pairs
from mailapp.store.arrivals import Arrival, Copy
from mailapp.store.contents import Words


def arrival(
    *account_ids: int,
    content: bytes | int = b"Subject: x\r\n\r\ny\r\n",
    subject: str = "验证码",
    words: tuple[str, str, str, str] = ("验 证 码", "lin yuanye example", "您 的 验 证 码 是", ""),
    references: tuple[str, ...] = (),
    address: str = "lin@yuanye.example",
) -> Arrival:
    """One message for these accounts."""
    return Arrival(
        content=content,
        size=len(content) if isinstance(content, bytes) else 1,
        date_ms=None,
        from_name="GitHub",
        from_address="noreply@github.example",
        subject=subject,
        preview="preview",
        attachment_count=0,
        reverse_path="",
        references=references,
        words=Words(1, *words),
        copies=tuple(Copy(one, (address,), b"") for one in account_ids),
    )


def indexed(db: sqlite3.Connection, expression: str) -> list[int]:
    """Ids of the messages whose full-text row answers an FTS5 expression, wherever it stands."""
    dense = (
        "SELECT message_id FROM search_dense s JOIN search_numbers n ON n.number = s.rowid WHERE search_dense MATCH ?"
    )
    rows = db.execute(f"{dense} UNION ALL SELECT rowid FROM search WHERE search MATCH ?", (expression, expression))
    return sorted(row[0] for row in rows)


def check_index(db: sqlite3.Connection) -> None:
    """Raises sqlite3.DatabaseError where the full text is not whole."""
    for table in ("search", "search_dense"):
        db.execute(f"INSERT INTO {table} ({table}) VALUES ('integrity-check')")
    stray = "SELECT count(*) FROM search_numbers n LEFT JOIN messages m ON m.id = n.message_id"
    assert db.execute(f"{stray} WHERE m.search_number IS NOT n.number").fetchone() == (0,)
    rows = db.execute("SELECT number >> 26, message_id FROM search_numbers ORDER BY number").fetchall()
    assert rows == sorted(rows), "the numbers of an account rise with its ids"
    foreign = "SELECT count(*) FROM messages WHERE search_number > 0 AND search_number >> 26 <> account_id"
    assert db.execute(foreign).fetchone() == (0,)


def note_pairs(db: sqlite3.Connection, pieces: int, buckets: int) -> None:
    """Note pairs as the background does, so many pieces at most, and make blocks of them, so many rows at most."""
    while pieces and (found := search_pairs.waiting(db)):
        piece = search_pairs.Piece(*found)
        while not piece.full:
            search_pairs.gather(db, piece, 0)
        assert search_pairs.write(db, piece)
        pieces -= 1
    while buckets > 0 and (part := search_pairs.full(db, min(buckets, 100))):
        search_pairs.join(db, part)
        buckets -= 100
