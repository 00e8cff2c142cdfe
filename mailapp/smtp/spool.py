"""How much of the messages that arrive may lie in memory: small ones while there is room; the rest goes to disk."""


class MemoryBudget:
    """Message bytes in memory over all connections of one server."""

    __slots__ = ("peak", "total", "used")

    def __init__(self, total: int) -> None:
        self.total = total
        self.used = 0
        self.peak = 0

    def take(self, size: int) -> bool:
        """Reserve `size` bytes; False when they do not fit."""
        if self.used + size > self.total:
            return False
        self.used += size
        self.peak = max(self.peak, self.used)
        return True

    def give(self, size: int) -> None:
        """Return what was taken."""
        self.used -= size
