"""The upper half of a connection: mail transactions (RFC 5321 3.3)."""

import re
import time
from collections.abc import Sequence
from typing import Any

from mailapp.mail.envelope import Envelope
from mailapp.mail.errors import MailFailure, PermanentFailure
from mailapp.smtp.dialogue import Dialogue, log_unforeseen
from mailapp.smtp.receiving import Arrived, Receiving
from mailapp.smtp.replies import one_line

_ATOM = r"[^\x00-\x20\x7f<>()\[\]\\,;:@\"\ud800-\udfff]+"
_PATH = rf"<(?P<address>{_ATOM}@{_ATOM}|)>"
_PARAMS = r"(?P<params>(?: +(?:SIZE=[0-9]{1,18}|BODY=(?:7BIT|8BITMIME)|SMTPUTF8))*)"
_MAIL = re.compile(rf"FROM: ?{_PATH}{_PARAMS}", re.IGNORECASE)
_RCPT = re.compile(rf"TO: ?{_PATH}", re.IGNORECASE)
_SIZE = re.compile(r"SIZE=([0-9]+)")
_UNFIT = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")
_NULL_PATH = "<>"
"""How the base class writes the null reverse-path; its commands ask whether mail_from is true."""


class SmtpSession(Dialogue):
    """One client and the messages it brings."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self._refused = 0
        self._messages = 0

    async def smtp_MAIL(self, arg: str | None) -> None:
        """MAIL: the usual form here, any other in the base class, whose parser takes 0.1 ms."""
        if self._messages >= self.limits.messages:
            self.hang_up("421 4.7.0 Too many messages in one connection", linger=True)
            return
        match = _MAIL.fullmatch(arg or "")
        params = match["params"].upper() if match else ""
        extended = self.session.extended_smtp
        if not match or not self.session.host_name or self.envelope.mail_from or (params and not extended):
            await super().smtp_MAIL(arg)
            self._mailed()
            return
        if any(int(size) > self.context.settings.max_message_size for size in _SIZE.findall(params)):
            reply = "552 5.3.4 Message size exceeds fixed maximum"
            self.context.log.refused(self.peer, reply, match["address"], "")
            self.transaction.reverse_path, self.transaction.reply = match["address"], reply
            self.conclude()
            await self.answer(reply)
            return
        self.envelope.smtp_utf8 = "SMTPUTF8" in params
        self.envelope.mail_from = match["address"] or _NULL_PATH
        self._mailed()
        await self.answer(b"250 2.1.0 Ok")

    async def smtp_RCPT(self, arg: str | None) -> None:
        """RCPT: the receiver decides. A path given twice counts once."""
        match = _RCPT.fullmatch(arg or "")
        if match is None or not match["address"] or not self.envelope.mail_from:
            await super().smtp_RCPT(arg)
        else:
            await self.answer(await self._recipient(match["address"]))

    def _mailed(self) -> None:
        """Remember whom the transaction is from, once MAIL was accepted."""
        if self.envelope.mail_from:
            self.transaction.reverse_path = self._reverse_path
            self.transaction.mailed = now = time.monotonic()
            if not self.transaction.first:
                self.transaction.began = now  # not how long the client kept the connection open before it

    async def _recipient(self, address: str) -> str:
        if address in self.envelope.rcpt_tos:
            return "250 2.1.5 Ok"
        reply = await self._judged(address)
        self.transaction.ask(address, "" if reply[0] == "2" else reply, time.monotonic())
        self._progressed()
        return reply

    async def _judged(self, address: str) -> str:
        accepted = self.envelope.rcpt_tos
        if len(accepted) >= self.limits.recipients:
            return "452 4.5.3 Too many recipients"
        try:
            await self.context.receiver.check_recipient(address)
        except MailFailure as failure:
            reply = one_line(failure.reply)
            self.context.log.refused(self.peer, reply, self._reverse_path, address)
            self._refused += isinstance(failure, PermanentFailure)
            if self._refused > self.limits.refused_recipients:
                self.hang_up("421 4.7.0 Too many unknown recipients", linger=True)
            return reply
        except Exception as error:
            log_unforeseen("RCPT", error)
            return "451 4.3.0 Local error in processing"
        accepted.append(address)
        return "250 2.1.5 Ok"

    async def smtp_DATA(self, arg: str | None) -> None:
        """DATA: read the message, hand it over, answer when somebody has taken responsibility for it."""
        if arg is not None:
            await self.complain("501 5.5.4 Syntax: DATA")
        elif not self.envelope.mail_from:
            await self.complain("503 5.5.1 Need MAIL command")
        elif not self.envelope.rcpt_tos:
            await self.answer(b"554 5.5.1 No valid recipients")
        else:
            await self._message()

    async def _message(self) -> None:
        settings = self.context.settings
        receiving = Receiving(
            settings.max_message_size,
            self.limits.spool_threshold,
            self.context.memory,
            settings.spool_dir,
            self.context.spool,
        )
        try:
            await self.answer(b"354 End data with <CR><LF>.<CR><LF>")
            self._progressed()
            arrived = await self.receive(receiving)
            self.transaction.size = receiving.size
            if arrived is Arrived.TOO_MUCH:
                self.transaction.reply = "552 5.3.4 Message too big"
                self.hang_up(self.transaction.reply, linger=True)
            elif arrived is Arrived.WHOLE:
                await self.answer(await self._deliver(receiving))
        finally:
            receiving.release()
            self._set_post_data_state()

    async def _deliver(self, receiving: Receiving) -> str:
        self.deadline.never()
        self._messages += 1
        envelope, transaction = self._envelope(), self.transaction
        transaction.arrived = time.monotonic()
        self._progressed()
        try:
            if receiving.failure is not None:
                raise receiving.failure
            reference = await self.context.receiver.deliver(envelope, receiving.content(), transaction=transaction)
        except MailFailure as failure:
            reply = one_line(failure.reply)
        except Exception as error:
            log_unforeseen("DATA", error)
            reply = "451 4.3.0 Local error in processing"
        else:
            self.forgive()
            self.context.log.accepted(envelope, receiving.size, reference)
            transaction.reference = reference
            reply = one_line(f"250 2.0.0 Ok: {reference}")
        finally:
            self.deadline.within(self.limits.command_timeout)
        if not transaction.reference:
            self.context.log.refused(self.peer, reply, envelope.reverse_path, "")
        transaction.reply = reply
        self.conclude()
        return reply

    def _progressed(self) -> None:
        if self.context.log.watching:
            self.context.log.progressed(self.transaction)

    def _envelope(self) -> Envelope:
        protocol = "ESMTP" if self.session.extended_smtp else "SMTP"
        if self.envelope.smtp_utf8:
            protocol = "UTF8SMTP"
        return Envelope(
            reverse_path=self._reverse_path,
            forward_paths=tuple(self.envelope.rcpt_tos),
            peer=self.peer,
            helo=self.session.host_name or "",
            protocol=protocol + "S" if self.tls else protocol,
        )

    @property
    def _reverse_path(self) -> str:
        path = self.envelope.mail_from or ""
        return "" if path == _NULL_PATH else path

    async def smtp_RSET(self, arg: str | None) -> None:
        """RSET: forget the transaction."""
        if arg is not None:
            await self.complain("501 5.5.4 Syntax: RSET")
        else:
            self._set_rset_state()
            await self.answer(b"250 2.0.0 Ok")

    async def smtp_NOOP(self, arg: str | None) -> None:
        """NOOP."""
        await self.answer(b"250 2.0.0 Ok")

    async def smtp_VRFY(self, arg: str | None) -> None:
        """VRFY: never tells who is here (RFC 5321 7.3)."""
        if arg is None:
            await self.complain("501 5.5.4 Syntax: VRFY <address>")
        else:
            await self.answer(b"252 2.0.0 Cannot verify, but will take messages and attempt delivery")

    async def smtp_HELP(self, arg: str | None) -> None:
        """HELP."""
        await self.answer("214 2.0.0 Commands: " + " ".join(self.commands))

    async def smtp_QUIT(self, arg: str | None) -> None:
        """QUIT."""
        if arg is not None:
            await self.complain("501 5.5.4 Syntax: QUIT")
        else:
            await self.answer(b"221 2.0.0 Bye")
            self.close()

    async def _call_handler_hook(self, command: str, *args: Any) -> Any:
        """Base class hook, called with paths of unusual form."""
        if command == "RCPT":
            return await self._recipient(args[0])
        return await super()._call_handler_hook(command, *args)

    def _getaddr(self, arg: str) -> tuple[str | None, str | None]:
        """Base class hook: its parser raises on some input, and lets "<a@b" and control characters through."""
        if arg.startswith("<") and ">" not in arg:
            return None, None
        try:
            address, rest = super()._getaddr(arg)
        except Exception:
            return None, None
        if address and _UNFIT.search(address):
            return None, None
        return address, rest

    def _getparams(self, params: Sequence[str]) -> dict[str, str | bool] | None:
        """Base class hook: it takes "²" for a digit and then fails on it."""
        return super()._getparams(params) if all(param.isascii() for param in params) else None


# A table of the class: the base class would make one of bound methods per connection, and with it a reference cycle.
SmtpSession.commands = {
    name.removeprefix("smtp_"): getattr(SmtpSession, name)
    for name in dir(SmtpSession)
    if name.startswith("smtp_") and name not in {"smtp_AUTH", "smtp_EXPN"}
}
