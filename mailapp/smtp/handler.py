"""What the SMTP entrance needs from the rest: a receiver of mail, and somewhere to tell what happened."""

from typing import Protocol

from mailapp.mail.content import Content
from mailapp.mail.envelope import Envelope
from mailapp.mail.transaction import Transaction


class Receiver(Protocol):
    """Who decides on recipients and takes messages over."""

    async def check_recipient(self, address: str) -> None:
        """Return when mail for the address is taken; raise MailFailure with the reply when it is not.

        The address is as the client spelled it, without angle brackets; "postmaster" may come without a domain.
        """

    async def deliver(self, envelope: Envelope, content: Content, *, transaction: Transaction) -> str:
        """Take responsibility for the message and return a short ASCII id for the reply; raises MailFailure.

        Notes in `transaction` when it was understood and when it was on disk.
        Content may be read from other threads, until this returns. It is never cancelled when the client goes away.
        """


class SmtpLog(Protocol):
    """Told what happened at the entrance. Never gets content. Must not raise and must not block."""

    @property
    def watching(self) -> bool:
        """Whether somebody wants to hear of transactions while they go on."""

    def accepted(self, envelope: Envelope, size: int, reference: str) -> None:
        """A message was answered 250."""

    def refused(self, peer: str, reply: str, reverse_path: str, forward_path: str) -> None:
        """A connection, a recipient or a message got a 4yz or 5yz; paths are "" where there is none."""

    def closed(self, peer: str, reason: str) -> None:
        """A connection was closed for a limit or a timeout; `reason` is the reply sent."""

    def progressed(self, transaction: Transaction) -> None:
        """A transaction came a step further; told only while `watching`."""

    def ended(self, transaction: Transaction) -> None:
        """A transaction is over, or a connection that came to none."""


class NullLog:
    """An SmtpLog that drops everything."""

    watching = False

    def accepted(self, envelope: Envelope, size: int, reference: str) -> None:
        pass

    def refused(self, peer: str, reply: str, reverse_path: str, forward_path: str) -> None:
        pass

    def closed(self, peer: str, reason: str) -> None:
        pass

    def progressed(self, transaction: Transaction) -> None:
        pass

    def ended(self, transaction: Transaction) -> None:
        pass
