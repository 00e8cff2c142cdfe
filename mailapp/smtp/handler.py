"""What the SMTP entrance needs from the rest: a receiver of mail, and somewhere to tell what happened."""

from typing import Protocol

from mailapp.mail.content import Content
from mailapp.mail.envelope import Envelope


class Receiver(Protocol):
    """Who decides on recipients and takes messages over."""

    async def check_recipient(self, address: str) -> None:
        """Return when mail for the address is taken; raise MailFailure with the reply when it is not.

        The address is as the client spelled it, without angle brackets; "postmaster" may come without a domain.
        """

    async def deliver(self, envelope: Envelope, content: Content) -> str:
        """Take responsibility for the message and return a short ASCII id for the reply; raises MailFailure.

        Content may be read from other threads, until this returns. It is never cancelled when the client goes away.
        """


class SmtpLog(Protocol):
    """Told what happened at the entrance. Never gets content. Must not raise and must not block."""

    def accepted(self, envelope: Envelope, size: int, reference: str) -> None:
        """A message was answered 250."""

    def refused(self, peer: str, reply: str, reverse_path: str, forward_path: str) -> None:
        """A connection, a recipient or a message got a 4yz or 5yz; paths are "" where there is none."""

    def closed(self, peer: str, reason: str) -> None:
        """A connection was closed for a limit or a timeout; `reason` is the reply sent."""


class NullLog:
    """An SmtpLog that drops everything."""

    def accepted(self, envelope: Envelope, size: int, reference: str) -> None:
        pass

    def refused(self, peer: str, reply: str, reverse_path: str, forward_path: str) -> None:
        pass

    def closed(self, peer: str, reason: str) -> None:
        pass
