"""A relay on loopback for tests and benches: real SMTP (aiosmtpd) with TLS and AUTH, that fails when it is told to.

    async with fake_relay(users={"lin": "secret"}) as relay:
        target = relay.target(username="lin", password="secret")   # a RelayTarget for transport.connect
        session = await connect(target, hostname="mx.example", tls=relay.trust)
        ...
        await relay.received(1)                                    # waits, at most PATIENCE seconds
        message = relay.messages[0]                                # .reverse_path .recipients .content .options
        relay.answer("rcpt", "450 4.2.1 Full", address="b@x.example", times=1)
        relay.stall("data"); await relay.reached("data")           # it got there, and says nothing
        relay.drop("dot")                                          # keeps the message, hangs up without an answer
        relay.clear()
        await relay.down(); await relay.up()                       # same port

Steps, in order: connect (greeting), ehlo, starttls, auth, mail, rcpt, data (the answer to DATA), content (the first
bytes of it, before the dot), dot (after it: `drop` and `stall` keep the message, `answer` does not unless it is 2yz).
An answer of 421 hangs up, as RFC 5321 has it, unless `stay=True`.

A process under test trusts it by SSL_CERT_FILE=relay.ca_file(directory). As a process of its own:

    python -m tests.relays --port 2599 [--tls starttls|implicit|none] [--user NAME:PASSWORD] [--ca FILE] [--uvloop]
        [--keep] prints its port, and with --keep a JSON line per message: reverse_path, recipients, size, sha256.
"""

import argparse
import asyncio
import contextlib
import hashlib
import json
import logging
import ssl
from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from mailapp.transport.smtp_client import RelayTarget
from tests.certificates import GOOD, pair
from tests.relay_sessions import PATIENCE, Book, Received, Rule, Session

__all__ = ["PATIENCE", "Received", "Relay", "Rule", "fake_relay"]

HOST = "127.0.0.1"


@dataclass
class Relay(Book):
    """What a test sees of the relay."""

    port: int = 0
    certificate: str = GOOD
    _server: asyncio.Server | None = None

    @property
    def trust(self) -> ssl.SSLContext:
        """A client context that trusts the good certificate; a wrong-name one is trusted too, but for its name."""
        return pair(GOOD if self.certificate == "untrusted" else self.certificate).trusting_context()

    def ca_file(self, directory: Path) -> Path:
        """Write the certificate into a directory, for SSL_CERT_FILE."""
        path = directory / "relay-ca.pem"
        path.write_bytes(pair(self.certificate).certificate)
        return path

    def target(self, **changes: Any) -> RelayTarget:
        """Where it is; a name and password only if given."""
        security = {"implicit": "tls"}.get(self.tls, self.tls)
        return replace(RelayTarget("fake", HOST, self.port, security), **changes)

    def answer(self, step: str, reply: str, *, address: str = "", times: int | None = None, stay: bool = False) -> None:
        """Give this reply at a step; for rcpt and mail only to one address, if given."""
        self.rules.append(Rule(step, "answer", reply, address, times, stay))

    def stall(self, step: str, *, address: str = "", times: int | None = None) -> None:
        """Say nothing more."""
        self.rules.append(Rule(step, "stall", "", address, times))

    def drop(self, step: str, *, address: str = "", times: int | None = None) -> None:
        """Cut the connection."""
        self.rules.append(Rule(step, "drop", "", address, times))

    def clear(self) -> None:
        """Behave from now on."""
        self.rules.clear()

    async def up(self) -> None:
        """Listen."""
        context = pair(self.certificate).server_context() if self.tls != "none" else None
        self._server = await asyncio.get_running_loop().create_server(
            lambda: Session(self, context), HOST, self.port, ssl=context if self.tls == "implicit" else None
        )
        self.port = self._server.sockets[0].getsockname()[1]

    async def down(self) -> None:
        """Stop listening and cut every connection."""
        if self._server is not None:
            self._server.close()
        for session in tuple(self.open):
            session.cut()
        await self.until(lambda: not self.open)


@contextlib.asynccontextmanager
async def fake_relay(
    *,
    tls: str = "starttls",
    users: Mapping[str, str] | None = None,
    certificate: str = GOOD,
    script: Iterable[Rule] = (),
    without: Iterable[str] = (),
    size_limit: int = 64 << 20,
    keep: bool = True,
    eager: bool = False,
    port: int = 0,
) -> AsyncIterator[Relay]:
    """A relay that listens until the block ends.

    tls: "starttls", "implicit" or "none". users: name -> password (or access token); without any no login is wanted.
    certificate: of tests/certificates.py. without: EHLO keywords it lacks ("PIPELINING", "STARTTLS", "SMTPUTF8" ...).
    keep: whether messages are kept. eager: 354 to DATA even when no recipient was accepted.
    """
    # aiosmtpd writes every command at level INFO, and warns of what is meant to be so.
    logging.getLogger("mail.log").setLevel(logging.ERROR)
    relay = Relay(
        users=users or {},
        without=frozenset(without),
        size_limit=size_limit,
        keep=keep,
        eager=eager,
        tls=tls,
        rules=list(script),
        port=port,
        certificate=certificate,
    )
    await relay.up()
    try:
        yield relay
    finally:
        await relay.down()


def _print(message: Received) -> None:
    digest = hashlib.sha256(message.content).hexdigest()
    line = {"reverse_path": message.reverse_path, "recipients": message.recipients, "size": len(message.content)}
    print(json.dumps({**line, "sha256": digest}), flush=True)


async def _serve(options: argparse.Namespace) -> None:
    users = dict([options.user.split(":", 1)]) if options.user else {}
    async with fake_relay(tls=options.tls, users=users, port=options.port, keep=False) as relay:
        if options.keep:
            relay.on_message = _print
        if options.ca:
            Path(options.ca).write_bytes(pair(GOOD).certificate)
        print(relay.port, flush=True)
        await asyncio.get_running_loop().create_future()


def main() -> None:
    """A relay as a process, until it is ended."""
    parser = argparse.ArgumentParser(prog="python -m tests.relays")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--tls", default="starttls", choices=["starttls", "implicit", "none"])
    parser.add_argument("--user", default="", help="NAME:PASSWORD")
    parser.add_argument("--ca", default="", help="file to write the certificate to")
    parser.add_argument("--uvloop", action="store_true")
    parser.add_argument("--keep", action="store_true", help="print a line per message")
    options = parser.parse_args()
    with contextlib.suppress(KeyboardInterrupt):
        if options.uvloop:
            import uvloop

            uvloop.run(_serve(options))
        else:
            asyncio.run(_serve(options))


if __name__ == "__main__":
    main()
