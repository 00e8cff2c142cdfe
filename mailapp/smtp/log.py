"""Tells the mail log what the entrance refused; deliveries tell it themselves."""

from mailapp import maillog
from mailapp.mail.envelope import Envelope


class MailLog:
    """The SmtpLog of the running server."""

    def accepted(self, envelope: Envelope, size: int, reference: str) -> None:
        """Told by flow/delivery.py already, with its duration."""

    def refused(self, peer: str, reply: str, reverse_path: str, forward_path: str) -> None:
        maillog.refused(peer, reverse_path, forward_path, reply)

    def closed(self, peer: str, reason: str) -> None:
        maillog.connection_closed(peer, reason)
