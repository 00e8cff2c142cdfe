"""What all connections of one server share."""

from mailapp.smtp.handler import Receiver, SmtpLog
from mailapp.smtp.limits import Connections
from mailapp.smtp.settings import SmtpLimits, SmtpSettings
from mailapp.smtp.spool import MemoryBudget
from mailapp.smtp.tls import Certificates
from mailapp.values import dataclass


@dataclass(slots=True)
class SmtpContext:
    """Made by the server, handed to every connection."""

    settings: SmtpSettings
    receiver: Receiver
    log: SmtpLog
    connections: Connections
    memory: MemoryBudget
    spool: MemoryBudget
    certificates: Certificates | None

    @property
    def limits(self) -> SmtpLimits:
        """Short for settings.limits."""
        return self.settings.limits
