"""Why a message was not accepted: one bit, temporary or permanent, decided where the error is known."""


class MailFailure(Exception):
    """A refusal with its SMTP reply (RFC 5321 4.2) and enhanced status code (RFC 3463).

    `text` goes out on the wire: plain ASCII, no secret and nothing of the mail.
    """

    code = 451
    status = "4.3.0"

    def __init__(self, text: str, *, code: int | None = None, status: str | None = None) -> None:
        super().__init__(text)
        self.text = text
        self.code = self.code if code is None else code
        self.status = self.status if status is None else status

    @property
    def reply(self) -> str:
        """The whole reply line, without CRLF."""
        return f"{self.code} {self.status} {self.text}"


class TemporaryFailure(MailFailure):
    """4yz: the sender keeps the message and tries again."""


class PermanentFailure(MailFailure):
    """5yz: the sender gives the message up and tells its author."""

    code = 554
    status = "5.0.0"
