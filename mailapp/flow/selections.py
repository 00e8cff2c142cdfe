"""What an act is done to: messages named one by one, or everything a list shows, read in batches.

Whatever can name its messages newest first in batches is a selection; a list may be a search.
"""

import sqlite3
from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

from mailapp.store import messages
from mailapp.store.messages import View
from mailapp.values import dataclass

TOP = 1 << 62
"""Above every message id."""


class Selection(Protocol):
    """Messages of one account."""

    def batch(self, db: sqlite3.Connection, below: int, limit: int) -> tuple[list[int], int]:
        """Up to `limit` of its ids below one, newest first, and below what to ask next, 0 at the end; inside a read
        function.

        Asked again and again: what an act takes out of it meanwhile, and what arrives, must not matter.
        """
        ...


@dataclass(frozen=True, slots=True)
class Chosen:
    """Messages named one by one; those of other accounts are passed over by every act."""

    ids: Sequence[int]

    def batch(self, db: sqlite3.Connection, below: int, limit: int) -> tuple[list[int], int]:
        found = sorted((each for each in set(self.ids) if each < below), reverse=True)[:limit]
        return found, found[-1] if found else 0


@dataclass(frozen=True, slots=True)
class Many(Chosen):
    """The same where there are too many to be done at once: the messages of a long conversation."""


@dataclass(frozen=True, slots=True)
class Everything:
    """All that a list shows, up to the newest message its reader saw: what arrives meanwhile is left alone.

    Of a list of conversations all their messages in it, not only those that stand for them.
    """

    view: View
    newest: int = TOP - 1

    def batch(self, db: sqlite3.Connection, below: int, limit: int) -> tuple[list[int], int]:
        return messages.batch(db, replace(self.view, threaded=False), min(below, self.newest + 1), limit)
