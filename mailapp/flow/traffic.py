"""What comes and goes, counted where it happens; the receiving log writes it down with what it writes (by the hour)."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence

IN, IN_BYTES = "in", "in_bytes"
REFUSED, DEFERRED_IN = "refused", "deferred_in"
CODES = "codes"
SENT, DEFERRED, FAILED = "sent", "deferred", "failed"
DATABASE, FREE = "database", "free"
"""Gauges, in bytes."""
STORED, SHOWN = "stored", "shown"
"""Latencies: from the final dot to the disk, and to an open page."""
BOUNDS_MS = (1, 2, 3, 5, 7, 10, 15, 20, 30, 50, 75, 100, 150, 200, 300, 500, 750, 1_000, 2_000, 5_000, 10_000)
"""Upper ends of the classes latencies are counted in; one more class holds what took longer."""


class Traffic:
    """One per process, on the event loop. Counting is a look into a dict."""

    def __init__(self) -> None:
        self.totals: Counter[str] = Counter()
        """Since the start, latencies as <step>.<class>."""
        self.sums_ms = {STORED: 0.0, SHOWN: 0.0}
        self._unwritten: Counter[str] = Counter()

    def count(self, kind: str, number: int = 1) -> None:
        self._unwritten[kind] += number

    def took(self, step: str, ms: float) -> None:
        """A latency, STORED or SHOWN."""
        self._unwritten[f"{step}.{bisect_left(BOUNDS_MS, ms)}"] += 1
        self.sums_ms[step] += ms

    @property
    def waits(self) -> bool:
        """Something is counted that is not written yet."""
        return bool(self._unwritten)

    def take(self) -> Counter[str]:
        """What is counted and not written; whoever takes it writes it, or gives it back."""
        taken, self._unwritten = self._unwritten, Counter()
        self.totals.update(taken)
        return taken

    def now(self) -> Counter[str]:
        """Everything since the start."""
        return self.totals + self._unwritten


def quantile(classes: Sequence[int], part: float) -> float | None:
    """The latency in ms below which `part` (0 to 1) of what is counted lies, evenly within its class; None: nothing."""
    wanted, below = sum(classes) * part, 0
    if not wanted:
        return None
    for number, held in enumerate(classes):
        if held and below + held >= wanted:
            low = BOUNDS_MS[number - 1] if number else 0
            high = BOUNDS_MS[min(number, len(BOUNDS_MS) - 1)]
            return low + (high - low) * (wanted - below) / held
        below += held
    return None
