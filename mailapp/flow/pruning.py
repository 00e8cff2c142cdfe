"""The journal of changes is kept short: who is too far behind reloads anyway."""

from functools import partial

from mailapp.flow.repeating import repeat
from mailapp.store import changes
from mailapp.store.database import Database

CHANGES_KEPT = 100_000
EVERY_S = 3_600


async def prune(database: Database) -> None:
    """Now and then, until cancelled."""
    work = partial(database.write, changes.prune, CHANGES_KEPT)
    await repeat(work, EVERY_S, "pruning the journal", rest_first=True)
