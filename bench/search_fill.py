"""Fills an account through the store, full text included: python -m bench.search_fill DATABASE ADDRESS COUNT [FIRST].

Every message is what a delivery writes (store/arrivals.py), spread over two years; only SMTP and MIME are left out,
and syncing. Run it while no server has the database open.
"""

import sys
import time
from contextlib import closing
from pathlib import Path

from bench.letters import Letters
from mailapp.flow.understanding import words_of
from mailapp.mail.message import Message, Person
from mailapp.store import accounts, arrivals, mailboxes
from mailapp.store.contents import CHUNK
from mailapp.store.database import connect

SPAN_MS = 63_072_000_000
TOTAL = 1_000_000
BATCH = 1_000
_PEOPLE = 5_000


def fill(database: Path, address: str, count: int, first: int = 0, total: int = TOTAL) -> tuple[float, int]:
    """Add letters number `first` to `first + count` of `total`; returns (seconds, bytes of text)."""
    started, written = time.monotonic(), 0
    letters, ids = Letters(first + len(address)), arrivals.MessageIds()
    oldest = time.time_ns() // 1_000_000 - SPAN_MS
    with closing(connect(database)) as db:
        db.execute("PRAGMA synchronous = OFF")
        db.execute("PRAGMA cache_size = -200000")
        account = accounts.by_address(db, address)
        assert account is not None
        for start in range(first, first + count, BATCH):
            db.execute("BEGIN IMMEDIATE")
            for number in range(start, min(start + BATCH, first + count)):
                written += _one(db, letters, ids, account.id, address, number, oldest + number * (SPAN_MS // total))
            db.execute("COMMIT")
    return time.monotonic() - started, written


def _one(db, letters, ids, account_id, address, number, at_ms) -> int:  # type: ignore[no-untyped-def]
    person = number * 7919 % _PEOPLE
    message = Message(
        subject=letters.subject(),
        from_=(Person(f"Sender {person}", f"s{person}@sender{person % 300}.example"),),
        to=(Person("", address),),
        text_source=letters.text(number),
    )
    content = f"From: s{person}\r\nSubject: {message.subject}\r\n\r\n{message.text}".encode()
    assert len(content) < CHUNK
    arrival = arrivals.Arrival(
        content=content,
        size=len(content) + (6_000_000 if number % 1_009 == 0 else 0),
        date_ms=at_ms,
        from_name=message.from_[0].name,
        from_address=message.from_[0].address,
        subject=message.subject,
        preview=message.text[:140],
        attachment_count=int(number % 11 == 0),
        reverse_path=message.from_[0].address,
        references=(f"{number}@{address}",),
        words=words_of(message),
        copies=(arrivals.Copy(account_id, (address,), b""),),
    )
    made = arrivals.add(db, ids, arrival, at_ms)[0].message_id
    if number % 3:
        db.execute("UPDATE messages SET seen = 1 WHERE id = ?", (made,))
        mailboxes.add_counts(db, mailboxes.by_role(db, account_id, "inbox"), 0, -1)
    if number % 5_003 == 0:
        db.execute("UPDATE messages SET flagged = 1 WHERE id = ?", (made,))
    return len((message.subject + message.text + message.from_[0].name + message.from_[0].address + address).encode())


if __name__ == "__main__":
    arguments = sys.argv[1:]
    seconds, size = fill(Path(arguments[0]), arguments[1], int(arguments[2]), int((arguments[3:] or ["0"])[0]))
    print(f"{seconds:.1f} s, {size} bytes of text", flush=True)
