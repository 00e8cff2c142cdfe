"""What checks work with: this server, and the ways it looks at the rest of the world. Tests bring their own."""

import socket
import ssl
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import field
from pathlib import Path

from mailapp.config import Config
from mailapp.flow.check_choices import Choices
from mailapp.flow.looking_up import Lookup
from mailapp.seal import Seal
from mailapp.store.domains import Domain
from mailapp.store.relays import Relay
from mailapp.transport.unsubscribe import is_public
from mailapp.values import dataclass

_FAR = {socket.AF_INET: "198.41.0.4", socket.AF_INET6: "2001:503:ba3e::2:30"}
"""An address far away of each family: a root server's. Nothing is sent there."""


def is_ours(address: str) -> bool:
    """Whether an interface of this machine has the address."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    try:
        with closing(socket.socket(family, socket.SOCK_DGRAM)) as sock:
            sock.bind((address, 0))
    except OSError:
        return False
    return True


def outward() -> tuple[str, ...]:
    """The addresses this machine speaks from to the world; behind a translation (NAT) they are private ones."""
    found = []
    for family, far in _FAR.items():
        try:
            with closing(socket.socket(family, socket.SOCK_DGRAM)) as sock:
                sock.connect((far, 53))
                found.append(str(sock.getsockname()[0]))
        except OSError:
            continue
    return tuple(found)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """One server."""

    config: Config
    domains: Sequence[Domain]
    routes: Sequence[tuple[str, tuple[Relay, ...]]]
    """Domain -> the relays its mail leaves over."""
    relays: Sequence[Relay]
    """The active ones."""
    choices: Choices
    lookup: Lookup
    seal: Seal
    listeners: Sequence[tuple[str, int]]
    """Where our SMTP server really listens."""
    clock: Callable[[], float] = time.time
    tls: ssl.SSLContext | None = None
    """Whose certificates are trusted; None: the system's."""
    smtp_port: int = 25
    """Where other servers bring mail."""
    https_port: int = 443
    time_port: int = 123
    is_ours: Callable[[str], bool] = is_ours
    outward: Callable[[], tuple[str, ...]] = outward
    is_public: Callable[[str], bool] = is_public
    backups: Path = field(default=Path())
    """The folder of backups."""

    @property
    def hostname(self) -> str:
        return self.config.hostname

    @property
    def good_name(self) -> str:
        """The name to write into records: the server's, or what would do where it has none outside."""
        first = self.domains[0].name if self.domains else "example.com"
        return self.hostname if "." in self.hostname else f"mail.{first}"
