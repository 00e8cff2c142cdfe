"""How much of what an account may hold it does hold."""

from mailapp.mail.sizes import size_text
from mailapp.store.quotas import WARN_PERCENT
from mailapp.values import dataclass


@dataclass(frozen=True, slots=True)
class Share:
    used: str
    quota: str
    percent: int
    """May be above 100."""

    @property
    def width(self) -> int:
        """Of its bar, whose ground is 100 wide."""
        return min(self.percent, 100)

    @property
    def look(self) -> str:
        """good, warn or danger."""
        return "danger" if self.percent >= 100 else "warn" if self.percent >= WARN_PERCENT else "good"


def share_of(used: int, quota: int) -> Share | None:
    """None where there is no quota."""
    return Share(size_text(used), size_text(quota), used * 100 // quota) if quota else None
