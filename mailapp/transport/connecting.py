"""Up to a connection that is ready for mail: TCP, TLS, EHLO and the login, spoken by aiosmtplib."""

import asyncio
import base64
import functools
import ipaddress
import socket
import ssl
from typing import Any, cast

import aiosmtplib

from mailapp.transport.target import (
    AUTH,
    CONNECT,
    EHLO,
    GREETING,
    NONE,
    STARTTLS,
    TLS,
    Log,
    RelayError,
    RelayTarget,
    Reply,
    Timeouts,
    make_reply,
    one_line,
)
from mailapp.values import dataclass

_NAME_MISMATCH = (62, 64)
"""X509_V_ERR_HOSTNAME_MISMATCH and X509_V_ERR_IP_ADDRESS_MISMATCH."""
_MECHANISMS = ("plain", "login", "xoauth2")


@dataclass(frozen=True, slots=True)
class Opened:
    """A connection after EHLO and the login, and what the relay offers: keyword in lower case -> parameters."""

    transport: asyncio.Transport
    extensions: dict[str, str]


@functools.cache
def default_tls() -> ssl.SSLContext:
    """The context relays are checked with: the certificates this system trusts. Slow the first time: use a thread."""
    return ssl.create_default_context()


async def open_connection(
    target: RelayTarget, hostname: str, tls: ssl.SSLContext | None, timeouts: Timeouts, log: Log | None
) -> Opened:
    """Connect and log in; raises RelayError. A password goes out only over TLS whose certificate and name fit."""
    if target.security not in (STARTTLS, TLS) and not _is_loopback(target.host):
        raise RelayError("tls", "plain_text", "without encryption only to this machine")
    secrets = _Secrets(target)
    context = None if target.security == NONE else tls or await asyncio.to_thread(default_tls)
    sock = await dial(target.host, target.port, timeouts.connect, log)
    client = _Client(secrets, log, hostname, target, context, sock)
    try:
        await client.begin(target, timeouts)
    except BaseException:
        client.close()
        raise
    return Opened(cast(asyncio.Transport, client.transport), dict(client.esmtp_extensions))


async def dial(host: str, port: int, timeout: float, log: Log | None = None) -> socket.socket:
    """A connected TCP socket. Addresses are tried one after the other, each with its share of the time."""
    loop = asyncio.get_running_loop()
    end = loop.time() + timeout
    found = await _resolve(host, port, timeout)
    problem: OSError = TimeoutError()
    for left, (family, kind, protocol, _, address) in zip(range(len(found), 0, -1), found, strict=True):
        sock = socket.socket(family, kind, protocol)
        sock.setblocking(False)
        try:
            # A machine without a way out over IPv6 must not spend all of the time there.
            await asyncio.wait_for(_connected(sock, address), max(0.01, (end - loop.time()) / left))
        except OSError as error:
            sock.close()
            problem = error
        except BaseException:
            sock.close()
            raise
        else:
            _tell(log, "*", f"TCP {address[0]} {address[1]}")
            return sock
    if isinstance(problem, TimeoutError):
        raise RelayError(CONNECT, "port_blocked", f"no answer from {host} port {port}")
    if isinstance(problem, ConnectionRefusedError):
        raise RelayError(CONNECT, "refused", f"{host} port {port} refused the connection")
    raise RelayError(CONNECT, "unreachable", f"{host} port {port}: {problem.strerror or type(problem).__name__}")


async def _resolve(host: str, port: int, timeout: float) -> list[Any]:
    loop = asyncio.get_running_loop()
    try:
        return await asyncio.wait_for(loop.getaddrinfo(host, port, type=socket.SOCK_STREAM), timeout)
    except TimeoutError:
        raise RelayError(CONNECT, "name", f"looking up {host} took too long") from None
    except (OSError, UnicodeError):
        raise RelayError(CONNECT, "name", f"no address for {host}") from None


async def _connected(sock: socket.socket, address: Any) -> None:
    await asyncio.get_running_loop().sock_connect(sock, address)


def _is_loopback(host: str) -> bool:
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


class _Secrets:
    """Knows what must never be shown, and takes it out of what a relay says back."""

    def __init__(self, target: RelayTarget) -> None:
        user, password = target.username.encode(), target.password.encode()
        wired = (password, b"\0" + user + b"\0" + password, b"user=%s\1auth=Bearer %s\1\1" % (user, password))
        self._forms = [target.password, *(base64.b64encode(form).decode() for form in wired)] if password else []

    def hide(self, text: str) -> str:
        for form in self._forms:
            text = text.replace(form, "***")
        return text

    def reply(self, code: int, message: str) -> Reply:
        return make_reply(code, self.hide(message).split("\n"))


class _Client(aiosmtplib.SMTP):
    """aiosmtplib's client, which tells what is said and fails in our words."""

    def __init__(
        self,
        secrets: _Secrets,
        log: Log | None,
        hostname: str,
        target: RelayTarget,
        context: ssl.SSLContext | None,
        sock: socket.socket,
    ) -> None:
        super().__init__(
            hostname=target.host,
            local_hostname=hostname,
            use_tls=target.security == TLS,
            start_tls=False,
            tls_context=context,
            sock=sock,
        )
        self._secrets = secrets
        self._tell = log

    async def begin(self, target: RelayTarget, timeouts: Timeouts) -> None:
        """Everything from the greeting to the login."""
        self.timeout = timeouts.command
        step = "tls" if target.security == TLS else GREETING
        try:
            greeting = await self.connect(timeout=timeouts.greeting)
            self._hear(greeting.code, greeting.message)
            self._show_tls()
            step = EHLO
            await self.ehlo()
            if target.security == STARTTLS:
                step = "tls"
                await self._upgrade(timeouts)
                step = EHLO
                await self.ehlo()
            if target.username:
                step = AUTH
                await self._log_in(target)
        except (aiosmtplib.SMTPException, OSError) as error:
            raise self._in_our_words(step, error) from None

    async def execute_command(self, *args: bytes, timeout: Any = aiosmtplib.typing.Default.token) -> Any:
        """As the library does, and told line by line; what is not surely harmless is not shown."""
        words = [arg.decode("ascii", "replace") for arg in args]
        known = args[:1] == (b"EHLO",)
        _tell(self._tell, ">", " ".join(words if known else [*words[:2], "***"] if args[0] == b"AUTH" else ["***"]))
        response = await super().execute_command(*args, timeout=timeout)
        self._hear(response.code, response.message)
        return response

    def close(self) -> None:
        """End it at once; the library calls this when something went wrong."""
        if self.transport is not None:
            # A close in good order could take half a minute over TLS.
            cast(asyncio.Transport, self.transport).abort()
        super().close()
        if self.sock is not None:
            self.sock.close()

    async def _upgrade(self, timeouts: Timeouts) -> None:
        if not self.supports_extension("starttls"):
            # Somebody in between may have taken the word out. Going on in plain text is never an option.
            raise RelayError("tls", "no_tls", "the relay does not offer STARTTLS")
        _tell(self._tell, ">", "STARTTLS")
        response = await self.starttls(timeout=timeouts.greeting)
        self._hear(response.code, response.message)
        self._show_tls()

    async def _log_in(self, target: RelayTarget) -> None:
        offered = [name for name in _MECHANISMS if name in self.server_auth_methods]
        wanted = [name for name in offered if target.auth == name or (target.auth == "auto" and name != "xoauth2")]
        if not wanted:
            offers = one_line(" ".join(self.server_auth_methods))
            raise RelayError(AUTH, "no_auth", f"the relay offers no login we have: {offers}")
        # One attempt only. The library's login() would try the next method, and a third wrong one may lock the account.
        methods = {"plain": self.auth_plain, "login": self.auth_login, "xoauth2": self.auth_xoauth2}
        await methods[wanted[0]](target.username, target.password)

    def _hear(self, code: int, message: str) -> None:
        if self._tell is None:
            return
        *before, last = self._secrets.hide(message).split("\n")
        for line in before:
            self._tell("<", one_line(f"{code}-{line}"))
        self._tell("<", one_line(f"{code} {last}"))

    def _show_tls(self) -> None:
        ssl_object = self.get_transport_info("ssl_object")
        if ssl_object is not None:
            _tell(self._tell, "*", f"{ssl_object.version()} {ssl_object.cipher()[0]}")

    def _in_our_words(self, step: str, error: Exception) -> RelayError:
        """What the library and the system raise, as RelayError."""
        cause = error.__cause__
        if isinstance(error, aiosmtplib.SMTPConnectError) and isinstance(cause, aiosmtplib.SMTPException):
            step = GREETING
        if isinstance(error, ssl.SSLError) or isinstance(cause, ssl.SSLError):
            return _tls_error(error if isinstance(error, ssl.SSLError) else cast(ssl.SSLError, cause))
        if isinstance(error, aiosmtplib.SMTPResponseException):
            if isinstance(error, aiosmtplib.SMTPConnectResponseError):
                step = GREETING
                self._hear(error.code, error.message)
            if error.code < 200:
                return RelayError(step, "nonsense", "the answer was not SMTP")
            reply = self._secrets.reply(error.code, error.message)
            return RelayError(step, "login" if step == AUTH else "rejected", str(reply), reply=reply)
        if isinstance(error, TimeoutError):
            return RelayError(step, "timeout", "the relay did not answer in time")
        return RelayError(step, "dropped", "the relay closed the connection")


def _tls_error(error: ssl.SSLError) -> RelayError:
    if isinstance(error, ssl.SSLCertVerificationError):
        kind = "certificate_name" if error.verify_code in _NAME_MISMATCH else "certificate"
        return RelayError("tls", kind, one_line(error.verify_message))
    return RelayError("tls", "tls", one_line(error.reason or "the TLS handshake failed"))


def _tell(log: Log | None, direction: str, text: str) -> None:
    if log is not None:
        log(direction, text)
