"""One connection of the relay in tests/relays.py: aiosmtpd, with a rule asked before every step."""

import asyncio
import base64
import ssl
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from aiosmtpd.smtp import MISSING, SMTP, AuthResult, LoginPassword

PATIENCE = 20.0


@dataclass(frozen=True)
class Received:
    """A message the relay took over."""

    reverse_path: str
    recipients: tuple[str, ...]
    content: bytes
    options: tuple[str, ...]
    encrypted: bool
    login: str


@dataclass
class Rule:
    """What happens at a step. `do`: answer, stall or drop. `times`: how often, None for ever."""

    step: str
    do: str
    reply: str = ""
    address: str = ""
    times: int | None = None
    stay: bool = False


@dataclass
class Book:
    """What a relay is told to do, and what came of it."""

    users: Mapping[str, str]
    without: frozenset[str]
    size_limit: int
    keep: bool
    eager: bool
    tls: str
    rules: list[Rule] = field(default_factory=list)
    messages: list[Received] = field(default_factory=list)
    count: int = 0
    """Messages taken over, also where they are not kept."""
    steps: list[str] = field(default_factory=list)
    """Steps that were reached, over all connections; mail and rcpt with their address: "rcpt b@x.example"."""
    plain: bytearray = field(default_factory=bytearray)
    """Everything that came in without encryption."""
    connections: int = 0
    open: "set[Session]" = field(default_factory=set)
    on_message: Callable[[Received], None] | None = None
    _changed: asyncio.Event = field(default_factory=asyncio.Event)

    async def received(self, count: int, timeout: float = PATIENCE) -> list[Received]:
        """Wait until so many messages were taken over."""
        await self.until(lambda: self.count >= count, timeout)
        return self.messages

    async def reached(self, step: str, count: int = 1, timeout: float = PATIENCE) -> None:
        """Wait until a step was reached so many times."""
        await self.until(lambda: sum(one.split()[0] == step for one in self.steps) >= count, timeout)

    async def until(self, condition: Callable[[], bool], timeout: float = PATIENCE) -> None:
        """Wait until a condition on this relay holds."""
        async with asyncio.timeout(timeout):
            while not condition():
                self._changed.clear()
                await self._changed.wait()

    def take(self, message: Received) -> None:
        self.count += 1
        if self.keep:
            self.messages.append(message)
        if self.on_message is not None:
            self.on_message(message)
        self._changed.set()

    def enter(self, session: "Session") -> None:
        self.connections += 1
        self.open.add(session)
        self._changed.set()

    def leave(self, session: "Session") -> None:
        self.open.discard(session)
        self._changed.set()

    def rule(self, step: str, address: str = "") -> Rule | None:
        self.steps.append(f"{step} {address}".strip())
        self._changed.set()
        for rule in self.rules:
            if rule.step == step and rule.times != 0 and rule.address in ("", address):
                if rule.times is not None:
                    rule.times -= 1
                return rule
        return None


class Hooks:
    """aiosmtpd's hooks. Each asks the rules first."""

    def __init__(self, relay: Book) -> None:
        self.relay = relay

    async def handle_EHLO(self, server: "Session", session: Any, _envelope: Any, name: str, lines: list[str]) -> Any:
        answer = await server.obey("ehlo")
        if answer:
            return [answer]
        session.host_name = name
        lines.insert(1, "250-PIPELINING")
        without = self.relay.without | (set() if self.relay.users else {"AUTH"})
        return [line for line in lines if line[4:].split()[0] not in without]

    async def handle_AUTH(self, server: "Session", _session: Any, _envelope: Any, _args: list[str]) -> Any:
        return await server.obey("auth") or MISSING

    async def handle_MAIL(
        self, server: "Session", _session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        answer = await server.obey("mail", address)
        if answer:
            return answer
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 2.1.0 OK"

    async def handle_RCPT(
        self, server: "Session", _session: Any, envelope: Any, address: str, _options: list[str]
    ) -> str:
        answer = await server.obey("rcpt", address)
        if answer and not answer.startswith("2"):
            return answer
        envelope.rcpt_tos.append(address)
        return answer or "250 2.1.5 OK"

    async def handle_DATA(self, server: "Session", session: Any, envelope: Any) -> str:
        message = Received(
            "" if envelope.mail_from == "<>" else envelope.mail_from,
            tuple(envelope.rcpt_tos),
            envelope.content,
            tuple(envelope.mail_options),
            server.encrypted,
            session.auth_data.login.decode() if session.authenticated else "",
        )
        rule = self.relay.rule("dot")
        if rule is None or rule.do != "answer" or rule.reply.startswith("2"):
            self.relay.take(message)
        return await server.carry_out(rule) or f"250 2.0.0 OK queued as {self.relay.count}"

    async def auth_XOAUTH2(self, server: "Session", args: list[str]) -> AuthResult:
        user, _, token = base64.b64decode(args[1]).decode().strip("\1").partition("\1")
        name, secret = user.removeprefix("user="), token.removeprefix("auth=Bearer ")
        if self.relay.users.get(name) == secret:
            return AuthResult(success=True, auth_data=LoginPassword(name.encode(), b""))
        await server.push("334 " + base64.b64encode(b'{"status":"401"}').decode())
        reader: Any = server._reader
        await reader.readline()
        return AuthResult(success=False, handled=False)


class Session(SMTP):
    """One connection."""

    def __init__(self, relay: Book, context: ssl.SSLContext | None) -> None:
        starttls = context if relay.tls == "starttls" else None
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a login without TLS is what some tests are about
            super().__init__(
                Hooks(relay),
                data_size_limit=relay.size_limit,
                enable_SMTPUTF8="SMTPUTF8" not in relay.without,
                hostname="relay.example",
                ident="ESMTP",
                tls_context=starttls,
                auth_required=bool(relay.users),
                auth_require_tls=bool(starttls) and "STARTTLS" not in relay.without,
                authenticator=self._check,
                loop=asyncio.get_running_loop(),
            )
        self.relay = relay
        self.encrypted = relay.tls == "implicit"
        self.stay = False
        self.in_content = False
        self.tcp: Any = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.tcp = transport
        super().connection_made(transport)
        self.relay.enter(self)

    def connection_lost(self, error: Exception | None) -> None:
        self.relay.leave(self)
        super().connection_lost(error)

    def data_received(self, data: bytes) -> None:
        if not self.encrypted:
            self.relay.plain += data
        if self.in_content:
            self.in_content = False
            rule = self.relay.rule("content")
            if rule is not None:
                self._spoil(rule)
                return
        super().data_received(data)

    def eof_received(self) -> bool | None:
        super().eof_received()
        return None  # close, also where a rule keeps aiosmtpd from doing it

    def cut(self) -> None:
        """End it as a broken network does."""
        self.tcp.abort()
        # In the middle of a TLS handshake nobody else is told.
        self.relay.leave(self)
        own: Any = self
        own._handler_coroutine.cancel()

    async def obey(self, step: str, address: str = "") -> str:
        """Do what the rules say; returns the reply to give, or ""."""
        return await self.carry_out(self.relay.rule(step, address))

    async def carry_out(self, rule: Rule | None) -> str:
        """Do what one rule says."""
        if rule is None:
            return ""
        if rule.do == "answer":
            self.stay = rule.stay
            return rule.reply
        if rule.do == "drop":
            self.cut()
        await asyncio.get_running_loop().create_future()  # until the connection ends
        raise AssertionError

    def _spoil(self, rule: Rule) -> None:
        if rule.do == "stall":
            self.tcp.pause_reading()
        elif rule.do == "drop":
            self.cut()
        else:
            self.tcp.write(rule.reply.encode() + b"\r\n")
            self.tcp.close()

    def _check(self, _server: Any, _session: Any, _envelope: Any, _mechanism: str, login: LoginPassword) -> AuthResult:
        good = self.relay.users.get(login.login.decode()) == login.password.decode()
        return AuthResult(success=good, handled=False, auth_data=login if good else None)

    async def push(self, status: Any) -> None:
        text = status if isinstance(status, str) else status.decode()
        if text.startswith("220 ") and "ESMTP" in text:
            text = await self.obey("connect") or text
        self.in_content = text.startswith("354")
        await super().push(text)
        if text.startswith("421") and not self.stay:
            self.tcp.close()

    async def smtp_STARTTLS(self, arg: str | None) -> None:
        answer = await self.obey("starttls")
        if answer:
            await self.push(answer)
            return
        # aiosmtpd's own goes around the event loop, which uvloop does not allow.
        await self.push("220 2.0.0 Go ahead")
        self.encrypted = True
        context: Any = self.tls_context
        try:
            transport: Any = await self.loop.start_tls(self.tcp, self, context, server_side=True)
        except OSError:
            self.cut()
            return
        own: Any = self
        own.transport = own.tcp = own._tls_protocol = transport
        own._writer._transport = own._reader._transport = transport
        peer = own.session.peer
        own.session = own._create_session()
        own.session.peer, own.session.ssl = peer, transport
        own._set_rset_state()

    async def smtp_DATA(self, arg: Any) -> None:
        answer = await self.obey("data")
        if answer:
            await self.push(answer)
            return
        envelope: Any = self.envelope
        if self.relay.eager and not envelope.rcpt_tos:
            envelope.rcpt_tos.append("")  # answers 354 whatever came before, as some do
        await super().smtp_DATA(arg)
