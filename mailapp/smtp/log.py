"""Tells the mail log what the entrance refused (deliveries tell it themselves), and the receiving log everything."""

from mailapp import maillog
from mailapp.flow.receiving_log import ReceivingLog
from mailapp.mail.envelope import Envelope
from mailapp.mail.transaction import Transaction


class MailLog:
    """The SmtpLog of the running server."""

    def __init__(self, receiving: ReceivingLog) -> None:
        self._receiving = receiving

    @property
    def watching(self) -> bool:
        return self._receiving.watching

    def accepted(self, envelope: Envelope, size: int, reference: str) -> None:
        """Told by flow/delivery.py already, with its duration."""

    def refused(self, peer: str, reply: str, reverse_path: str, forward_path: str) -> None:
        maillog.refused(peer, reverse_path, forward_path, reply)

    def closed(self, peer: str, reason: str) -> None:
        maillog.connection_closed(peer, reason)

    def progressed(self, transaction: Transaction) -> None:
        self._receiving.progressed(transaction)

    def ended(self, transaction: Transaction) -> None:
        self._receiving.ended(transaction)
