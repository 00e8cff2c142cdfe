"""Asking DNS: the machine's servers, or those the admin named."""

import ipaddress
import re
from collections.abc import Sequence

from mailapp.values import dataclass

TIMEOUT_S = 6.0
"""Seconds one question may take, with its repetitions."""
ANSWERS = 50
"""Records of one answer that are looked at."""
DNS_PORT = 53
_PIECES = re.compile(r'"((?:[^"\\]|\\.)*)"')
_ESCAPED = re.compile(r"\\(\d{3}|.)")


class NoName(Exception):
    """DNS has no such name."""


class NoSuchRecord(Exception):
    """The name is there, without a record of this type."""


class NoAnswer(Exception):
    """DNS servers could not be reached in time, or failed."""


@dataclass(frozen=True, slots=True)
class Lookup:
    """Asks these servers (address, port); the machine's own where there are none."""

    servers: Sequence[tuple[str, int]] = ()
    timeout: float = TIMEOUT_S

    async def ask(self, name: str, type_: str) -> tuple[str, ...]:
        """The values of a record as text: names in lower case without a final dot, TXT with its pieces joined.

        In order: servers turn them about from answer to answer.

        Raises NoName, NoSuchRecord, NoAnswer.
        """
        import dns.asyncresolver  # 11 MB of memory: only once somebody asks
        import dns.exception
        import dns.nameserver
        import dns.resolver

        try:
            resolver = dns.asyncresolver.Resolver(configure=not self.servers)
            if self.servers:
                resolver.nameservers = [dns.nameserver.Do53Nameserver(host, port) for host, port in self.servers]
            answer = await resolver.resolve(f"{name.rstrip('.')}.", type_, lifetime=self.timeout, search=False)
        except dns.resolver.NXDOMAIN:
            raise NoName(name) from None
        except dns.resolver.NoAnswer:
            raise NoSuchRecord(name) from None
        except (dns.exception.DNSException, OSError, ValueError):
            raise NoAnswer(name) from None
        return tuple(sorted(_value(each.to_text(), type_) for each in list(answer)[:ANSWERS]))

    async def find(self, name: str, type_: str) -> tuple[str, ...]:
        """The same, () where there is none. Raises NoAnswer."""
        try:
            return await self.ask(name, type_)
        except (NoName, NoSuchRecord):
            return ()

    async def addresses(self, name: str) -> tuple[str, ...]:
        """A, then AAAA. Raises NoAnswer."""
        return await self.find(name, "A") + await self.find(name, "AAAA")


def _value(text: str, type_: str) -> str:
    if type_ != "TXT":
        return text.rstrip(".").lower()
    return "".join(_ESCAPED.sub(_unescaped, piece) for piece in _PIECES.findall(text))


def _unescaped(found: re.Match[str]) -> str:
    return chr(int(found[1])) if len(found[1]) == 3 else found[1]


def read_servers(text: str) -> list[tuple[str, int]]:
    """(address, port) of "192.0.2.1, [2001:db8::1]:5353"; ValueError for what is none."""
    servers = []
    for word in re.split(r"[\s,;，；]+", text.strip()):
        if not word:
            continue
        found = re.fullmatch(r"(?:\[([0-9a-fA-F:.]+)\]|([0-9.]+))(?::(\d{1,5}))?|([0-9a-fA-F:.]+)", word)
        if found is None:
            raise ValueError(word)
        port = int(found[3] or DNS_PORT)
        if not 0 < port < 65_536:
            raise ValueError(word)
        servers.append((str(ipaddress.ip_address(found[1] or found[2] or found[4])), port))
    return servers
