"""Who may be claimed: so many claims of each relay are under way, that one which stalls holds up no mail of another."""

import sqlite3
from collections import Counter
from collections.abc import Iterable

from mailapp.store import queue, relays
from mailapp.values import dataclass

BATCH = 20
"""Items claimed at once."""
AHEAD = 250
"""Items of one relay claimed and not done with: its connections are busy, and memory holds little."""
HERE = -1
"""In place of a relay's id: delivered here."""
NO_RELAY = 0


@dataclass(frozen=True, slots=True)
class Way:
    """A lane of the queue and where it leads."""

    lane: str
    next_ms: int
    relay_id: int
    """The relay its mail goes to first, HERE, or NO_RELAY."""


def ways(db: sqlite3.Connection) -> list[Way]:
    """Every lane with an attempt planned, the longest due first."""
    return [Way(lane.name, lane.next_ms, _first(db, lane.name)) for lane in queue.lanes(db)]


def _first(db: sqlite3.Connection, lane: str) -> int:
    if lane == queue.HERE:
        return HERE
    return next((one.id for one in relays.for_domain(db, lane)), NO_RELAY)


class Crowds:
    """Counts claims under way by where they go."""

    def __init__(self) -> None:
        self._under_way: Counter[int] = Counter()
        self._leads: dict[str, int] = {}
        """Lane -> relay id, as last looked at."""

    def full(self, found: Iterable[Way]) -> frozenset[str]:
        """Lanes of which nothing is claimed now."""
        self._leads = {way.lane: way.relay_id for way in found}
        return frozenset(lane for lane, relay_id in self._leads.items() if self._under_way[relay_id] > AHEAD - BATCH)

    def enter(self, lane: str) -> int:
        """A claim of this lane is under way; where it counts."""
        relay_id = self._leads.get(lane, NO_RELAY)
        self._under_way[relay_id] += 1
        return relay_id

    def leave(self, relay_id: int) -> bool:
        """It is done with; whether there is room again since."""
        self._under_way[relay_id] -= 1
        return self._under_way[relay_id] == AHEAD - BATCH
