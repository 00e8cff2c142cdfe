"""The message-ids a message names, as messages.refs holds them: hashes, 8 bytes each."""

import struct
from collections.abc import Sequence


def pack(hashes: Sequence[int]) -> bytes:
    return struct.pack(f">{len(hashes)}q", *hashes)


def unpack(packed: bytes) -> tuple[int, ...]:
    """What `pack` packed."""
    return struct.unpack(f">{len(packed) // 8}q", packed)
