"""The message-ids a message names, as messages.refs holds them: hashes, 8 bytes each."""

import sqlite3
import struct
from collections.abc import Sequence
from functools import lru_cache

from mailapp.store import bulk


def pack(hashes: Sequence[int]) -> bytes:
    return struct.pack(f">{len(hashes)}q", *hashes)


def unpack(packed: bytes) -> tuple[int, ...]:
    """What `pack` packed."""
    return struct.unpack(f">{len(packed) // 8}q", packed)


def known(db: sqlite3.Connection, named: Sequence[tuple[int, int]]) -> set[tuple[int, int]]:
    """Which (account, hash of a message-id) of those named stored messages name too."""
    asked = list(dict.fromkeys(named))
    found: set[tuple[int, int]] = set()
    for piece in bulk.slices(asked):
        found |= set(db.execute(_known_of(len(piece)), [value for pair in piece for value in pair]))
    return found


@lru_cache(maxsize=32)
def _known_of(count: int) -> str:
    # one row for each, however many messages of a long thread name it
    return (
        f"WITH named (account_id, hash) AS (VALUES {bulk.marks(2, count)}) SELECT account_id, hash FROM named"
        " WHERE EXISTS (SELECT 1 FROM message_refs r WHERE r.account_id = named.account_id AND r.hash = named.hash)"
    )
