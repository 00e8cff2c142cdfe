"""One message on its way: what is known about each of its recipients so far."""

import re
from collections.abc import Sequence

from mailapp.mail.address import fold, split
from mailapp.transport.target import MAIL, RelayError, Reply
from mailapp.transport.wire import Lost

_PATH = re.compile(r"[^\x00-\x20\x7f<>]+")
_TOO_MANY = ("5.5.3", "4.5.3")


class Transaction:
    """Collects replies; the order is that of the recipients given."""

    def __init__(self, recipients: Sequence[str], utf8: bool) -> None:
        self.step = MAIL
        """Where the conversation is, for what is said when it breaks."""
        self.results: list[Reply | None] = [None] * len(recipients)
        """Final words, None while there is none."""
        self.accepted: list[int] = []
        self.commands: list[bytes] = []
        """RCPT for each recipient that can be named at all."""
        self._asked: list[int] = []
        self._heard = 0
        for index, address in enumerate(recipients):
            path = wire_path(address, utf8) if address else None
            if path is None:
                self.results[index] = Reply(553, "5.1.3", "The address cannot be sent")
            else:
                self._asked.append(index)
                self.commands.append(b"RCPT TO:<" + path + b">")

    def hear_mail(self, reply: Reply) -> bool:
        """Take the answer to MAIL: a refusal counts for everybody. Raises RelayError for 421: the relay is leaving."""
        if reply.code == 421:
            raise RelayError(MAIL, "rejected", str(reply), reply=reply)
        if not reply.ok:
            for index in self._asked:
                self.results[index] = refusal(reply)
        return reply.ok

    def hear_rcpt(self, reply: Reply) -> None:
        """Take the answer to the next RCPT."""
        index = self._asked[self._heard]
        self._heard += 1
        if self.results[index] is not None:
            return  # MAIL was refused already
        if reply.ok:
            self.accepted.append(index)
            return
        reply = refusal(reply)
        if reply.code == 552 and reply.status in _TOO_MANY:
            # RFC 5321 4.5.3.1.10: old servers say 552 for "enough for one message", and mean 452.
            reply = Reply(452, "4.5.3", reply.text)
        self.results[index] = reply

    def settle(self, reply: Reply) -> None:
        """Take a final word on everybody who was accepted."""
        for index in self.accepted:
            self.results[index] = reply

    def finished(self) -> list[Reply]:
        """All results; there is one for every recipient."""
        return [reply for reply in self.results if reply is not None]


def refusal(reply: Reply) -> Reply:
    """The same reply, if it refuses; raises Lost for 2yz and 3yz where they make no sense."""
    if reply.code < 400:
        raise Lost("nonsense")
    return reply


def wire_path(address: str, utf8: bool) -> bytes | None:
    """An address as it stands between angle brackets; None when it cannot. "" is the null path.

    Without SMTPUTF8 the domain goes out in A-labels (RFC 5891); a local part beyond ASCII cannot go out at all.
    """
    if not address:
        return b""
    if not _PATH.fullmatch(address):
        return None
    if not utf8 and not address.isascii():
        local, domain = split(address)
        address = f"{local}@{split(fold(f'x@{domain}'))[1]}"
    try:
        return address.encode("utf-8" if utf8 else "ascii")
    except UnicodeEncodeError:
        return None
