"""What keeps mailboxes within their bounds, side by side: emptying, retention, warnings."""

import asyncio
import time
from collections.abc import Callable

from mailapp.events import Bus
from mailapp.flow.delivery import Delivery
from mailapp.flow.emptying import Emptying
from mailapp.flow.quota_warnings import QuotaWarnings
from mailapp.flow.retention import Retention
from mailapp.store.database import Database


class Housekeeping:
    """One per process."""

    def __init__(
        self, database: Database, bus: Bus, delivery: Delivery, hostname: str, clock: Callable[[], float] = time.time
    ) -> None:
        self.emptying = Emptying(database, bus, clock)
        self.retention = Retention(database, bus, delivery.precedence, clock)
        self.warnings = QuotaWarnings(database, delivery, hostname, clock)

    async def run(self) -> None:
        """Do it all, until cancelled."""
        await asyncio.gather(self.emptying.run(), self.retention.run(), self.warnings.run())
