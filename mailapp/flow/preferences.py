"""What an account chooses about writing: how long sending can be undone, and its signatures."""

import sqlite3
from collections.abc import Mapping

from mailapp.mail.address import fold
from mailapp.store import accounts, adapted_senders, addresses, signatures
from mailapp.store.database import Database

SIGNATURE_LONGEST = 2_000
"""Characters."""


async def set_writing(database: Database, account_id: int, undo_send_s: int, texts: Mapping[str, str]) -> None:
    """Write the seconds and the signature of each address in `texts`; addresses of others are left out.

    Who caches accounts has to forget them after this.
    """

    def write(db: sqlite3.Connection) -> None:
        accounts.set_undo_send(db, account_id, undo_send_s)
        own = addresses.of_account(db, account_id)
        for address, text in texts.items():
            if fold(address) in own:
                signatures.set_(db, account_id, fold(address), text[:SIGNATURE_LONGEST])

    await database.write(write)


async def set_adapted(database: Database, account_id: int, address: str, adapted: bool) -> None:
    """Adapt mail of this folded address to the dark from now on, or show it as it was sent."""
    await database.write(adapted_senders.set_, account_id, address, adapted)
