"""Filing: move, flag, delete, undo; then the event."""

import time
from collections.abc import Sequence
from dataclasses import dataclass

from mailapp.events import Bus, Changed
from mailapp.store import changes, filings, image_consents
from mailapp.store.database import Database

IDS_LIMIT = 500
"""Messages one act may name."""


@dataclass(frozen=True, slots=True)
class Filed:
    """What an act did: the messages it changed, and what undoes it (None: nothing does)."""

    ids: tuple[int, ...]
    undo_id: int | None = None


class Filing:
    """Changes to messages that are stored already. Ids of other accounts are passed over in silence."""

    def __init__(self, database: Database, bus: Bus) -> None:
        self._database = database
        self._bus = bus

    async def set_seen(self, account_id: int, ids: Sequence[int], seen: bool) -> Filed:
        changed = await self._database.write(filings.set_seen, account_id, ids[:IDS_LIMIT], seen)
        return await self._told(account_id, Filed(tuple(changed)))

    async def set_flagged(self, account_id: int, ids: Sequence[int], flagged: bool) -> Filed:
        changed = await self._database.write(filings.set_flagged, account_id, ids[:IDS_LIMIT], flagged)
        return await self._told(account_id, Filed(tuple(changed)))

    async def move(self, account_id: int, ids: Sequence[int], mailbox_id: int) -> Filed:
        """Raises LookupError where the account has no such mailbox."""
        moved, undo_id = await self._database.write(filings.move, account_id, ids[:IDS_LIMIT], mailbox_id, _now_ms())
        return await self._told(account_id, Filed(tuple(moved), undo_id))

    async def delete(self, account_id: int, ids: Sequence[int]) -> Filed:
        """To the trash; what lies there already goes for good, and nothing undoes that."""
        gone, undo_id = await self._database.write(filings.delete, account_id, ids[:IDS_LIMIT], _now_ms())
        return await self._told(account_id, Filed(tuple(gone), undo_id))

    async def undo(self, account_id: int, undo_id: int) -> Filed:
        """Put messages back; no ids where it is too late or was done before."""
        back = await self._database.write(filings.undo, account_id, undo_id, _now_ms())
        return await self._told(account_id, Filed(tuple(back)))

    async def consent_to_images(self, account_id: int, address: str) -> None:
        """Show remote images of mail from this folded address without asking, from now on."""
        await self._database.write(image_consents.add, account_id, address)

    async def _told(self, account_id: int, filed: Filed) -> Filed:
        if filed.ids:
            seq = await self._database.read(changes.latest)
            self._bus.publish(Changed(account_id, seq, filed.ids))
        return filed


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
